import { Controller, Logger } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { BrokerContext, BrokerGroup, OnTask, UnrecoverableError } from 'nestjs-broker';

export interface Mail {
  readonly to: string;
  readonly subject: string;
}

@Controller()
@BrokerGroup('mails')
export class MailsController {
  readonly sent: string[] = [];
  private readonly logger = new Logger(MailsController.name);

  @OnTask('send', { attempts: 3, backoff: { delay: '100ms', max: '1s' }, timeout: '5s' })
  send(@Payload() { to, subject }: Mail, @Ctx() ctx: BrokerContext): void {
    if (!to.includes('@')) throw new UnrecoverableError(`"${to}" is no mail address`);
    if (to.endsWith('@busy.example') && ctx.attempt < 3) throw new Error('the server is busy');
    this.sent.push(subject);
    this.logger.log(`"${subject}" sent to ${to}, attempt ${ctx.attempt}`);
  }
}
