import { EMPTY, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { replied, settled } from '../../../lib/server/handler-result.js';

const reason = new Error('cancelled');
const open = { signal: new AbortController().signal };

describe('the result of a task', () => {
  it('is left alone when it is no stream', async () => {
    expect(settled(5, open)).toBe(5);
    expect(settled(undefined, open)).toBeUndefined();
    const failure = Promise.reject(reason);
    await expect(settled(failure, open)).rejects.toBe(reason);
    await expect(settled(Promise.resolve(5), open)).resolves.toBeUndefined();
  });

  it('never asks for a signal without a stream: making one costs', async () => {
    const handling = {
      get signal(): AbortSignal {
        throw new Error('nobody asked for it');
      },
    };
    await settled(Promise.resolve(5), handling);
    await replied(5, handling, () => undefined);
  });

  it('ends with its stream', async () => {
    await settled(of(1, 2), open);
    await settled(EMPTY, open);
    await settled(Promise.resolve(of(1)), open);
    await expect(
      settled(
        throwError(() => reason),
        open,
      ),
    ).rejects.toBe(reason);
    await expect(settled(Promise.resolve(throwError(() => reason)), open)).rejects.toBe(reason);
  });

  it('unsubscribes when it is aborted, and leaves no listener behind', async () => {
    const controller = new AbortController();
    let subscribed = 0;
    const stream = new Observable(() => {
      subscribed += 1;
      return () => (subscribed -= 1);
    });
    const ended = settled(stream, controller);
    expect(subscribed).toBe(1);
    controller.abort(reason);
    await expect(ended).rejects.toBe(reason);
    expect(subscribed).toBe(0);
    await expect(settled(NEVER, controller)).rejects.toBe(reason);
  });
});

describe('the reply to a request', () => {
  const collect = async (result: unknown): Promise<unknown[]> => {
    const values: unknown[] = [];
    await replied(result, open, (value) => {
      values.push(value);
      return undefined;
    });
    return values;
  };

  it('is one value, or as many as the stream has', async () => {
    expect(await collect(5)).toEqual([5]);
    expect(await collect(undefined)).toEqual([undefined]);
    expect(await collect(Promise.resolve('x'))).toEqual(['x']);
    expect(await collect(of(1, 2, 3))).toEqual([1, 2, 3]);
    expect(await collect(Promise.resolve(of(1)))).toEqual([1]);
    expect(await collect(EMPTY)).toEqual([]);
    await expect(collect(throwError(() => reason))).rejects.toBe(reason);
  });

  it('ends with an error when a value cannot be sent, and asks for no further one', async () => {
    const source = new Subject<number>();
    const seen: number[] = [];
    const reply = replied(source, open, (value) => {
      seen.push(value as number);
      if (value === 2) throw reason;
    });
    await Promise.resolve();
    source.next(1);
    source.next(2);
    await expect(reply).rejects.toBe(reason);
    expect(source.observed).toBe(false);
    expect(seen).toEqual([1, 2]);
    await expect(replied(of(1, 2, 3), open, () => expect.fail('no'))).rejects.toThrow('no');
  });

  it('stops when a value leads to the abort while it is subscribed to', async () => {
    const controller = new AbortController();
    const seen: unknown[] = [];
    const reply = replied(of(1, 2, 3), controller, (value) => {
      seen.push(value);
      controller.abort(reason);
    });
    await expect(reply).rejects.toBe(reason);
    expect(seen).toEqual([1]);
  });
});
