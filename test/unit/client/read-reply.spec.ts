import { describe, expect, it } from 'vitest';
import { readReply } from '../../../lib/client/read-reply.js';
import type { ReplyObserver } from '../../../lib/runtime/index.js';

function start() {
  let observer: ReplyObserver | undefined;
  let stopped = 0;
  const values = readReply((given) => {
    observer = given;
    return Promise.resolve(() => void (stopped += 1));
  });
  return { values, observer: () => observer, stopped: () => stopped };
}

/** Starts it, and answers the first question. */
async function first(reply: ReturnType<typeof start>) {
  const asking = reply.values.next();
  await new Promise(setImmediate);
  return { asking, observer: reply.observer()! };
}

describe('readReply', () => {
  it('begins when somebody asks, and says that a value was taken when it is', async () => {
    const reply = start();
    expect(reply.observer()).toBeUndefined();
    const { asking, observer } = await first(reply);
    const taken: number[] = [];
    for (const n of [1, 2, 3]) void (observer.next(n) as Promise<void>).then(() => taken.push(n));
    observer.complete();
    expect(await asking).toEqual({ value: 1, done: false });
    expect(taken).toEqual([1]);
    expect(await reply.values.next()).toEqual({ value: 2, done: false });
    expect(await reply.values.next()).toEqual({ value: 3, done: false });
    expect(await reply.values.next()).toEqual({ value: undefined, done: true });
    expect([taken, reply.stopped()]).toEqual([[1, 2, 3], 1]);
  });

  it('throws the error after the values before it', async () => {
    const reply = start();
    const { asking, observer } = await first(reply);
    void observer.next(1);
    observer.error(new Error('no'));
    expect(await asking).toMatchObject({ value: 1 });
    await expect(reply.values.next()).rejects.toThrow('no');
  });

  it('gives the request up when its reader leaves', async () => {
    const reply = start();
    const { observer } = await first(reply);
    void observer.next(1);
    await reply.values.return();
    expect(reply.stopped()).toBe(1);
  });

  it('rejects when the request cannot be sent', async () => {
    const values = readReply(() => Promise.reject(new Error('closed')));
    await expect(values.next()).rejects.toThrow('closed');
  });
});
