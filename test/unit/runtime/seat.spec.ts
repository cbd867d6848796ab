import { expect, it } from 'vitest';
import type { Fetched, Lease, QueuePort, Settlement } from '../../../lib/backend/index.js';
import { Exclusive } from '../../../lib/runtime/exclusive.js';
import { HandlerRegistry } from '../../../lib/runtime/handler-registry.js';
import { newMember } from '../../../lib/runtime/member.js';
import { Pools } from '../../../lib/runtime/pools.js';
import { Seat } from '../../../lib/runtime/seat.js';
import { ServerClock } from '../../../lib/runtime/server-clock.js';
import type { RuntimeSettings } from '../../../lib/runtime/settings.js';
import { Strategies } from '../../../lib/runtime/strategies.js';
import { TaskRunner } from '../../../lib/runtime/task-runner.js';
import { ManualClock } from '../../support/manual-clock.js';
import { delivery } from './delivery.js';
import { nobodyRoutes } from './nobody-routes.js';
import { payloads, POLICY } from './settings.js';

const SETTINGS = {
  service: 's',
  instanceName: 'i',
  queues: { default: { tasks: 1, requests: 1 } },
  balancer: { local: false, weight: 1, heartbeatTtl: 1_000 },
  overflow: 'reject',
  rpc: { maxWaiting: 1 },
} as unknown as RuntimeSettings;

/** A queue that hands over two tasks where one was asked for, and settles when it is told to. */
function crowdedQueue() {
  const two = [delivery('t:a'), delivery('t:a')];
  const reads: Fetched[] = [{ deliveries: two, undecodable: [], displaced: false }];
  const settled: (() => void)[] = [];
  const seen: { holds?: (lease: Lease) => boolean } = {};
  const never = new Promise<Fetched>(() => undefined);
  const queue = {
    join: () =>
      Promise.resolve({ status: 'alive', lost: [], now: 0, expired: [], leader: false, weight: 1 }),
    reader: (_consumer: string, _kind: string, holds: (lease: Lease) => boolean) => {
      seen.holds = holds;
      const next = () => {
        const read = reads.shift();
        return read === undefined ? never : Promise.resolve(read);
      };
      return { fetch: next, wake: () => undefined, close: () => Promise.resolve() };
    },
    settle: () => new Promise<Settlement>((resolve) => settled.push(() => resolve('settled'))),
  } as unknown as QueuePort;
  return { queue, two, settled, seen };
}

async function openSeat(queue: QueuePort): Promise<Seat> {
  const clock = new ManualClock();
  const registry = new HandlerRegistry('service');
  registry.add({ kind: 'task', name: 'a', invoke: () => new Promise(() => undefined) });
  const pools = new Pools(SETTINGS, registry);
  const strategies = new Strategies(SETTINGS.balancer, SETTINGS.queues);
  const seat = new Seat(
    newMember({ settings: SETTINGS, pools, registry, strategies }, { weight: 1 }),
    {
      queue,
      clock,
      server: new ServerClock(clock),
      registry,
      pools,
      strategies,
      router: nobodyRoutes(),
      exclusive: new Exclusive(pools.all.map(({ slots }) => slots)),
      tasks: new TaskRunner({ clock, payloads, defaults: POLICY }),
      requests: undefined as never,
      lostLimit: 5,
      abandon: new AbortController().signal,
      onBeat: () => undefined,
      onEvicted: () => undefined,
      onError: (error) => expect.unreachable(String(error)),
    },
  );
  await seat.open();
  await new Promise(setImmediate);
  return seat;
}

it('counts a lease on its way back as held until it has left', async () => {
  const { queue, two, settled, seen } = crowdedQueue();
  const seat = await openSeat(queue);

  const [running, surplus] = two.map(({ lease }) => lease) as [Lease, Lease];
  expect([seen.holds?.(running), seen.holds?.(surplus), settled.length]).toEqual([true, true, 1]);
  settled[0]?.();
  await new Promise(setImmediate);
  expect([seen.holds?.(running), seen.holds?.(surplus)]).toEqual([true, false]);
  seat.session.end();
});

it('is not idle before what it never started has been given back', async () => {
  const { queue, settled } = crowdedQueue();
  const seat = await openSeat(queue);
  let idle = false;
  void seat.idle().then(() => (idle = true));

  // whoever leaves now would leave the other one behind
  seat.endAll(new Error('the lease was lost'), () => undefined);
  await new Promise(setImmediate);
  expect(idle).toBe(false);
  settled[0]?.();
  await new Promise(setImmediate);
  expect(idle).toBe(true);
  seat.session.end();
});
