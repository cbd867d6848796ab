import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { UnrecoverableError, type BrokerContext } from 'nestjs-broker';
import { tap, type Observable } from 'rxjs';
import { Journal } from './journal.js';
import { ATTEMPTS, type Order } from './order.js';

export const WORKER = 'WORKER';

/** An ordinary interceptor of Nest: it sees every attempt of a task. */
@Injectable()
export class JournalInterceptor implements NestInterceptor {
  constructor(
    private readonly journal: Journal,
    @Inject(WORKER) private readonly worker: string,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const rpc = context.switchToRpc();
    const order = rpc.getData<Order>();
    const { attempt } = rpc.getContext<BrokerContext>();
    this.journal.started(order);
    return next.handle().pipe(
      tap({
        complete: () => this.journal.finished(this.worker, order, 'handled'),
        error: (error: unknown) => {
          const last = attempt === ATTEMPTS || error instanceof UnrecoverableError;
          this.journal.finished(this.worker, order, last ? 'dead' : 'retried');
        },
      }),
    );
  }
}
