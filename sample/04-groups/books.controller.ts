import { Controller, Logger } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { BrokerClient, BrokerGroup, InjectBroker, OnEvent, OnRequest, OnTask } from 'nestjs-broker';
import type { Library } from './library.js';

@Controller()
@BrokerGroup('books') // 'lend' below is the name 'books.lend'
export class BooksController {
  readonly lent = new Map<string, string>();
  readonly told: string[] = [];
  private readonly logger = new Logger(BooksController.name);
  private readonly books;

  constructor(@InjectBroker() broker: BrokerClient<Library>) {
    // the sending side of the same group
    this.books = broker.group('books');
  }

  @OnTask('lend')
  async lend(@Payload() { title, reader }: Library['tasks']['books.lend']): Promise<void> {
    this.lent.set(title, reader);
    await this.books.publish('lent', { title });
  }

  @OnEvent('*') // of this group: books.lent, not branches.prague.opened
  on(@Payload('title') title: string): void {
    this.told.push(title);
    this.logger.log(`"${title}" is out`);
  }

  @OnRequest('reader')
  reader(@Payload('title') title: string): string | null {
    return this.lent.get(title) ?? null;
  }
}
