import { describe, expect, it } from 'vitest';
import type { FoundMessage } from '../../../lib/backend/index.js';
import { Messages, type ListMessagesOptions } from '../../../lib/client/index.js';
import { jsonCodec } from '../../../lib/codec/index.js';
import { FakeRuntime } from '../fake-runtime.js';

const found = (payload: string, facts: Partial<FoundMessage> = {}): FoundMessage => ({
  state: 'running',
  envelope: { unique: 'u-1', address: 't:pay', key: 'k', attempts: 2, enqueuedAt: 3 },
  payload: Buffer.from(payload),
  ...facts,
});

function open() {
  const runtime = new FakeRuntime();
  return { runtime, messages: new Messages(() => Promise.resolve(runtime), jsonCodec) };
}

describe('the messages of an app', () => {
  it('are listed decoded, with where they are and since when', async () => {
    const { runtime, messages } = open();
    const held = found('{"id":1}', { consumer: 'c', since: 5 });
    runtime.found = { messages: [held, found('{', { due: 7 })], looked: 9, next: 'there' };
    const page = await messages.list({ state: 'running', name: 'pay', count: 9, after: 'here' });
    expect(runtime.queries).toEqual([{ state: 'running', name: 'pay', count: 9, after: 'here' }]);
    expect(page).toMatchObject({ looked: 9, next: 'there' });
    expect(page.messages[0]).toEqual({
      id: 'pay:u-1',
      state: 'running',
      name: 'pay',
      kind: 'task',
      key: 'k',
      data: { id: 1 },
      payload: Buffer.from('{"id":1}'),
      headers: {},
      attempts: 2,
      lost: 0,
      consumer: 'c',
      enqueuedAt: new Date(3),
      since: new Date(5),
      dueAt: undefined,
    });
    expect(page.messages[1]).toMatchObject({ data: undefined, dueAt: new Date(7) });
  });

  it('are the first hundred that wait, if nothing is said', async () => {
    const { runtime, messages } = open();
    expect(await messages.list()).toEqual({ messages: [], looked: 0 });
    expect(runtime.queries).toEqual([{ state: 'waiting', count: 100 }]);
  });

  it.each([
    [{ state: 'dead' }, 'state is "dead", allowed: waiting, running, delayed, gated'],
    [{ count: 0 }, 'count is 0, allowed: a whole number from 1 to 1000'],
    [{ count: 1.5 }, 'count is 1.5, allowed: a whole number from 1 to 1000'],
    [{ count: 1_001 }, 'count is 1001, allowed: a whole number from 1 to 1000'],
  ])('are not listed for %j', async (options, message) => {
    const { runtime, messages } = open();
    await expect(messages.list(options as ListMessagesOptions)).rejects.toMatchObject({
      code: 'INVALID_OPTIONS',
      message,
    });
    expect(runtime.queries).toEqual([]);
  });

  it('lie in the queues the backend knows', async () => {
    const { runtime, messages } = open();
    runtime.queues = [{ service: 's', queue: 'q', kind: 'task', paused: true }];
    expect(await messages.queues()).toEqual(runtime.queues);
  });
});
