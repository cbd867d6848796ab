import {
  Catch,
  Controller,
  ParseIntPipe,
  UseFilters,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import {
  BaseRpcExceptionFilter,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  RpcException,
  type ClientProxy,
  type RedisContext,
} from '@nestjs/microservices';
import {
  delay,
  firstValueFrom,
  from,
  interval,
  lastValueFrom,
  map,
  of,
  take,
  throwError,
  toArray,
  type Observable,
} from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../support/recorder.js';
import { uniqueName } from '../support/unique-name.js';
import { dropIn, endsOf, transports } from './drop-in.js';

/** Nest's own transport knows no apps: names keep its tests apart. */
const ns = uniqueName('patterns');

const ask = <T>(client: ClientProxy, pattern: unknown, data: unknown = {}): Promise<T> =>
  lastValueFrom(client.send<T>(pattern, data));
const failure = (client: ClientProxy, pattern: unknown, data: unknown = {}): Promise<unknown> =>
  ask(client, pattern, data).then(
    (value) => expect.fail(`it was answered with ${String(value)}`),
    (error: unknown) => error,
  );

@Catch(RangeError)
class RangeFilter implements ExceptionFilter {
  catch(error: RangeError, host: ArgumentsHost): Observable<never> {
    const name = host.switchToRpc().getContext<RedisContext>().getChannel();
    return throwError(() => ({ status: 'error', message: error.message, name, hint: 'less' }));
  }
}

@Catch(SyntaxError)
class AnsweringFilter extends BaseRpcExceptionFilter {
  override catch(error: SyntaxError): Observable<string> {
    return of(`instead of ${error.message}`);
  }
}

describe.each(transports)('an app for Transport.REDIS (%s)', (transport) => {
  it('has string, number, object and nested patterns, and several for one handler', async () => {
    @Controller()
    class Patterns {
      @MessagePattern(`${ns} text`)
      text(): string {
        return 'text';
      }

      @MessagePattern(17_171_717)
      number(): string {
        return 'number';
      }

      @MessagePattern({ ns, cmd: 'sum', version: 2 })
      object(): string {
        return 'object';
      }

      @MessagePattern({ ns, deep: { b: { c: 1, a: 'x' }, a: true } })
      nested(): string {
        return 'nested';
      }

      @MessagePattern([`${ns} first`, { ns, cmd: 'second' }])
      several(@Ctx() context: RedisContext): string {
        return context.getChannel();
      }
    }
    const client = await dropIn(endsOf(transport), { controllers: [Patterns] });
    expect(await ask(client, `${ns} text`)).toBe('text');
    expect(await ask(client, 17_171_717)).toBe('number');
    expect(await ask(client, { version: 2, cmd: 'sum', ns })).toBe('object');
    expect(await ask(client, { deep: { a: true, b: { a: 'x', c: 1 } }, ns })).toBe('nested');
    expect(await ask(client, `${ns} first`)).toBe(`${ns} first`);
    expect(await ask(client, { cmd: 'second', ns })).toBe(`{"cmd":"second","ns":"${ns}"}`);
  });

  it('takes the payload, a field of it, one through a pipe, and the context', async () => {
    @Controller()
    class Payloads {
      @MessagePattern(`${ns} bare`)
      bare(data: number[]): number {
        return data.length;
      }

      @MessagePattern(`${ns} whole`)
      whole(@Payload() data: unknown, @Ctx() context: RedisContext): unknown {
        return { data, channel: context.getChannel() };
      }

      @MessagePattern(`${ns} field`)
      field(@Payload('id') id: unknown, @Payload('none') none: unknown): unknown {
        return { id, none: none === undefined };
      }

      @MessagePattern(`${ns} piped`)
      piped(@Payload('id', ParseIntPipe) id: number): number {
        return id + 1;
      }
    }
    const client = await dropIn(endsOf(transport), { controllers: [Payloads] });
    expect(await ask(client, `${ns} bare`, [1, 2])).toBe(2);
    for (const data of ['', 'text', 0, false, [], { a: [1, { b: null }] }]) {
      expect(await ask(client, `${ns} whole`, data)).toEqual({ data, channel: `${ns} whole` });
    }
    expect(await ask(client, `${ns} field`, { id: 5 })).toEqual({ id: 5, none: true });
    expect(await ask(client, `${ns} piped`, { id: '41' })).toBe(42);
  });

  it('answers with values, promises and streams', async () => {
    @Controller()
    class Results {
      @MessagePattern(`${ns} async`)
      async async(): Promise<string> {
        return 'later';
      }

      @MessagePattern(`${ns} of`)
      of(): Observable<number> {
        return of(1, 2, 3);
      }

      @MessagePattern(`${ns} from`)
      from(@Payload() data: number[]): Observable<number> {
        return from(data).pipe(map((each) => each * 2));
      }

      @MessagePattern(`${ns} interval`)
      interval(): Observable<number> {
        return interval(2).pipe(take(5));
      }

      @MessagePattern(`${ns} delayed`)
      async delayed(): Promise<Observable<string>> {
        return of('one', 'two').pipe(delay(5));
      }

      @MessagePattern(`${ns} empty`)
      empty(): Observable<never> {
        return from([]);
      }

      @MessagePattern(`${ns} null`)
      null(): null {
        return null;
      }
    }
    const client = await dropIn(endsOf(transport), { controllers: [Results] });
    const all = (name: string, data: unknown = {}): Promise<unknown[]> =>
      firstValueFrom(client.send<unknown>(`${ns} ${name}`, data).pipe(toArray()));
    expect(await all('async')).toEqual(['later']);
    expect(await all('of')).toEqual([1, 2, 3]);
    expect(await all('from', [1, 2, 3])).toEqual([2, 4, 6]);
    expect(await all('interval')).toEqual([0, 1, 2, 3, 4]);
    expect(await all('delayed')).toEqual(['one', 'two']);
    expect(await all('empty')).toEqual([]);
    expect(await all('null')).toEqual([null]);
  });

  it('tells of exceptions, and of no others', async () => {
    @Controller()
    class Failing {
      @MessagePattern(`${ns} string`)
      string(): never {
        throw new RpcException('Invalid credentials.');
      }

      @MessagePattern(`${ns} object`)
      async object(): Promise<never> {
        throw new RpcException({ code: 404, message: 'no order', order: { id: 7 } });
      }

      @MessagePattern(`${ns} coded`)
      coded(): never {
        throw new RpcException({ code: 'NO_ORDER', message: 'no order' });
      }

      @MessagePattern(`${ns} secret`)
      secret(): never {
        throw new Error('the password is 1234');
      }

      @MessagePattern(`${ns} stream`)
      stream(): Observable<number> {
        return throwError(() => new RpcException('broke off'));
      }

      @MessagePattern(`${ns} filtered`)
      @UseFilters(RangeFilter)
      filtered(): never {
        throw new RangeError('too far');
      }

      @MessagePattern(`${ns} answered`)
      @UseFilters(AnsweringFilter)
      answered(): never {
        throw new SyntaxError('a riddle');
      }
    }
    const client = await dropIn(endsOf(transport), { controllers: [Failing] });
    const error = (name: string): Promise<unknown> => failure(client, `${ns} ${name}`);
    const status = 'error';
    expect(await error('string')).toMatchObject({ status, message: 'Invalid credentials.' });
    expect(await error('object')).toMatchObject({
      code: 404,
      message: 'no order',
      order: { id: 7 },
    });
    expect(await error('coded')).toMatchObject({ code: 'NO_ORDER', message: 'no order' });
    expect(await error('secret')).toMatchObject({ status, message: 'Internal server error' });
    expect(await error('stream')).toMatchObject({ status, message: 'broke off' });
    expect(await error('filtered')).toMatchObject({ status, message: 'too far', hint: 'less' });
    expect(await ask(client, `${ns} answered`)).toBe('instead of a riddle');
  });

  it('hands an event to all of its handlers, beside requests in one controller', async () => {
    const seen = new Recorder<unknown>();
    @Controller()
    class Mixed {
      @EventPattern<string>(`${ns} created`)
      first(@Payload() data: unknown): void {
        seen.record(['first', data]);
      }

      @EventPattern<string>(`${ns} created`)
      async second(@Payload('id') id: number): Promise<void> {
        seen.record(['second', id]);
      }

      @EventPattern({ ns, event: 'failing' })
      failing(): never {
        throw new RpcException('nobody hears of it');
      }

      @MessagePattern(`${ns} ping`)
      ping(): string {
        return 'pong';
      }
    }
    @Controller()
    class Other {
      @EventPattern<string>(`${ns} created`)
      third(@Payload() data: unknown, @Ctx() context: RedisContext): Observable<unknown> {
        seen.record(['third', data, context.getChannel()]);
        return of(1);
      }
    }
    const client = await dropIn(endsOf(transport), { controllers: [Mixed, Other] });
    await lastValueFrom(client.emit({ event: 'failing', ns }, {}), { defaultValue: undefined });
    client.emit(`${ns} created`, { id: 1 });
    const all = await seen.count(3);
    expect(all).toHaveLength(3);
    expect(all).toEqual(
      expect.arrayContaining([
        ['first', { id: 1 }],
        ['second', 1],
        ['third', { id: 1 }, `${ns} created`],
      ]),
    );
    expect(await ask(client, `${ns} ping`)).toBe('pong');
  });
});
