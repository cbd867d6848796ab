import type { MessageState } from 'nestjs-broker';
import { describe, expect, it } from 'vitest';
import { testClient } from '../support/test-app.js';
import { WireScene as Scene } from './wire-scene.js';

describe('messages on a shared stream', () => {
  it('are listed where they lie, those of Go-Broker too', async () => {
    const scene = new Scene();
    const broker = testClient(scene.options());
    await scene.redis.xadd(scene.stream, '*', 'type', 'task', 'name', 'go', 'payload', '{"id":1}');
    await broker.enqueue('ours', { id: 2 });
    await broker.enqueue('later', { id: 3 }, { delay: '1h' });
    const namesOf = async (state: MessageState, count = 10) =>
      (await broker.messages.list({ state, count })).messages.map(({ name }) => name);
    expect(await namesOf('waiting')).toEqual(['go', 'ours']);
    expect(await namesOf('waiting', 1)).toEqual(['go']);
    expect(await namesOf('delayed')).toEqual(['later']);
    expect(await namesOf('gated')).toEqual([]);
    const { redis, stream, group } = scene;
    const read = ['COUNT', '1', 'STREAMS', stream, '>'] as const;
    await redis.call('XREADGROUP', 'GROUP', group, 'gopher', ...read);
    const { messages } = await broker.messages.list({ state: 'running' });
    expect(messages).toMatchObject([{ name: 'go', data: { id: 1 }, consumer: 'gopher' }]);
    expect(await namesOf('waiting')).toEqual(['ours']);
    expect(await broker.messages.queues()).toEqual([]);
  });
});
