import { describe, expect, it } from 'vitest';
import type { Backlog, QueuePort } from '../../../lib/backend/index.js';
import { HandlerRegistry } from '../../../lib/runtime/handler-registry.js';
import type { DurableBacklog, RuntimeEvents } from '../../../lib/runtime/runtime.js';
import { SubscriptionKeeper } from '../../../lib/runtime/subscription-keeper.js';
import { TypedEvents } from '../../../lib/runtime/typed-events.js';
import { ManualClock } from '../../support/manual-clock.js';

const FACTS = { age: 90, maxAge: 100, bytes: 1, maxBytes: 10 };

function open(tend: () => Promise<readonly Backlog[]> = async () => []) {
  const clock = new ManualClock();
  const registry = new HandlerRegistry('mail');
  const [lines, told, errors, caughtUp]: [string[], DurableBacklog[], unknown[], string[]] = [
    [],
    [],
    [],
    [],
  ];
  const events = new TypedEvents<RuntimeEvents>((error) => errors.push(error));
  events.on('durable-backlog', (backlog) => told.push(backlog));
  let looks = 0;
  const queue: Pick<QueuePort, 'tend' | 'catchUp'> = {
    tend: async () => {
      looks += 1;
      return await tend();
    },
    catchUp: async (address) => void caughtUp.push(address),
  };
  const write = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
  const keeper = new SubscriptionKeeper({
    queue: queue as QueuePort,
    clock,
    registry,
    interval: 1_000,
    events,
    log: { log: write('log'), warn: write('warn'), error: write('error') },
    onError: (error) => errors.push(error),
  });
  return { keeper, clock, registry, lines, told, errors, caughtUp, looks: () => looks };
}

describe('SubscriptionKeeper', () => {
  it('looks no more often than it should', async () => {
    const { keeper, clock, looks } = open();
    await keeper.look();
    await keeper.look();
    expect(looks()).toBe(1);
    clock.advance(1_000);
    await keeper.look();
    expect(looks()).toBe(2);
  });

  it.each([
    ['near', 0, /^warn events "paid" of service "mail" come near a bound: .* 90 of 100 ms/],
    ['dropped', 3, /^error events "paid" of service "mail": 3 dropped/],
    ['removed', 3, /^error events "paid" of service "mail" are kept no more: .* 100 ms; 3 dropped/],
  ] as const)('tells loudly of one that is %s', async (state, dropped, line) => {
    const subscription = 'e:4:mail:0::paid';
    const { keeper, lines, told } = open(async () => [{ subscription, state, dropped, ...FACTS }]);
    await keeper.look();
    expect(lines).toEqual([expect.stringMatching(line)]);
    expect(told).toEqual([{ event: 'paid', service: 'mail', state, dropped, ...FACTS }]);
  });

  it('names the subscription, if it has a name', async () => {
    const backlog = { state: 'near', dropped: 0, ...FACTS } as const;
    const subscription = 'e:4:mail:5:audit:paid';
    const { keeper, lines, told } = open(async () => [{ subscription, ...backlog }]);
    await keeper.look();
    expect(lines[0]).toContain('events "paid" of service "mail" ("audit")');
    expect(told[0]).toMatchObject({ event: 'paid', subscription: 'audit' });
  });

  it('reports a look that fails, and looks again', async () => {
    const failure = new Error('away');
    const { keeper, clock, errors, looks } = open(() => Promise.reject(failure));
    await keeper.look();
    clock.advance(1_000);
    await keeper.look();
    expect(errors).toEqual([failure, failure]);
    expect(looks()).toBe(2);
  });

  it('brings up the subscriptions of this instance that begin with the earliest', async () => {
    const { keeper, registry, caughtUp } = open();
    const base = { kind: 'event', invoke: () => undefined } as const;
    registry.add({ ...base, name: 'a', durable: { from: 'earliest', subscription: '' } });
    registry.add({ ...base, name: 'b', durable: { from: 'new', subscription: '' } });
    await keeper.catchUp();
    expect(caughtUp).toEqual(['e:4:mail:0::a']);
  });
});
