import { beforeEach, describe, expect, it } from 'vitest';
import type { Added, BusPort, NewMessage, QueuePort } from '../../../lib/backend/index.js';
import { MessageIds } from '../../../lib/message/index.js';
import { Requester } from '../../../lib/runtime/requester.js';
import type { Router } from '../../../lib/runtime/router.js';
import { MessageSender } from '../../../lib/runtime/sender.js';
import { ManualClock } from '../../support/manual-clock.js';
import { payloads } from './settings.js';

const PROPOSAL = { consumer: 'a', epoch: 3 };

describe('what is sent', () => {
  let sent: NewMessage[];
  let learned: (readonly [string, boolean | undefined])[];
  let adding: () => Promise<void>;
  let sender: MessageSender;
  let requester: Requester;

  beforeEach(() => {
    [sent, learned] = [[], []];
    adding = () => Promise.resolve();
    const queue: Pick<QueuePort, 'add'> = {
      add: async (group) => {
        await adding();
        sent.push(...group);
        return group.map(({ envelope, proposal }): Added => ({
          unique: envelope.unique,
          duplicate: false,
          ...(proposal === undefined ? { unrouted: true } : {}),
        }));
      },
    };
    const bus: Pick<BusPort, 'channel' | 'subscribe' | 'onGap'> = {
      channel: (kind) => kind,
      subscribe: () => Promise.resolve(() => undefined),
      onGap: () => () => undefined,
    };
    // one that has proposals for what begins with "routed"
    const router: Pick<Router, 'route' | 'learn'> = {
      route: (messages) =>
        messages.map((message) =>
          message.envelope.address.includes(':routed')
            ? { ...message, proposal: PROPOSAL }
            : message,
        ),
      learn: (messages, added) => {
        messages.forEach(({ envelope }, i) => learned.push([envelope.address, added[i]?.unrouted]));
      },
    };
    const common = {
      queue: queue as QueuePort,
      bus: bus as BusPort,
      router: router as Router,
      ids: new MessageIds(),
      payloads,
    };
    sender = new MessageSender({ ...common, sendTimeout: 700, dedupeWindow: 9_000 });
    requester = new Requester({
      ...common,
      clock: new ManualClock(),
      timeout: 1_000,
      mode: 'fast',
      dedupeWindow: 9_000,
      sendTimeout: 700,
      onError: (error) => {
        throw error;
      },
    });
  });

  const ask = async (name: string): Promise<unknown[]> => {
    const said: unknown[] = [];
    requester.request(
      name,
      1,
      {},
      {
        next: () => undefined,
        error: (error) => said.push(error),
        complete: () => undefined,
      },
    );
    await new Promise(setImmediate);
    return said;
  };

  it('has the proposal of the router, which learns what became of it', async () => {
    const names = ['routed.a', 'free', 'routed.b'];
    await sender.enqueue(names.map((name) => ({ name, data: 1 })));
    await ask('routed');
    await ask('free');
    expect(sent.map(({ envelope, proposal }) => [envelope.address, proposal])).toEqual([
      ['t:routed.a', PROPOSAL],
      ['t:free', undefined],
      ['t:routed.b', PROPOSAL],
      ['r:routed', PROPOSAL],
      ['r:free', undefined],
    ]);
    expect(learned).toEqual([
      ['t:routed.a', undefined],
      ['t:free', true],
      ['t:routed.b', undefined],
      ['r:routed', undefined],
      ['r:free', true],
    ]);
  });

  it('teaches the router nothing when it was not accepted', async () => {
    const failure = new Error('no link');
    adding = () => Promise.reject(failure);
    await expect(sender.enqueue([{ name: 'routed', data: 1 }])).rejects.toBe(failure);
    expect(await ask('routed')).toEqual([failure]);
    expect(learned).toEqual([]);
  });
});
