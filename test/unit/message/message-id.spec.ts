import { describe, expect, it } from 'vitest';
import { MessageIds, messageId, parseMessageId } from '../../../lib/message/index.js';

describe('message ids', () => {
  it('are unique in a process and among processes', () => {
    const sources = [new MessageIds(), new MessageIds()];
    const all = sources.flatMap((ids) => Array.from({ length: 1_000 }, () => ids.unique()));
    expect(new Set(all).size).toBe(2_000);
    expect(all.filter((unique) => !/^[\w-]+$/.test(unique))).toEqual([]);
  });

  it.each([['orders.create'], ['a:b'], [':'], ['a:'], ['漢 字']])(
    'lead back to the name %j',
    (name) => {
      const unique = new MessageIds().unique();
      expect(parseMessageId(messageId(name, unique))).toEqual({ name, unique });
    },
  );

  it.each([[''], ['a'], ['a:'], [':a'], [':'], [5], [null], [undefined]])('are not %j', (id) => {
    expect(() => parseMessageId(id)).toThrow(
      expect.objectContaining({
        code: 'INVALID_NAME',
        message: `"${id}" is no message id`,
      }),
    );
  });

  it('are not repeated in full when they are none', () => {
    expect(() => parseMessageId('x'.repeat(1_000))).toThrow(`"${'x'.repeat(80)}" is no message id`);
  });
});
