import { Readable } from 'node:stream';
import { from, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { replied, settled } from '../../../lib/server/handler-result.js';

const open = new AbortController();
const reason = new Error('enough');

async function collect(result: unknown, { signal }: AbortController = open): Promise<unknown[]> {
  const values: unknown[] = [];
  await replied(result, { signal }, (value) => {
    values.push(value);
    return undefined;
  });
  return values;
}

async function* count(to: number, onEnd?: () => void) {
  try {
    for (let n = 0; n < to; n += 1) yield n;
  } finally {
    onEnd?.();
  }
}

describe('an async iterable', () => {
  it('is a reply of as many values, wherever it comes from', async () => {
    expect(await collect(count(3))).toEqual([0, 1, 2]);
    expect(await collect(Promise.resolve(count(2)))).toEqual([0, 1]);
    expect(await collect(Readable.from(['a', 'b']))).toEqual(['a', 'b']);
    expect(await collect(count(0))).toEqual([]);
    // as interceptors hand it on
    expect(await collect(of(count(2)))).toEqual([0, 1]);
    expect(await collect(from([count(2), count(1)]))).toEqual([0, 1, 0]);
  });

  it('waits when whoever takes its values wants no more', async () => {
    let go = (): void => undefined;
    const taken: unknown[] = [];
    const replying = replied(count(3), open, (value) => {
      taken.push(value);
      return new Promise((resolve) => (go = resolve));
    });
    for (const expected of [[0], [0, 1], [0, 1, 2]]) {
      await new Promise(setImmediate);
      expect(taken).toEqual(expected);
      go();
    }
    await replying;
  });

  it('fails as it failed, and ends when a value is refused', async () => {
    async function* failing() {
      yield 1;
      throw reason;
    }
    await expect(collect(failing())).rejects.toBe(reason);
    await expect(collect(of(failing()))).rejects.toBe(reason);
    let ended = 0;
    const refusing = (): never => {
      throw reason;
    };
    await expect(
      replied(
        count(2, () => (ended += 1)),
        open,
        refusing,
      ),
    ).rejects.toBe(reason);
    expect(ended).toBe(1);
  });

  it('is told to end when the signal aborts, and ends at once for who waits', async () => {
    const controller = new AbortController();
    let ended = 0;
    const replying = replied(
      count(2, () => (ended += 1)),
      controller,
      () => new Promise(() => undefined),
    );
    await new Promise(setImmediate);
    controller.abort(reason);
    await expect(replying).rejects.toBe(reason);
    await new Promise(setImmediate);
    expect(ended).toBe(1);
    await expect(collect(count(1), controller)).rejects.toBe(reason);
    const stuck = new AbortController();
    const never = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
    };
    const waiting = collect(never, stuck);
    stuck.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('runs to its end where nobody wants its values', async () => {
    let ended = 0;
    await settled(
      count(3, () => (ended += 1)),
      open,
    );
    await settled(Promise.resolve(count(3, () => (ended += 1))), open);
    expect(ended).toBe(2);
  });
});
