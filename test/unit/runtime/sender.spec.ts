import { describe, expect, it } from 'vitest';
import type { BusPort, NewMessage, QueuePort } from '../../../lib/backend/index.js';
import { decodeEvents, jsonCodec } from '../../../lib/codec/index.js';
import { MessageIds } from '../../../lib/message/index.js';
import type { TaskOptions } from '../../../lib/runtime/calls.js';
import { PayloadEncoder } from '../../../lib/runtime/payload-encoder.js';
import { MessageSender } from '../../../lib/runtime/sender.js';
import { nobodyRoutes } from './nobody-routes.js';

const MIB = 1024 * 1024;

function open() {
  const groups: NewMessage[][] = [];
  const timeouts: number[] = [];
  const published: (readonly [string, Buffer, number])[] = [];
  const cancelled: string[] = [];
  const queue: Pick<QueuePort, 'add' | 'cancel'> = {
    add: (group, timeout) => {
      groups.push([...group]);
      timeouts.push(timeout);
      const added = group.map(({ envelope, dedupe }) =>
        dedupe?.id === 'seen'
          ? { unique: 'first', duplicate: true }
          : { unique: envelope.unique, duplicate: false },
      );
      return Promise.resolve(added);
    },
    cancel: (id) => {
      cancelled.push(id);
      return Promise.resolve('removed');
    },
  };
  const bus: Pick<BusPort, 'publishEvent'> = {
    publishEvent: (name, message, timeout) => {
      published.push([name, Buffer.from(message), timeout]);
      return Promise.resolve(true);
    },
  };
  const sender = new MessageSender({
    queue: queue as QueuePort,
    bus: bus as BusPort,
    router: nobodyRoutes(),
    ids: new MessageIds(),
    payloads: new PayloadEncoder(jsonCodec, 2 * MIB),
    sendTimeout: 700,
    dedupeWindow: 9_000,
  });
  const enqueue = async (options?: TaskOptions) =>
    await sender.enqueue([{ name: 'mail', data: 1, ...(options && { options }) }]);
  return { sender, groups, timeouts, published, cancelled, enqueue };
}

const tasks = (count: number, data: unknown = 0) =>
  Array.from({ length: count }, (_, i) => ({ name: `t${i}`, data }));

