import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type BalanceStrategy,
  type RouteMessage,
  type RouteView,
  hash32,
  ownerOf,
} from '../../../lib/balancer/index.js';
import type { Routes } from '../../../lib/backend/index.js';
import type { Envelope } from '../../../lib/message/index.js';
import { type Chooser, createChooser } from '../../../lib/runtime/chooser.js';
import { routesOf } from './routes.js';

const envelope = (n = 0, parts: Partial<Envelope> = {}): Envelope => ({
  unique: `u${n}`,
  address: 't:work',
  ...parts,
});

const none = (): undefined => undefined;

function chooserOf(routes: Routes, own: (name: string) => BalanceStrategy | undefined = none) {
  const chooser = createChooser(routes, own);
  if (chooser === undefined) throw new Error('it has no proposals');
  return chooser;
}

const picks = (chooser: Chooser, count: number): (string | undefined)[] =>
  Array.from({ length: count }, (_, n) => chooser.choose(envelope(n)));

/** How often each one was picked, by id. */
const tally = (ids: readonly (string | undefined)[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const id of ids) counts[String(id)] = (counts[String(id)] ?? 0) + 1;
  return counts;
};

/** A strategy that notes what it is shown. */
class Noting implements BalanceStrategy {
  readonly shown: (readonly [RouteMessage, RouteView])[] = [];
  answer: (view: RouteView) => string | undefined = ({ consumers }) => consumers[0]?.id;

  route(message: RouteMessage, view: RouteView): string | undefined {
    this.shown.push([message, view]);
    return this.answer(view);
  }
}

