import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  EarlyReplies,
  type Answer,
  isAnswered,
} from '../../../../lib/backend/redis/early-replies.js';
import type { RedisLink } from '../../../../lib/backend/redis/link.js';

class FakeLink {
  quiet = true;
  state = 'up';
  clientId = '1';
  readonly told: string[] = [];
  readonly link = this as unknown as RedisLink;

  tell(bytes: Buffer): void {
    this.told.push(bytes.toString().split('\r\n').at(-2) ?? '');
  }
}

interface Item {
  readonly reply: { readonly channel: string; readonly frame: Buffer };
  answer?: Answer;
}

const item = (text: string): Item => ({ reply: { channel: 'c', frame: Buffer.from(text) } });

function scene() {
  const [command, reader] = [new FakeLink(), new FakeLink()];
  const settled: Item[] = [];
  const early = new EarlyReplies<Item>(command.link, (one) => settled.push(one));
  return { command, reader, settled, early };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('replies that leave early', () => {
  it('leave with the next read, and are settled together a moment later', async () => {
    const { command, reader, settled, early } = scene();
    for (const text of ['a', 'b']) {
      early.push(item(text));
      early.leave(reader.link);
    }
    expect(reader.told).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(9);
    expect(settled).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(settled.map(isAnswered)).toEqual([true, true]);
    expect(command.told).toEqual([]);
  });

  it('leave by themselves where nobody reads', async () => {
    const { command, early } = scene();
    early.push(item('a'));
    await vi.advanceTimersByTimeAsync(0);
    expect(command.told).toEqual(['a']);
  });

  it.each([
    ['many', 5, true],
    ['not to be sent without an answer', 1, false],
  ])('go with their settlements where they are %s', (_, count, quiet) => {
    const { reader, settled, early } = scene();
    reader.quiet = quiet;
    for (let n = 0; n < count; n += 1) early.push(item(`${n}`));
    early.leave(reader.link);
    expect(reader.told).toEqual([]);
    expect(settled).toHaveLength(count);
    expect(settled.some(isAnswered)).toBe(false);
  });

  it('are settled sooner when there are many', () => {
    const { reader, settled, early } = scene();
    for (let n = 0; n < 64; n += 1) {
      expect(settled).toEqual([]);
      early.push(item(`${n}`));
      early.leave(reader.link);
    }
    expect(settled).toHaveLength(64);
  });

  it('do not count when their connection is another one, or none, by then', () => {
    for (const [part, value] of [
      ['clientId', '2'],
      ['state', 'down'],
    ] as const) {
      const { reader, settled, early } = scene();
      early.push(item('a'));
      early.leave(reader.link);
      reader[part] = value;
      early.flush();
      expect(settled.map(isAnswered)).toEqual([false]);
    }
  });

  it('are let go of, sent or not', async () => {
    const { command, reader, settled, early } = scene();
    early.push(item('sent'));
    early.leave(reader.link);
    early.push(item('waiting'));
    early.flush();
    expect(settled.map(isAnswered)).toEqual([true, false]);
    await vi.advanceTimersByTimeAsync(20);
    expect(settled).toHaveLength(2);
    expect(command.told).toEqual([]);
  });
});
