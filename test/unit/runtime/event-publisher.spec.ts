import { describe, expect, it } from 'vitest';
import type { BusPort, NewMessage, QueuePort } from '../../../lib/backend/index.js';
import { decodeEvents } from '../../../lib/codec/index.js';
import { MessageIds } from '../../../lib/message/index.js';
import { EventPublisher } from '../../../lib/runtime/event-publisher.js';
import { payloads } from './settings.js';

/** A publisher in front of a backend that keeps some names, and answers when it is told to. */
function open(...kept: string[]) {
  const published: string[] = [];
  const added: NewMessage[] = [];
  const answers: (() => void)[] = [];
  const textOf = (payload: string | Uint8Array): string => Buffer.from(payload).toString();
  const bus: Pick<BusPort, 'publishEvent'> = {
    publishEvent: async (name, frame) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      if (kept.includes(name)) return false;
      published.push(...decodeEvents(Buffer.from(frame)).map(({ payload }) => textOf(payload)));
      return true;
    },
  };
  const queue: Pick<QueuePort, 'add'> = {
    add: (group) => {
      added.push(...group);
      return Promise.resolve([{ unique: '', duplicate: false }]);
    },
  };
  const publisher = new EventPublisher({
    queue: queue as QueuePort,
    bus: bus as BusPort,
    ids: new MessageIds(),
    payloads,
    sendTimeout: 100,
  });
  return {
    publisher,
    published,
    added,
    texts: () => added.map(({ payload }) => textOf(payload)),
    asked: () => answers.length,
    answer: () => answers.splice(0).forEach((resolve) => resolve()),
  };
}

describe('EventPublisher', () => {
  it('publishes in one round trip what nobody keeps, and never learns anything else', async () => {
    const { publisher, published, added, answer } = open();
    for (const n of [1, 2]) {
      const sent = publisher.publish('a', n);
      answer();
      await sent;
    }
    expect(published).toEqual(['1', '2']);
    expect(added).toEqual([]);
  });

  it('adds what is kept, and from then on at once', async () => {
    const { publisher, published, added, answer, asked } = open('a');
    const first = publisher.publish('a', 1, { key: 'k', headers: { h: '1' } });
    answer();
    await first;
    await publisher.publish('a', 2);
    expect(asked()).toBe(0);
    expect(published).toEqual([]);
    expect(added.map(({ envelope }) => envelope)).toEqual([
      { unique: expect.any(String), address: 'e::a', key: 'k', headers: { h: '1' } },
      { unique: expect.any(String), address: 'e::a' },
    ]);
    expect(new Set(added.map(({ envelope }) => envelope.unique)).size).toBe(2);
  });

  it('lets none overtake those that were on their way when it learned of it', async () => {
    const { publisher, answer, texts } = open('a');
    const sent = [1, 2].map(async (n) => await publisher.publish('a', n));
    answer();
    sent.push(publisher.publish('b', 'other'), publisher.publish('a', 3));
    await sent[0];
    sent.push(publisher.publish('a', 4));
    answer();
    await Promise.all(sent);
    await publisher.publish('a', 5);
    expect(texts()).toEqual(['1', '2', '3', '4', '5']);
  });

  it.each([
    ['', {}, 'INVALID_NAME'],
    ['a', { key: '' }, 'INVALID_NAME'],
  ])('refuses the name "%s" with %j before anything is sent', async (name, options, code) => {
    const { publisher, asked } = open();
    await expect(publisher.publish(name, 1, options)).rejects.toMatchObject({ code });
    expect(asked()).toBe(0);
  });
});