describe('a chooser', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each(['competing', 'round_robin', 'weighted', 'least_conn'] as const)(
    'is asked by no backend that follows %s by itself',
    (strategy) => {
      expect(createChooser(routesOf(strategy, { a: 1 }, { local: false }), none)).toBeUndefined();
    },
  );

  it('has nothing to propose where everybody competes, or where nobody can take anything', () => {
    expect(createChooser(routesOf('competing', { a: 1 }), none)).toBeUndefined();
    for (const strategy of ['round_robin', 'weighted', 'least_conn', 'consistent_hash'] as const) {
      expect(chooserOf(routesOf(strategy, {})).choose(envelope())).toBeUndefined();
    }
  });

  describe('in turn', () => {
    it('gives everybody the same in every cycle, whatever the weights', () => {
      const chooser = chooserOf(routesOf('round_robin', { a: 1, b: 5, c: 100 }));
      for (let cycle = 0; cycle < 3; cycle += 1) {
        expect(tally(picks(chooser, 3))).toEqual({ a: 1, b: 1, c: 1 });
      }
    });

    it('gives everybody the weight in every cycle', () => {
      const chooser = chooserOf(routesOf('weighted', { a: 1, b: 2, c: 4 }));
      for (let cycle = 0; cycle < 3; cycle += 1) {
        expect(tally(picks(chooser, 7))).toEqual({ a: 1, b: 2, c: 4 });
      }
    });

    it('begins at random: senders that start together do not all start with the same one', () => {
      const routes = routesOf('round_robin', { a: 1, b: 1, c: 1 });
      const starts = [0, 0.4, 0.99].map((random) => {
        vi.spyOn(Math, 'random').mockReturnValueOnce(random);
        return chooserOf(routes).choose(envelope());
      });
      expect(starts).toEqual(['a', 'b', 'c']);
    });

    it('goes on where it was while nobody comes, goes or gets another weight', () => {
      vi.spyOn(Math, 'random').mockReturnValue(0);
      const chooser = chooserOf(routesOf('round_robin', { a: 1, b: 1, c: 1 }));
      expect(picks(chooser, 2)).toEqual(['a', 'b']);
      expect(chooser.renew(routesOf('round_robin', { a: 1, b: 9, c: 1 }, { epoch: 2 }))).toBe(true);
      expect(picks(chooser, 1)).toEqual(['c']);
      expect(chooser.renew(routesOf('round_robin', { a: 1, c: 1 }, { epoch: 3 }))).toBe(true);
      expect(tally(picks(chooser, 4))).toEqual({ a: 2, c: 2 });
    });

    it('follows a new weight', () => {
      const chooser = chooserOf(routesOf('weighted', { a: 1, b: 1 }));
      chooser.renew(routesOf('weighted', { a: 1, b: 3 }, { epoch: 2 }));
      expect(tally(picks(chooser, 8))).toEqual({ a: 2, b: 6 });
    });
  });

  describe('by load', () => {
    it('counts what it sent itself on top of what it saw', () => {
      const chooser = chooserOf(routesOf('least_conn', { a: [1, 2], b: [1, 0], c: [1, 1] }));
      expect(picks(chooser, 3)).toEqual(['b', 'c', 'b']);
      expect(tally(picks(chooser, 3))).toEqual({ a: 1, b: 1, c: 1 });
    });

    it('counts the load by weight', () => {
      const chooser = chooserOf(routesOf('least_conn', { a: 1, b: 3 }));
      expect(tally(picks(chooser, 40))).toEqual({ a: 10, b: 30 });
    });

    it('believes a new view more than its own count', () => {
      const chooser = chooserOf(routesOf('least_conn', { a: 1, b: 1 }));
      picks(chooser, 10);
      expect(chooser.renew(routesOf('least_conn', { a: [1, 5], b: [1, 0] }))).toBe(true);
      expect(picks(chooser, 5)).toEqual(['b', 'b', 'b', 'b', 'b']);
    });
  });

  describe('by key', () => {
    const owners = (ids: Record<string, number>) =>
      Object.entries(ids).map(([id, weight]) => ({ id, weight, hash: hash32(id) }));

    it.each([true, false])('finds the owner of a key (left to senders: %s)', (local) => {
      const members = { a: 1, b: 2, c: 1 };
      const chooser = chooserOf(routesOf('consistent_hash', members, { local }));
      for (let n = 0; n < 50; n += 1) {
        const key = `customer ${n}`;
        const expected = ownerOf(hash32(key), owners(members));
        expect(chooser.choose(envelope(n, { key }))).toBe(expected);
        expect(chooser.choose(envelope(n))).toBe(ownerOf(hash32(`u${n}`), owners(members)));
      }
    });

    it('moves the keys of one that left, and no other', () => {
      const chooser = chooserOf(routesOf('consistent_hash', { a: 1, b: 1, c: 1 }));
      const before = picks(chooser, 60);
      expect(chooser.renew(routesOf('consistent_hash', { a: 1, c: 1 }, { epoch: 2 }))).toBe(true);
      const after = picks(chooser, 60);
      expect(after).not.toContain('b');
      expect(after.filter((id, n) => before[n] !== 'b' && id !== before[n])).toEqual([]);
    });
  });

  describe('of a user', () => {
    const routes = routesOf('custom:Noting', { a: [1, 4], b: [2, 0] });
    const own = (strategy: BalanceStrategy) => (name: string) =>
      name === 'custom:Noting' ? strategy : undefined;

    it('is missing where this process has none of that name', () => {
      expect(createChooser(routes, none)).toBeUndefined();
    });

    it('shows the message and who can take it', () => {
      const strategy = new Noting();
      const message = envelope(1, { key: 'k', headers: { tenant: 'acme' } });
      expect(chooserOf(routes, own(strategy)).choose(message)).toBe('a');
      expect(strategy.shown).toEqual([
        [
          { id: 'work:u1', name: 'work', kind: 'task', key: 'k', headers: { tenant: 'acme' } },
          {
            consumers: [
              { id: 'a', instanceName: 'instance of a', weight: 1, load: 4 },
              { id: 'b', instanceName: 'instance of b', weight: 2, load: 0 },
            ],
          },
        ],
      ]);
      chooserOf(routes, own(strategy)).choose({ unique: 'u', address: 'r:ask' });
      expect(strategy.shown.at(-1)?.[0]).toEqual({
        id: 'ask:u',
        name: 'ask',
        kind: 'request',
        key: undefined,
        headers: {},
      });
    });

    it('shows what it sent itself, until there is a new view', () => {
      const strategy = new Noting();
      strategy.answer = () => 'b';
      const chooser = chooserOf(routes, own(strategy));
      const loads = () => strategy.shown.at(-1)?.[1].consumers.map(({ load }) => load);
      picks(chooser, 3);
      expect(loads()).toEqual([4, 2]);
      expect(chooser.renew(routesOf('custom:Noting', { a: [1, 1], b: [2, 1] }))).toBe(true);
      picks(chooser, 1);
      expect(loads()).toEqual([1, 1]);
    });

    it.each([undefined, 'z', '', 5 as never])('proposes nobody when it returns %j', (answer) => {
      const strategy = new Noting();
      strategy.answer = () => answer;
      const chooser = chooserOf(routes, own(strategy));
      expect(picks(chooser, 2)).toEqual([undefined, undefined]);
      expect(strategy.shown.at(-1)?.[1].consumers.map(({ load }) => load)).toEqual([4, 0]);
    });

    it('hands on what it throws', () => {
      const strategy = new Noting();
      strategy.answer = () => {
        throw new Error('no idea');
      };
      expect(() => chooserOf(routes, own(strategy)).choose(envelope())).toThrow('no idea');
    });

    it('cannot go on under another name', () => {
      const chooser = chooserOf(routes, own(new Noting()));
      expect(chooser.renew(routesOf('custom:Other', { a: 1 }))).toBe(false);
    });
  });
});
