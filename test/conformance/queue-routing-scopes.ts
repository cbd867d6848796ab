import { describe, expect, it } from 'vitest';
import type { NewMessage } from '../../lib/backend/index.js';
import { STRATEGIES } from '../../lib/balancer/index.js';
import type { BrokerError } from '../../lib/errors/index.js';
import { byId, joinCrew, placeEach } from './crew.js';
import { request, task, tasks } from './messages.js';
import { Random } from './model/random.js';
import { type OpenScene, texts } from './scene.js';

const overloaded = { code: 'OVERLOADED' };

export function describeRoutingScopes(open: OpenScene): void {
  describe('what routes a name', () => {
    it('is nothing while two services handle it', async () => {
      const scene = await open();
      const [one] = await joinCrew(scene, 'round_robin', [1]);
      const [other] = await joinCrew(scene, 'round_robin', [1], { service: 'b', tasks: ['a'] });
      await scene.add(task('a'));
      expect(await one!.pollLanes()).toEqual([]);
      await other!.done(await other!.takeOne());
      expect(await scene.backend.queue.routes('t:a')).toBeUndefined();
      await other!.leave();
      await scene.add(task('a'));
      expect(await one!.pollLanes()).toHaveLength(1);
    });

    it('is nothing while two groups of a service handle it: a rolling deploy', async () => {
      const scene = await open();
      const old = await scene.join({ tasks: ['a'], rule: 'round_robin', streamLength: 3 });
      const heavy = { groups: { 't:heavy': ['a'] }, streamLength: 3 };
      const fresh = await scene.join({ ...heavy, rule: 'weighted' });
      await scene.add(...tasks('a', 3));
      expect(await scene.backend.queue.routes('t:a')).toBeUndefined();
      await expect(scene.add(task('a'))).rejects.toMatchObject(overloaded);
      expect(await fresh.pollLanes()).toEqual([]);
      expect(await old.take(3)).toHaveLength(3);
      await old.leave();
      expect(await scene.loads('a', fresh)).toEqual([3]);
    });

    it('is nothing while everybody is drained: it waits in the stream of its name', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'round_robin', [0, 0]);
      const [added] = await scene.add(task('a'));
      expect(added?.unrouted).toBeUndefined();
      expect(await crew[0]!.pollLanes()).toEqual([]);
      expect(await scene.name('a')).toMatchObject({ waiting: 1, consumers: 2 });
      const third = await scene.join({ tasks: ['a'], rule: 'round_robin' });
      expect(await third.take()).toHaveLength(1);
    });

    it('yields to the target of a message', async () => {
      const scene = await open();
      const crew = byId(await joinCrew(scene, 'round_robin', [1, 1]));
      await scene.add(...tasks('a', 3, { target: crew[1]!.id }));
      expect(await scene.loads('a', ...crew)).toEqual([0, 3]);
      expect(await placeEach(scene, ['a'], crew)).toEqual([crew[0]!.id]);
    });

    it('routes what has lost its target', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'round_robin', [1, 1]);
      const gone = await scene.join({ tasks: ['a'], rule: 'round_robin' });
      await scene.add(...tasks('a', 4, { target: gone.id }));
      await gone.leave();
      expect(await scene.loads('a', ...crew)).toEqual([2, 2]);
    });

    it('routes what has a target that handles it in another group to that lane', async () => {
      const scene = await open();
      await scene.join({ tasks: ['a'], rule: 'round_robin' });
      const other = await scene.join({ service: 'b', groups: { 't:heavy': ['a'] } });
      await scene.add(task('a', { target: other.id }));
      expect(await other.pollLanes()).toHaveLength(1);
    });

    it('is agreed on: whoever wants another rule is refused, and nothing changes', async () => {
      const scene = await open();
      const [member] = await joinCrew(scene, 'round_robin', [1], {
        service: 'orders',
        tasks: ['a'],
      });
      const { epoch } = await scene.routes('a');
      const control = await scene.control();
      for (const rule of ['weighted', 'round_robin@local']) {
        const options = { service: 'orders', tasks: ['b'], own: ['a'], rule };
        await expect(scene.consumer(options).join()).rejects.toMatchObject({
          code: 'INVALID_CONFIG',
          message: `the group "t:default" of service "orders" follows round_robin here, this instance wants ${rule}: all instances of a service must agree`,
        });
      }
      expect((await scene.stats()).consumers.map(({ id }) => id)).toEqual([member!.id]);
      expect((await scene.name('b')).consumers).toBe(0);
      expect((await scene.routes('a')).epoch).toBe(epoch);
      await scene.site.calm();
      expect(control.all).toEqual([]);
    });

    it('is agreed on within a group of a service, and ends with its last member', async () => {
      const scene = await open();
      const [member] = await joinCrew(scene, 'round_robin', [1]);
      await scene.join({ service: 'other', tasks: ['b'], rule: 'weighted' });
      await scene.join({ groups: { 't:heavy': ['c'] }, requests: ['q'], rule: 'weighted' });
      await member!.leave();
      await scene.join({ tasks: ['a'], rule: 'least_conn' });
      expect(await scene.routes('a')).toMatchObject({
        service: 'service',
        group: 't:default',
        rule: { strategy: 'least_conn', local: false },
      });
    });

    it('counts waiting tasks in every lane towards the bound of the service', async () => {
      const scene = await open();
      const options = { tasks: ['a'], own: ['b'], requests: ['q'], streamLength: 5 };
      await joinCrew(scene, 'round_robin', [1, 1], options);
      await scene.add(...tasks('a', 3), request('q'), request('q'));
      await scene.add(...tasks('b', 2));
      await expect(scene.add(task('a'))).rejects.toMatchObject(overloaded);
    });

    it('drops the oldest of all lanes where that was chosen', async () => {
      const scene = await open();
      const options = {
        tasks: ['a'],
        own: ['b'],
        streamLength: 3,
        overflow: 'drop-oldest',
      } as const;
      await joinCrew(scene, 'round_robin', [1, 1], options);
      for (const name of ['b', 'a', 'b', 'a', 'a']) {
        await scene.add(task(name, { payload: name }));
        // across streams, age is told to the millisecond
        await scene.passTime(2);
      }
      const letters = await scene.backend.deadLetters.list({ count: 9 });
      expect(texts(letters)).toEqual(['b', 'a']);
      expect(await scene.name('a')).toMatchObject({ waiting: 2 });
    });

    it('counts waiting requests in every lane', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'round_robin', [1, 1], { requests: ['q'], maxWaiting: 3 });
      await scene.add(request('q'), request('q'), request('q'));
      await expect(scene.add(request('q'))).rejects.toMatchObject(overloaded);
      expect(await crew[0]!.pollLanes('request')).not.toEqual([]);
    });

    it('refuses what does not fit of what is sent at the same time, and nothing else', async () => {
      const scene = await open();
      const bounds = { tasks: ['a'], requests: ['q'], maxWaiting: 5, streamLength: 7 };
      await joinCrew(scene, 'round_robin', [1, 1], bounds);
      const refusals = async (message: () => NewMessage, n: number) => {
        const sending = Array.from({ length: n }, async () => await scene.add(message()));
        return (await Promise.allSettled(sending)).flatMap((sent) =>
          sent.status === 'rejected' ? [(sent.reason as BrokerError).code] : [],
        );
      };
      expect(await refusals(() => request('q'), 4)).toEqual([]);
      expect(await refusals(() => request('q'), 4)).toEqual(Array(3).fill('OVERLOADED'));
      expect(await refusals(() => task('a'), 10)).toEqual(Array(3).fill('OVERLOADED'));
      expect((await scene.name('q', 'request')).waiting).toBe(5);
      expect((await scene.name('a')).waiting).toBe(7);
    });

    it('does not gate requests: their key only says where they go', async () => {
      const scene = await open();
      const [one] = await joinCrew(scene, 'consistent_hash', [1], {
        tasks: ['a'],
        requests: ['q'],
      });
      await scene.add(task('a', { key: 'k' }), request('q', { key: 'k' }));
      await scene.add(request('q', { key: 'k' }));
      expect(await one!.take(2, 'request')).toHaveLength(2);
      expect(await scene.stats()).toMatchObject({ gated: 0 });
      expect((await scene.audit()).keyHolders).toHaveLength(1);
    });
  });

  describe.each([...STRATEGIES, 'weighted@local'])('the order of a key under %s', (rule) => {
    it('is kept: one at a time, as they were accepted, whatever happens', async () => {
      const scene = await open();
      const random = new Random(3);
      const crew = await joinCrew(scene, rule, [1, 2, 3], { tasks: ['a'], own: ['b'] });
      const keys = ['k', 'l', 'm'];
      for (let i = 0; i < 8; i++) {
        const name = random.pick(['a', 'b']);
        await scene.add(...keys.map((key) => task(name, { key, payload: `${key} ${i}` })));
      }
      const done = new Map<string, string[]>(keys.map((key) => [key, []]));
      while ((await scene.stats()).counters.done < 24) {
        const consumer = random.pick(crew);
        const deliveries = await consumer.poll();
        const held = deliveries.map(({ envelope }) => envelope.key);
        expect(new Set(held).size).toBe(held.length);
        for (const delivery of deliveries) {
          const dice = random.below(5);
          if (dice === 0) await consumer.retry(delivery);
          else if (dice === 1) await consumer.forward(delivery, random.pick(crew));
          else {
            done.get(delivery.envelope.key!)?.push(...texts([delivery]));
            await consumer.done(delivery);
          }
        }
        await scene.backend.queue.setWeight(random.pick(crew).id, random.below(4));
        const taker = random.pick(crew);
        const from = random.chance(0.5)
          ? ({ share: true } as const)
          : ({ share: false, olderThan: 0, count: 2 } as const);
        await scene.backend.queue.takeOver(taker.id, 't:default', from);
      }
      for (const key of keys) {
        expect(done.get(key)).toEqual(Array.from({ length: 8 }, (_, i) => `${key} ${i}`));
      }
    });
  });
}