describe('MessageSender', () => {
  it('sends a plain task with an id and an address, nothing else', async () => {
    const { enqueue, groups, timeouts } = open();
    const [added] = await enqueue();
    const [[message]] = groups as [[NewMessage]];
    expect(message).toEqual({
      envelope: { unique: message.envelope.unique, address: 't:mail' },
      payload: '1',
    });
    expect(added).toEqual({ id: `mail:${message.envelope.unique}`, duplicate: false });
    expect(timeouts).toEqual([700]);
  });

  it('sends along what the task asks for', async () => {
    const { enqueue, groups } = open();
    const backoff = { type: 'fixed', delay: 5, max: 5, jitter: 0 } as const;
    await enqueue({
      key: 'k',
      delay: 10.5,
      dedupeId: 'd',
      attempts: 4,
      backoff,
      timeout: 50,
      headers: { a: 'b' },
      target: 'someone',
    });
    expect(groups[0]?.[0]).toMatchObject({
      envelope: {
        key: 'k',
        headers: { a: 'b' },
        target: 'someone',
        policy: { attempts: 4, backoff, timeout: 50 },
      },
      delay: 11,
      dedupe: { id: 'd', window: 9_000 },
    });
  });

  it('leaves out what the options leave out', async () => {
    const { enqueue, groups } = open();
    await enqueue({});
    await enqueue({ delay: 0, headers: {} });
    await enqueue({ timeout: 0 });
    const [plain, none, policy] = groups.map(([message]) => message);
    for (const message of [plain, none]) {
      expect(Object.keys(message ?? {})).toEqual(['envelope', 'payload']);
      expect(Object.keys(message?.envelope ?? {})).toEqual(['unique', 'address']);
    }
    expect(policy?.envelope.policy).toEqual({ timeout: 0 });
  });

  it('gives a duplicate the id of the first one', async () => {
    const { enqueue } = open();
    expect(await enqueue({ dedupeId: 'seen' })).toEqual([{ id: 'mail:first', duplicate: true }]);
  });

  it('sends a batch in one step, every task with its own id, in order', async () => {
    const { sender, groups } = open();
    const added = await sender.enqueue(tasks(256));
    expect(groups.map((group) => group.length)).toEqual([256]);
    expect(new Set(added.map(({ id }) => id)).size).toBe(256);
    expect(added.map(({ id }) => id.split(':')[0])).toEqual(tasks(256).map(({ name }) => name));
  });

  it('refuses a batch that one step cannot carry', async () => {
    const { sender, groups } = open();
    const refused = { code: 'INVALID_BATCH', outcome: 'not-sent' };
    await expect(sender.enqueue([])).rejects.toMatchObject(refused);
    await expect(sender.enqueue(tasks(257))).rejects.toMatchObject(refused);
    // two bytes of each are quotes
    const half = 'ä'.repeat(MIB / 2 - 1);
    await expect(sender.enqueue([...tasks(4, half), ...tasks(1)])).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining(`a batch of ${4 * MIB + 1} bytes`) as string,
    });
    expect(groups).toEqual([]);
    await sender.enqueue(tasks(4, half));
    expect(groups).toHaveLength(1);
  });

  it.each<readonly [string, TaskOptions, string]>([
    ['an empty key', { key: '' }, 'INVALID_NAME'],
    ['a long key', { key: 'ä'.repeat(128) }, 'INVALID_NAME'],
    ['an empty dedupeId', { dedupeId: '' }, 'INVALID_NAME'],
    ['an empty target', { target: '' }, 'INVALID_NAME'],
    ['a delay in the past', { delay: -1 }, 'INVALID_OPTIONS'],
    ['a delay that is no number', { delay: Number.NaN }, 'INVALID_OPTIONS'],
    ['a delay without an end', { delay: Infinity }, 'INVALID_OPTIONS'],
    ['no attempt', { attempts: 0 }, 'INVALID_OPTIONS'],
    ['half an attempt', { attempts: 1.5 }, 'INVALID_OPTIONS'],
    ['a header that is no text', { headers: { a: 1 as unknown as string } }, 'INVALID_OPTIONS'],
  ])('refuses %s before anything of the batch is sent', async (_, options, code) => {
    const { sender, groups } = open();
    const batch = [...tasks(1), { name: 'a', data: 1, options }];
    await expect(sender.enqueue(batch)).rejects.toMatchObject({ code, outcome: 'not-sent' });
    expect(groups).toEqual([]);
  });

  it('refuses names and payloads before anything is sent', async () => {
    const { sender, groups, published } = open();
    const [nameless, huge] = [
      { name: '', data: 1 },
      { name: 'a', data: 'x'.repeat(2 * MIB) },
    ];
    await expect(sender.enqueue([nameless])).rejects.toMatchObject({ code: 'INVALID_NAME' });
    await expect(sender.enqueue([huge])).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    await expect(sender.enqueue([{ name: 'a', data: 1n }])).rejects.toMatchObject({
      code: 'CODEC',
    });
    await expect(sender.publish('', 1)).rejects.toMatchObject({ code: 'INVALID_NAME' });
    await expect(sender.publish('a', 1n)).rejects.toMatchObject({ code: 'CODEC' });
    expect([groups, published]).toEqual([[], []]);
  });

  it('publishes an event under its name', async () => {
    const { sender, published } = open();
    await sender.publish('user.created', { a: 1 });
    await sender.publish('user.created', undefined, { headers: { h: 'v' } });
    expect(published.map(([channel, , timeout]) => [channel, timeout])).toEqual([
      ['user.created', 700],
      ['user.created', 700],
    ]);
    const frames = published.flatMap(([, message]) => decodeEvents(message));
    expect(frames.map(({ payload, headers }) => [payload.toString(), headers])).toEqual([
      ['{"a":1}', undefined],
      ['', { h: 'v' }],
    ]);
    expect(frames[0]?.unique).not.toBe(frames[1]?.unique);
  });

  it('cancels what has an id, and refuses what is none', async () => {
    const { sender, cancelled } = open();
    expect(await sender.cancel('a:b:c')).toBe('removed');
    await expect(sender.cancel('abc')).rejects.toMatchObject({ code: 'INVALID_NAME' });
    expect(cancelled).toEqual(['a:b:c']);
  });
});
