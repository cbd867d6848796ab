import { beforeEach, describe, expect, it, vi } from 'vitest';

type Deadlines = typeof import('../../../lib/runtime/deadline.js');

/** As in a new process. */
async function load(): Promise<Deadlines> {
  vi.resetModules();
  return await import('../../../lib/runtime/deadline.js');
}

const later = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

describe('the deadline of a handler', () => {
  let deadlines: Deadlines;

  beforeEach(async () => {
    deadlines = await load();
  });

  it('is known to what it asks first, before it awaits anything, and to nobody else', () => {
    const { currentDeadline, withDeadline } = deadlines;
    const seen = withDeadline(100, () => [
      currentDeadline(),
      withDeadline(50, currentDeadline),
      withDeadline(undefined, currentDeadline),
      currentDeadline(),
    ]);
    expect(seen).toEqual([100, 50, 100, 100]);
    expect(currentDeadline()).toBeUndefined();
  });

  it('is forgotten when the handler throws', () => {
    const { currentDeadline, withDeadline } = deadlines;
    const fail = (): never => {
      throw new Error('in the handler');
    };
    expect(() => withDeadline(100, fail)).toThrow('in the handler');
    expect(currentDeadline()).toBeUndefined();
  });

  it.each(['by the first that asks', 'before'])(
    'is known after an await when it is followed: %s',
    async (how) => {
      const { currentDeadline, followDeadlines, withDeadline } = deadlines;
      if (how === 'before') followDeadlines();
      else currentDeadline();
      const handler = async (): Promise<unknown> => {
        await later();
        return currentDeadline();
      };
      const seen = await Promise.all([
        withDeadline(1, handler),
        withDeadline(2, handler),
        handler(),
      ]);
      expect(seen).toEqual([1, 2, undefined]);
    },
  );

  it('is followed for whoever has a client injected', async () => {
    const { InjectBroker } = await import('../../../lib/decorators/index.js');
    InjectBroker();
    const { currentDeadline, withDeadline } = await import('../../../lib/runtime/deadline.js');
    const seen = await withDeadline(7, async () => {
      await later();
      return currentDeadline();
    });
    expect(seen).toBe(7);
  });
});
