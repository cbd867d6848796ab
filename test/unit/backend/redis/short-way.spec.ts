import { describe, expect, it, vi } from 'vitest';
import type { NewMessage } from '../../../../lib/backend/index.js';
import { appLayout } from '../../../../lib/backend/redis/layout.js';
import type { RedisLink } from '../../../../lib/backend/redis/link.js';
import { ShortWay } from '../../../../lib/backend/redis/short-way.js';

type Parts = Partial<Omit<NewMessage, 'envelope'>> & { readonly envelope?: object };

const message = ({ envelope = {}, ...parts }: Parts = {}): NewMessage => ({
  envelope: { unique: 'u', address: 'r:q', ...envelope },
  payload: '1',
  ...parts,
});

function scene(quiet = true) {
  const short = new ShortWay({ quiet } as RedisLink, appLayout('test', 'app'));
  short.note('r:q', 2);
  short.note('t:q', 2);
  return short;
}

describe('the short way', () => {
  it.each<readonly [string, Parts]>([
    ['a task', { envelope: { address: 't:q' } }],
    ['another name', { envelope: { address: 'r:p' } }],
    ['a reply that is kept', { envelope: { keepReply: 1 } }],
    ['a key', { envelope: { key: 'k' } }],
    ['a target', { envelope: { target: 'i' } }],
    ['an id', { envelope: { repeatable: true } }],
    ['a delay', { delay: 1 }],
    ['a dedupe id', { dedupe: { id: 'd', window: 1 } }],
    ['a proposal', { proposal: { consumer: 'c', epoch: 1 } }],
  ])('is not for %s', (_, parts) => {
    const short = scene();
    expect(short.takes(message(parts))).toBe(false);
    expect(short.takes(message())).toBe(true);
  });

  it('is taken as often as there was room', () => {
    const short = scene();
    const taken = (): boolean => short.takes(message());
    expect([taken(), taken(), taken(), taken()]).toEqual([true, true, false, false]);
    short.note('r:q', 0);
    expect(taken()).toBe(false);
    short.note('r:q', 1);
    expect([taken(), taken()]).toEqual([true, false]);
  });

  it('is taken for a second', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const short = scene();
      vi.advanceTimersByTime(999);
      expect(short.takes(message())).toBe(true);
      vi.advanceTimersByTime(1);
      expect(short.takes(message())).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('is not taken where every command is answered', () => {
    expect(scene(false).takes(message())).toBe(false);
  });
});
