import { describe, expect, it } from 'vitest';
import { joinCrew, placeEach } from './crew.js';
import { task, tasks } from './messages.js';
import { type OpenScene, texts } from './scene.js';

export function describeRoutingWeights(open: OpenScene): void {
  describe('weights', () => {
    it('are those the members join with, and change while they run', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const consumer = await scene.join({ tasks: ['a'], weight: 3 });
      expect((await consumer.beat()).weight).toBe(3);
      expect(await queue.setWeight(consumer.id, 7)).toBe(true);
      expect((await consumer.beat()).weight).toBe(7);
      expect(await queue.setWeight(consumer.id, 0)).toBe(true);
      expect((await consumer.beat()).weight).toBe(0);
    });

    it('are kept when a member joins again, and forgotten when it has left', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const consumer = await scene.join({ tasks: ['a'], weight: 3 });
      await queue.setWeight(consumer.id, 7);
      expect((await consumer.join()).weight).toBe(7);
      expect((await consumer.beat()).weight).toBe(7);
      await consumer.leave();
      expect(await queue.setWeight(consumer.id, 5)).toBe(false);
      expect(await queue.setWeight('ghost', 5)).toBe(false);
      expect((await scene.consumer({ tasks: ['a'], weight: 2 }).join()).weight).toBe(2);
    });

    it('are announced with everything that happens to members', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const control = await scene.control();
      const consumer = await scene.join({ tasks: ['a'], weight: 3, ttl: 60 });
      const { epoch } = await scene.routes('a');
      const says = { type: 'members', consumer: consumer.id };
      expect(await control.next()).toEqual({ ...says, epoch, change: 'joined', weight: 3 });
      await queue.setWeight(consumer.id, 5);
      const changed = { ...says, epoch: epoch + 1, change: 'weight', weight: 5 };
      expect(await control.next()).toEqual(changed);
      await consumer.join();
      await scene.bury(consumer);
      expect(await control.next()).toMatchObject({ ...says, change: 'evicted', weight: 0 });
      const leaving = await scene.join({ tasks: ['a'] });
      await leaving.leave();
      await control.next();
      const left = { type: 'members', consumer: leaving.id, change: 'left', weight: 0 };
      expect(await control.next()).toMatchObject(left);
      const epochs = control.all.map((message) => (message as { epoch: number }).epoch);
      expect(epochs).toEqual(epochs.toSorted((a, b) => a - b));
      expect(new Set(epochs).size).toBe(epochs.length);
    });

    it('that stay as they are change nothing', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'weighted', [1, 2]);
      const control = await scene.control();
      const { epoch } = await scene.routes('a');
      const turns = await placeEach(scene, ['a', 'a', 'a'], crew);
      const [first] = await placeEach(scene, ['a'], crew);
      expect(await scene.backend.queue.setWeight(crew[0]!.id, 1)).toBe(true);
      const rest = await placeEach(scene, ['a', 'a'], crew);
      expect([first, ...rest]).toEqual(turns);
      expect((await scene.routes('a')).epoch).toBe(epoch);
      await scene.site.calm();
      expect(control.all).toEqual([]);
    });

    it('of a member that does not handle a name leave its routes alone', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'round_robin', [1]);
      await joinCrew(scene, 'round_robin', [4], { tasks: ['b'] });
      expect(await placeEach(scene, ['a', 'a'], crew)).toEqual([crew[0]!.id, crew[0]!.id]);
    });
  });

  describe('a drained member', () => {
    it('still gets what lies in its lane, and nothing else', async () => {
      const scene = await open();
      const [consumer] = await joinCrew(scene, 'round_robin', [1]);
      await scene.add(...tasks('a', 2));
      await scene.backend.queue.setWeight(consumer!.id, 0);
      await scene.add(task('a', { payload: 'shared' }));
      const taken = await consumer!.pollLanes();
      expect(texts(taken)).toEqual(['0', '1']);
      await consumer!.release(taken[0]!);
      expect(await consumer!.done(taken[1]!)).toBe('settled');
      expect(await consumer!.pollLanes()).toEqual([]);
      expect((await scene.name('a')).waiting).toBe(2);
    });

    it('waits at its lanes only', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      const fetching = consumer.reader().fetch(5, consumer.wants(), true);
      await scene.site.calm();
      await scene.add(task('a', { payload: 'shared' }));
      await scene.site.calm();
      await scene.add(task('a', { payload: 'routed', target: consumer.id }));
      expect(texts((await fetching).deliveries)).toEqual(['routed']);
    });

    it('keeps what it holds', async () => {
      const scene = await open();
      const consumer = await scene.join({ tasks: ['a'] });
      await scene.add(task('a'));
      const held = await consumer.takeOne();
      await scene.backend.queue.setWeight(consumer.id, 0);
      expect((await consumer.beat([held])).lost).toEqual([]);
      expect(await consumer.done(held)).toBe('settled');
    });

    it('gets its share again from the next message on', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'weighted', [1, 0]);
      await scene.add(...tasks('a', 4));
      await scene.backend.queue.setWeight(crew[1]!.id, 3);
      await scene.add(...tasks('a', 4));
      expect(await scene.loads('a', ...crew)).toEqual([5, 3]);
    });
  });

  describe('routes', () => {
    it('tell who can be sent messages of a name, by id', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'weighted', [1, 2, 0], { tasks: ['a'], requests: ['q'] });
      await joinCrew(scene, 'weighted', [5], { tasks: ['b'] });
      await scene.add(...tasks('a', 3));
      await crew[0]!.pollLanes();
      const { epoch } = await scene.routes('b');
      const consumers = crew.slice(0, 2).map(({ id }, i) => ({
        id,
        instanceName: 'service-instance',
        weight: i + 1,
        load: i + 1,
      }));
      expect(await scene.routes('a')).toEqual({
        epoch,
        service: 'service',
        group: 't:default',
        rule: { strategy: 'weighted', local: false },
        consumers: consumers.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      });
      expect(await scene.routes('q', 'request')).toMatchObject({ group: 'r:default' });
    });

    it.each(['competing', 'least_conn@local', 'custom:mine@local'])(
      'are known where %s is followed',
      async (rule) => {
        const scene = await open();
        const [consumer] = await joinCrew(scene, rule, [1]);
        const routes = await scene.routes('a');
        const strategy = rule.replace('@local', '');
        expect(routes.rule).toEqual({ strategy, local: rule !== strategy });
        expect(routes.consumers.map(({ id }) => id)).toEqual([consumer!.id]);
      },
    );

    it('are unknown for what nobody handles', async () => {
      const scene = await open();
      expect(await scene.backend.queue.routes('t:a')).toBeUndefined();
      await scene.join({ tasks: ['b'] });
      expect(await scene.backend.queue.routes('t:a')).toBeUndefined();
      expect(await scene.backend.queue.routes('r:b')).toBeUndefined();
    });

    it('have an epoch that every change of members raises', async () => {
      const scene = await open();
      const epochs: number[] = [];
      const look = async () => void epochs.push((await scene.routes('a')).epoch);
      await scene.join({ tasks: ['a'] });
      await look();
      const second = await scene.join({ tasks: ['b'] });
      await look();
      await scene.backend.queue.setWeight(second.id, 4);
      await look();
      await second.leave();
      await look();
      expect(epochs.map((epoch) => epoch - epochs[0]!)).toEqual([0, 1, 2, 3]);
    });
  });
}
