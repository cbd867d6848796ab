import { beforeEach, describe, expect, it } from 'vitest';
import type { QueuePort, Routes } from '../../../lib/backend/index.js';
import { ClosedError } from '../../../lib/errors/index.js';
import type { Address } from '../../../lib/message/index.js';
import { Router } from '../../../lib/runtime/router.js';
import { ManualClock } from '../../support/manual-clock.js';

/** Shortest time between two looks, in ms. */
const PAUSE = 50;
const WORK: Address = 't:work';

const turn = async (): Promise<void> => await new Promise(setImmediate);

describe('Router, when the membership changes', () => {
  let clock: ManualClock;
  let router: Router;
  let looks: number;
  let errors: unknown[];
  let members: string[];
  let answer: (routes: Routes) => Promise<Routes>;

  beforeEach(async () => {
    clock = new ManualClock();
    [looks, errors, members] = [0, [], ['a']];
    answer = async (routes) => await Promise.resolve(routes);
    const queue: Pick<QueuePort, 'routes'> = {
      routes: async () => {
        looks += 1;
        return await answer({
          epoch: members.length,
          service: 'service',
          group: 't:default',
          rule: { strategy: 'custom:Last', local: true },
          consumers: members.map((id) => ({ id, instanceName: id, weight: 1, load: 0 })),
        });
      },
    };
    router = new Router({
      queue: queue as QueuePort,
      clock,
      own: () => ({ route: (_, { consumers }) => consumers.at(-1)?.id }),
      onError: (error) => errors.push(error),
    });
    await router.look(WORK);
  });

  const proposed = (): string | undefined => router.propose({ unique: 'u', address: WORK });

  it('looks at once where the last look is a while ago', async () => {
    clock.advance(PAUSE);
    members = ['a', 'b'];
    router.renew();
    await turn();
    expect([looks, proposed(), clock.pending]).toEqual([2, 'b', 0]);
  });

  it('looks later where it has just looked, once for all changes', async () => {
    members = ['a', 'b'];
    router.renew();
    members = ['a', 'b', 'c'];
    router.renew();
    await turn();
    expect([looks, proposed()]).toEqual([1, 'a']);
    clock.advance(PAUSE + 1);
    await turn();
    expect([looks, proposed(), clock.pending]).toEqual([2, 'c', 0]);
  });

  it('says nothing when the broker was closed meanwhile', async () => {
    answer = async () => await Promise.reject(new ClosedError());
    router.renew();
    clock.advance(PAUSE + 1);
    await turn();
    expect([looks, errors]).toEqual([2, []]);
  });

  it('does not trust a look that began before', async () => {
    clock.advance(PAUSE);
    let go = (): void => undefined;
    const before = new Promise<void>((resolve) => (go = resolve));
    answer = async (routes) => {
      await before;
      return routes;
    };
    const look = router.look(WORK);
    members = ['a', 'b'];
    router.renew();
    go();
    await look;
    expect([looks, proposed()]).toEqual([2, 'a']);
    clock.advance(PAUSE + 1);
    await turn();
    expect([looks, proposed()]).toEqual([3, 'b']);
  });
});
