import { describe, expect, it } from 'vitest';
import type { Consumer } from './consumer.js';
import { joinCrew, workOff } from './crew.js';
import { task, tasks } from './messages.js';
import { type OpenScene, type Scene, texts } from './scene.js';

/** So many that a batch for all of them reads their weights at once. */
const CREW = 12;
const WEIGHTS = Array.from({ length: CREW }, (_, i) => i + 1);

/** How many more each of the crew got when one cycle of the weights was added in one step. */
async function addCycle(
  scene: Scene,
  crew: readonly Consumer[],
  weights: readonly number[],
): Promise<number[]> {
  const before = await scene.loads('a', ...crew);
  await scene.add(
    ...tasks(
      'a',
      weights.reduce((a, b) => a + b),
    ),
  );
  const after = await scene.loads('a', ...crew);
  return after.map((load, i) => (load ?? 0) - (before[i] ?? 0));
}

/** Sends proposals of these, and one of whom can take it, in one step; tells which were not followed. */
async function follows(scene: Scene, refused: string[], able: Consumer): Promise<boolean[]> {
  const { epoch } = await scene.routes('a');
  const proposed = [...refused, able.id].map((consumer) =>
    task('a', { proposal: { consumer, epoch }, payload: consumer }),
  );
  const rest = tasks('a', CREW).map((message) => ({
    ...message,
    proposal: proposed[0]!.proposal!,
  }));
  const added = await scene.add(...proposed, ...rest);
  expect(texts(await able.pollLanes())).toContain(able.id);
  return proposed.map((_, i) => added[i]?.unrouted === true);
}

export function describeRoutingMany(open: OpenScene): void {
  describe('routing over many members', () => {
    it('weighted: a cycle in one step is exact, and the next after a change of weights, a drain, a leave and a join', async () => {
      const scene = await open();
      const { queue } = scene.backend;
      const crew = await joinCrew(scene, 'weighted', WEIGHTS);
      const weights = [...WEIGHTS];
      expect(await addCycle(scene, crew, weights)).toEqual(weights);

      weights[3] = 20;
      await queue.setWeight(crew[3]!.id, 20);
      expect(await addCycle(scene, crew, weights)).toEqual(weights);

      await queue.setWeight(crew[5]!.id, 0);
      await crew[11]!.pollLanes();
      await crew[11]!.leave();
      const left = crew.filter((_, i) => i !== 5 && i !== 11);
      const shares = weights.filter((_, i) => i !== 5 && i !== 11);
      expect(await addCycle(scene, left, shares)).toEqual(shares);

      const [joiner] = await joinCrew(scene, 'weighted', [7]);
      const more = [...shares, 7];
      expect(await addCycle(scene, [...left, joiner!], more)).toEqual(more);
    });

    it('least_conn: a batch fills everybody to the same load for its weight', async () => {
      const scene = await open();
      const crew = await joinCrew(scene, 'least_conn', WEIGHTS);
      await addCycle(scene, crew, WEIGHTS);
      expect(await scene.loads('a', ...crew)).toEqual(WEIGHTS);
      await workOff([crew[11]!]);
      await scene.add(...tasks('a', 12));
      expect(await scene.loads('a', ...crew)).toEqual(WEIGHTS);
    });

    it.each(['least_conn@local', 'consistent_hash'])(
      '%s: follows only proposals of those who can take it',
      async (rule) => {
        const scene = await open();
        const crew = await joinCrew(scene, rule, WEIGHTS);
        const [drained, gone, able] = [crew[0]!, crew[1]!, crew[2]!];
        await scene.backend.queue.setWeight(drained.id, 0);
        await gone.leave();
        const refused = [drained.id, gone.id, 'ghost'];
        expect(await follows(scene, refused, able)).toEqual([true, true, true, false]);
        // from now on not everybody of the group handles the name
        const [unable] = await joinCrew(scene, rule, [3], { tasks: ['b'] });
        refused.push(unable!.id);
        expect(await follows(scene, refused, able)).toEqual([true, true, true, true, false]);
        for (const one of [drained, unable!]) expect(await one.pollLanes()).toEqual([]);
      },
    );
  });
}
