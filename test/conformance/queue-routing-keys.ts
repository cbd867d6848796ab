import { describe, expect, it } from 'vitest';
import type { Delivery, NewMessage } from '../../lib/backend/index.js';
import { hash32, ownerOf } from '../../lib/balancer/index.js';
import type { Consumer } from './consumer.js';
import { joinCrew, weighed } from './crew.js';
import { request, task } from './messages.js';
import { type OpenScene, texts } from './scene.js';

/** One task of each of these many keys; the payload is the key. */
const oneEach = (name: string, count: number): NewMessage[] =>
  Array.from({ length: count }, (_, i) => task(name, { key: `key ${i}`, payload: `key ${i}` }));

/** Whose a key is among these, by the weights they joined with. */
function owner(key: string, crew: readonly Consumer[], ...weights: readonly number[]): string {
  const owners = weighed(crew, ...weights).map((each) => ({ ...each, hash: hash32(each.id) }));
  return ownerOf(hash32(key), owners) ?? '';
}

/** What lies in whose lane. */
async function lanes(crew: readonly Consumer[]): Promise<Map<string, Delivery[]>> {
  const found = new Map<string, Delivery[]>();
  for (const consumer of crew) found.set(consumer.id, await consumer.pollLanes());
  return found;
}

export function describeRoutingKeys(open: OpenScene): void {
  describe.each(['consistent_hash', 'consistent_hash@local'])('routing by key (%s)', (rule) => {
    it('gives every key to its owner, by weight', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, rule, [1, 2, 4]);
      await scene.add(...oneEach('a', 60));
      for (const [id, deliveries] of await lanes(crew)) {
        const keys = texts(deliveries);
        expect(keys.map((key) => owner(key, crew, 1, 2, 4))).toEqual(keys.map(() => id));
        expect(deliveries.every(({ routed }) => routed)).toBe(true);
      }
      expect((await scene.name('a')).waiting).toBe(0);
    });

    it('goes by the message’s own id where it has no key', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, rule, [1, 1]);
      await scene.add(...Array.from({ length: 30 }, () => task('a')));
      let count = 0;
      for (const [id, deliveries] of await lanes(crew)) {
        count += deliveries.length;
        for (const { envelope } of deliveries) expect(owner(envelope.unique, crew, 1, 1)).toBe(id);
      }
      expect(count).toBe(30);
    });

    it('is the same for every name of the group, and for requests', async () => {
      const scene = await open();
      const options = { tasks: ['a', 'b'], requests: ['q'] };
      const crew = await joinCrew(scene, rule, [1, 1, 1], options);
      const id = owner('k', crew, 1, 1, 1);
      const consumer = crew.find((each) => each.id === id)!;
      for (const name of ['a', 'b']) {
        await scene.add(task(name, { key: 'k' }));
        await consumer.done((await consumer.pollLanes())[0]!);
      }
      await scene.add(request('q', { key: 'k' }), request('q', { key: 'k' }));
      expect(await consumer.pollLanes('request')).toHaveLength(2);
    });

    it('brings back what is retried, released, promoted, freed or replayed', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, rule, [1, 1, 1]);
      const consumer = crew.find(({ id }) => id === owner('k', crew, 1, 1, 1))!;
      const { deadLetters } = scene.backend;
      const next = async (): Promise<Delivery> => (await consumer.pollLanes())[0]!;
      await scene.add(task('a', { key: 'k', payload: '1' }), task('a', { key: 'k', payload: '2' }));
      await consumer.retry(await next());
      await consumer.release(await next());
      await consumer.retry(await next(), 20);
      await scene.promoteAll();
      await consumer.dead(await next());
      await consumer.done(await next());
      const [letter] = await deadLetters.list({ count: 1 });
      await deadLetters.replay([letter!.entry]);
      expect(texts([await next()])).toEqual(['1']);
    });

    it('moves only the keys of a leaver', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, rule, [1, 2, 1]);
      await scene.add(...oneEach('a', 60));
      const before = await scene.loads('a', ...crew);
      const [gone, ...rest] = crew as [Consumer, ...Consumer[]];
      await gone.leave();
      const kept = await lanes(rest);
      let moved = 0;
      for (const consumer of rest) {
        for (const key of texts(kept.get(consumer.id) ?? [])) {
          expect(owner(key, rest, 2, 1)).toBe(consumer.id);
          if (owner(key, crew, 1, 2, 1) === gone.id) moved += 1;
          else expect(owner(key, crew, 1, 2, 1)).toBe(consumer.id);
        }
      }
      expect(moved).toBe(before[0]);
    });

    it('gives a joiner its keys from then on; a drained one none', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, rule, [1, 1]);
      crew.push(...(await joinCrew(scene, rule, [2])));
      await scene.add(...oneEach('a', 30));
      for (const [id, deliveries] of await lanes(crew)) {
        for (const key of texts(deliveries)) expect(owner(key, crew, 1, 1, 2)).toBe(id);
        const consumer = crew.find((each) => each.id === id)!;
        for (const delivery of deliveries) await consumer.done(delivery);
      }
      await scene.backend.queue.setWeight(crew[2]!.id, 0);
      await scene.add(...oneEach('a', 30));
      const found = await lanes(crew);
      expect(found.get(crew[2]!.id)).toEqual([]);
      for (const key of texts(found.get(crew[0]!.id)!)) {
        expect(owner(key, crew, 1, 1, 0)).toBe(crew[0]!.id);
      }
    });

    it('has owners among those that handle the name', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, rule, [1, 1], { tasks: ['a', 'b'] });
      const other = await joinCrew(scene, rule, [5]);
      await scene.add(...oneEach('b', 30));
      const found = await lanes([...crew, ...other]);
      expect(found.get(other[0]!.id)).toEqual([]);
      for (const key of texts(found.get(crew[0]!.id)!)) {
        expect(owner(key, crew, 1, 1)).toBe(crew[0]!.id);
      }
      expect(found.get(crew[0]!.id)!.length + found.get(crew[1]!.id)!.length).toBe(30);
    });

    it('follows a proposal of the owner that was made with the present members', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, rule, [1, 1]);
      const { epoch } = await scene.routes('a');
      const consumer = owner('k', crew, 1, 1);
      const proposal = { consumer, epoch };
      const [added] = await scene.add(task('a', { key: 'k', proposal }));
      expect(added?.unrouted).toBeUndefined();
      expect(await crew.find(({ id }) => id === consumer)!.pollLanes()).toHaveLength(1);
    });

    it.each(['is missing', 'is of another epoch', 'names a ghost'])(
      'finds the owner itself, and says so, when the proposal %s',
      async (what) => {
        const scene = await open();
        const crew = await joinCrew(scene, rule, [1, 1]);
        const consumer = owner('k', crew, 1, 1);
        const other = crew.find(({ id }) => id !== consumer)!;
        const { epoch } = await scene.routes('a');
        const proposals: Record<string, NewMessage['proposal']> = {
          'is of another epoch': { consumer: other.id, epoch: epoch - 1 },
          'names a ghost': { consumer: 'ghost', epoch },
        };
        const { [what]: proposal } = proposals;
        const message = task('a', { key: 'k', ...(proposal === undefined ? {} : { proposal }) });
        expect(await scene.add(message)).toMatchObject([{ unrouted: true }]);
        expect(await other.pollLanes()).toEqual([]);
        expect(await crew.find(({ id }) => id === consumer)!.pollLanes()).toHaveLength(1);
      },
    );
  });
}
