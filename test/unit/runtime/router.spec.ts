import { beforeEach, describe, expect, it } from 'vitest';
import type { BalanceStrategy, RouteView } from '../../../lib/balancer/index.js';
import type { Added, NewMessage, QueuePort, Routes } from '../../../lib/backend/index.js';
import type { Address, Envelope } from '../../../lib/message/index.js';
import { Router } from '../../../lib/runtime/router.js';
import { ManualClock } from '../../support/manual-clock.js';
import { routesOf } from './routes.js';

/** Shortest time between two looks, and how old a view that is used may be, in ms. */
const PAUSE = 50;
const AGE = 2_000;
const WORK: Address = 't:work';

const turn = async (): Promise<void> => await new Promise(setImmediate);

const message = (parts: Partial<Envelope> = {}): NewMessage => ({
  envelope: { unique: 'u', address: WORK, ...parts },
  payload: '',
});

const unrouted: Added = { unique: 'u', duplicate: false, unrouted: true };
const routed: Added = { unique: 'u', duplicate: false };

describe('Router', () => {
  let clock: ManualClock;
  let router: Router;
  /** The addresses that were looked at. */
  let looks: Address[];
  let errors: unknown[];
  /** What the backend tells of every address. */
  let answer: () => Promise<Routes | undefined>;
  let own: Map<string, BalanceStrategy>;

  beforeEach(() => {
    clock = new ManualClock();
    [looks, errors] = [[], []];
    own = new Map();
    answer = () => Promise.resolve(routesOf('round_robin', { a: 1 }));
    const queue: Pick<QueuePort, 'routes'> = {
      routes: async (address) => {
        looks.push(address);
        return await answer();
      },
    };
    router = new Router({
      queue: queue as QueuePort,
      clock,
      own: (name) => own.get(name),
      onError: (error) => errors.push(error),
    });
  });

  /** What the backend said of a message: that it would like proposals. */
  const learn = async (parts: Partial<Envelope> = {}, added = unrouted): Promise<void> => {
    router.learn([message(parts)], [added]);
    await turn();
  };
  const proposed = (parts: Partial<Envelope> = {}) =>
    (router.route([message(parts)]) as readonly NewMessage[])[0]?.proposal;

  it('proposes nothing, and asks nothing, before the backend wants proposals', async () => {
    const sent = [message()];
    expect(router.route(sent)).toBe(sent);
    await learn({}, routed);
    expect(looks).toEqual([]);
    await learn();
    expect(looks).toEqual([WORK]);
    expect(proposed({ address: 't:other' })).toBeUndefined();
  });

  it('looks at those messages of a batch that were not routed', async () => {
    const batch = ['t:a', 't:b', 't:c'].map((address) => message({ address: address as Address }));
    router.learn(batch, [routed, unrouted, unrouted]);
    await turn();
    expect(looks).toEqual(['t:b', 't:c']);
  });

  it('proposes with the epoch of its view', async () => {
    answer = () => Promise.resolve(routesOf('round_robin', { a: 1 }, { epoch: 7 }));
    await learn();
    const sent = message({ key: 'k' });
    const proposal = { consumer: 'a', epoch: 7 };
    expect(router.route([sent])).toEqual([{ ...sent, proposal }]);
    answer = () => Promise.resolve(routesOf('round_robin', { b: 1 }, { epoch: 8 }));
    clock.advance(PAUSE);
    await learn();
    expect(proposed()).toEqual({ consumer: 'b', epoch: 8 });
  });

  it('leaves a message alone that has a target', async () => {
    await learn();
    const sent = message({ target: 'somebody' });
    expect(router.route([sent])).toEqual([sent]);
  });

  it('looks once at a time, and again only after a pause', async () => {
    let answered: (routes: Routes) => void = () => undefined;
    answer = () => new Promise((resolve) => (answered = resolve));
    await learn();
    await learn();
    expect(looks).toHaveLength(1);
    answered(routesOf('round_robin', { a: 1 }));
    await turn();
    clock.advance(PAUSE - 1);
    await learn();
    expect(looks).toHaveLength(1);
    clock.advance(1);
    await learn();
    expect(looks).toHaveLength(2);
  });

  it('renews a view that is old while it is used, and goes by the old one meanwhile', async () => {
    await learn();
    clock.advance(AGE);
    expect(proposed()?.consumer).toBe('a');
    await turn();
    expect(looks).toHaveLength(1);
    answer = () => Promise.resolve(routesOf('round_robin', { b: 1 }));
    clock.advance(1);
    expect(looks).toHaveLength(1);
    expect(proposed()?.consumer).toBe('a');
    await turn();
    expect([looks.length, proposed()?.consumer]).toEqual([2, 'b']);
  });

  it('looks again at what it uses when the membership changes', async () => {
    router.renew();
    await turn();
    expect(looks).toEqual([]);
    await learn();
    await learn({ address: 't:other' });
    clock.advance(PAUSE);
    router.renew();
    await turn();
    expect(looks).toEqual([WORK, 't:other', WORK, 't:other']);
  });

  it('looks at a change inside the pause at its end, and once for all of them', async () => {
    await learn();
    clock.advance(PAUSE - 1);
    answer = () => Promise.resolve(routesOf('round_robin', { b: 1 }));
    for (let i = 0; i < 3; i += 1) router.renew();
    await turn();
    expect([looks.length, proposed()?.consumer]).toEqual([1, 'a']);
    clock.advance(1);
    await turn();
    expect([looks.length, proposed()?.consumer, clock.pending]).toEqual([2, 'b', 0]);
  });

  it('looks again when the membership changes during a look', async () => {
    let answered: (routes: Routes) => void = () => undefined;
    answer = () => new Promise((resolve) => (answered = resolve));
    await learn();
    router.renew();
    answered(routesOf('round_robin', { a: 1 }));
    await turn();
    answer = () => Promise.resolve(routesOf('round_robin', { b: 1 }));
    clock.advance(PAUSE);
    await turn();
    expect([looks.length, proposed()?.consumer]).toEqual([2, 'b']);
  });

  it('looks no more when it is closed', async () => {
    await learn();
    router.renew();
    await turn();
    expect(clock.pending).toBe(1);
    router.close();
    clock.advance(AGE);
    await turn();
    expect([looks.length, clock.pending]).toEqual([1, 0]);
  });

  it('forgets an address that nobody routes any more', async () => {
    await learn();
    answer = () => Promise.resolve(undefined);
    clock.advance(PAUSE);
    router.renew();
    await turn();
    expect(proposed()).toBeUndefined();
    clock.advance(AGE * 2);
    expect(proposed()).toBeUndefined();
    router.renew();
    await turn();
    expect(looks).toHaveLength(2);
  });

  it('reports a look that failed, keeps its view, and looks again', async () => {
    await learn();
    const failure = new Error('no link');
    answer = () => Promise.reject(failure);
    clock.advance(PAUSE);
    await expect(router.look(WORK)).resolves.toBeUndefined();
    expect([errors, proposed()?.consumer]).toEqual([[failure], 'a']);
    answer = () => Promise.resolve(routesOf('round_robin', { b: 1 }));
    await learn();
    expect(proposed()?.consumer).toBe('b');
  });

  it('keeps its place in the turns through looks, and starts anew with another rule', async () => {
    answer = () => Promise.resolve(routesOf('round_robin', { a: 1, b: 1 }));
    await learn();
    const first = proposed()?.consumer;
    clock.advance(PAUSE);
    await learn();
    expect(proposed()?.consumer).not.toBe(first);
    answer = () => Promise.resolve(routesOf('least_conn', { a: [1, 9], b: 1 }));
    clock.advance(PAUSE);
    await learn();
    expect([proposed(), proposed()].map((proposal) => proposal?.consumer)).toEqual(['b', 'b']);
    answer = () => Promise.resolve(routesOf('least_conn', { a: 1 }, { local: false }));
    clock.advance(PAUSE);
    await learn();
    expect(proposed()).toBeUndefined();
  });

  describe('with a strategy of a user', () => {
    const custom = (id: string | undefined): BalanceStrategy => ({ route: () => id });

    beforeEach(() => {
      answer = () => Promise.resolve(routesOf('custom:Own', { a: 1, b: 1 }));
    });

    it('proposes what it says', async () => {
      own.set('custom:Own', custom('b'));
      await learn();
      expect(proposed()).toEqual({ consumer: 'b', epoch: 1 });
    });

    it('proposes nobody where it returns an id that is none of them', async () => {
      own.set('custom:Own', custom('z'));
      await learn();
      const sent = message();
      expect(router.route([sent])).toEqual([sent]);
      expect(errors).toEqual([]);
    });

    it('proposes nobody, and reports, where it throws', async () => {
      const failure = new Error('no idea');
      const route = (_: unknown, { consumers }: RouteView): string => {
        if (consumers.length > 0) throw failure;
        return '';
      };
      own.set('custom:Own', { route });
      await learn();
      const sent = message();
      expect(router.route([sent])).toEqual([sent]);
      expect(errors).toEqual([failure]);
    });

    it('that this process does not have asks seldom, and finds it when it is there', async () => {
      await learn();
      clock.advance(AGE - 1);
      expect(proposed()).toBeUndefined();
      await learn();
      expect(looks).toHaveLength(1);
      own.set('custom:Own', custom('a'));
      clock.advance(1);
      await learn();
      expect([looks.length, proposed()?.consumer]).toEqual([2, 'a']);
      expect(errors).toEqual([]);
    });

    it('forwards to another instance what nobody forwarded yet', async () => {
      own.set('custom:Own', custom('b'));
      const { envelope } = message();
      expect(router.forward(envelope, 'a')).toBeUndefined();
      await router.look(WORK);
      expect(router.forward(envelope, 'a')).toBe('b');
      expect(router.forward(envelope, 'b')).toBeUndefined();
      expect(router.forward({ ...envelope, forwarded: true }, 'a')).toBeUndefined();
      own.set('custom:Own', custom(undefined));
      answer = () => Promise.resolve(routesOf('custom:Own', {}));
      clock.advance(PAUSE);
      await router.look(WORK);
      expect(router.forward(envelope, 'a')).toBeUndefined();
    });
  });
});
