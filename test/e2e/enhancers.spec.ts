import {
  Catch,
  Controller,
  createParamDecorator,
  Injectable,
  ParseIntPipe,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { IsInt, IsString } from 'class-validator';
import {
  BrokerClient,
  BrokerContext,
  OnEvent,
  OnRequest,
  OnTask,
  type DeadLetter,
} from 'nestjs-broker';
import { EMPTY, map, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Recorder } from '../support/recorder.js';
import { brokerOptions, modes, testApp } from '../support/test-app.js';

class CreateOrder {
  @IsInt()
  id!: number;

  @IsString()
  item!: string;
}

@Injectable()
class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    expect(context.getType()).toBe('rpc');
    const broker = context.switchToRpc().getContext<BrokerContext>();
    return broker.headers['tenant'] === 'acme';
  }
}

@Injectable()
class Doubling implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler<number>): Observable<number> {
    return next.handle().pipe(map((value) => value * 2));
  }
}

@Catch(RangeError)
class Softening implements ExceptionFilter {
  catch(error: RangeError): Observable<unknown> {
    return error.message === 'fatal' ? throwError(() => new Error('filtered')) : of('softened');
  }
}

const deadLetter = (broker: BrokerClient): Promise<DeadLetter> =>
  eventually(async () => {
    const [letter] = await broker.deadLetters.list();
    if (letter === undefined) throw new Error('no dead letter yet');
    return letter;
  });

describe.each(modes)('enhancers (%s)', (mode) => {
  it('pipes: what ValidationPipe objects to reaches the dead letter and the caller as it was', async () => {
    const seen = new Recorder<CreateOrder>();
    @Controller()
    @UsePipes(new ValidationPipe({ transform: true }))
    class Orders {
      @OnTask('create', { attempts: 1 })
      create(@Payload() order: CreateOrder): void {
        seen.record(order);
      }

      @OnRequest('check')
      check(@Payload() order: CreateOrder): boolean {
        return order instanceof CreateOrder;
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    await broker.enqueue('create', { id: 1, item: 'tea' });
    expect(await seen.next()).toBeInstanceOf(CreateOrder);
    expect(await broker.request('check', { id: 1, item: 'tea' })).toBe(true);

    await broker.enqueue('create', { id: 'one' });
    const { error } = await deadLetter(broker);
    expect(error).toMatchObject({ name: 'BadRequestException', message: 'Bad Request Exception' });
    expect(error.stack).toContain('ValidationPipe');
    await expect(broker.request('check', { id: 'one' })).rejects.toMatchObject({
      message: 'Bad Request Exception',
    });
  });

  it('parameters: fields, pipes of their own, custom decorators, the context', async () => {
    const Tenant = createParamDecorator(
      (_: unknown, context: ExecutionContext) =>
        context.switchToRpc().getContext<BrokerContext>().headers['tenant'],
    );
    @Controller()
    class Orders {
      @OnRequest('field')
      field(@Payload('id') id: unknown, @Payload('missing') missing: unknown): unknown {
        return [id, missing];
      }

      @OnRequest('parsed')
      parsed(@Payload('id', ParseIntPipe) id: number): number {
        return id;
      }

      @OnRequest('custom')
      custom(@Tenant() tenant: string): string {
        return tenant;
      }

      @OnRequest('turned')
      turned(@Ctx() context: BrokerContext, @Payload() data: unknown): unknown {
        return [context instanceof BrokerContext, data];
      }

      @OnRequest('bare')
      bare(...args: unknown[]): unknown {
        return args;
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    expect(await broker.request('field', { id: 1 })).toEqual([1, null]);
    expect(await broker.request('parsed', { id: '12' })).toBe(12);
    await expect(broker.request('parsed', { id: 'x' })).rejects.toMatchObject({
      message: 'Validation failed (numeric string is expected)',
    });
    expect(await broker.request('custom', {}, { headers: { tenant: 'acme' } })).toBe('acme');
    expect(await broker.request('turned', 'data')).toEqual([true, 'data']);
    expect(await broker.request('bare', 'data')).toEqual(['data']);
  });

  it('guards stand before handlers, interceptors around them, filters behind them', async () => {
    @Controller()
    class Orders {
      @OnRequest('guarded')
      @UseGuards(TenantGuard)
      guarded(): string {
        return 'let in';
      }

      @OnRequest('doubled')
      @UseInterceptors(Doubling)
      doubled(): Observable<number> {
        return of(1, 2);
      }

      @OnRequest('filtered')
      @UseFilters(Softening)
      filtered(@Payload() message: string): never {
        throw new RangeError(message);
      }

      @OnRequest('unfiltered')
      @UseFilters(Softening)
      unfiltered(): never {
        throw new TypeError('not for the filter');
      }

      @OnRequest('filtered.stream')
      @UseFilters(Softening)
      filteredStream(): Observable<number> {
        return throwError(() => new RangeError('soft'));
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    expect(await broker.request('guarded', {}, { headers: { tenant: 'acme' } })).toBe('let in');
    await expect(broker.request('guarded')).rejects.toMatchObject({
      message: 'Forbidden resource',
    });
    expect(await broker.request('doubled')).toBe(4);
    expect(await broker.request('filtered', 'soft')).toBe('softened');
    await expect(broker.request('filtered', 'fatal')).rejects.toMatchObject({
      message: 'filtered',
    });
    await expect(broker.request('unfiltered')).rejects.toMatchObject({
      message: 'not for the filter',
    });
    expect(await broker.request('filtered.stream')).toBe('softened');
  });

  it('a filter decides whether a task counts as handled', async () => {
    @Catch()
    class Swallowing implements ExceptionFilter {
      catch(): Observable<never> {
        return EMPTY;
      }
    }
    @Controller()
    class Orders {
      @OnTask('forgiven', { attempts: 1 })
      @UseFilters(Swallowing)
      forgiven(): never {
        throw new Error('never mind');
      }

      @OnTask('filtered', { attempts: 1 })
      @UseFilters(Softening)
      filtered(): never {
        throw new RangeError('fatal');
      }
    }
    const { broker } = await testApp({ broker: brokerOptions(mode), controllers: [Orders] });
    await broker.enqueue('forgiven');
    await broker.enqueue('filtered');
    expect(await deadLetter(broker)).toMatchObject({
      name: 'filtered',
      error: { message: 'filtered' },
    });
    await eventually(async () => {
      expect((await broker.stats()).counters).toMatchObject({ done: 1, dead: 1 });
    });
  });

  it('work on the handlers of providers, and of classes with injected enhancers', async () => {
    @Injectable()
    class Audit {
      readonly names = new Recorder<string>();
    }
    @Injectable()
    class Auditing implements NestInterceptor {
      constructor(private readonly audit: Audit) {}

      intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
        this.audit.names.record(context.getHandler().name);
        return next.handle();
      }
    }
    @Injectable()
    @UseGuards(TenantGuard)
    @UseInterceptors(Auditing)
    class Orders {
      @OnTask('create')
      create(): void {}

      @OnEvent('created')
      created(): void {}
    }
    const { app, broker } = await testApp({
      broker: brokerOptions(mode),
      providers: [Audit, Orders],
    });
    const headers = { tenant: 'acme' };
    await broker.enqueue('create', {}, { headers });
    await broker.publish('created', {}, { headers });
    expect([...(await app.get(Audit).names.count(2))].toSorted()).toEqual(['create', 'created']);
  });
});
