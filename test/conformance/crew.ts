import { Edf } from '../../lib/balancer/index.js';
import { type Consumer, type ConsumerOptions } from './consumer.js';
import { task } from './messages.js';
import type { Scene } from './scene.js';

/** Instances of one service, one for each weight, by id. */
export async function joinCrew(
  scene: Scene,
  rule: string,
  weights: readonly number[],
  options: ConsumerOptions = { tasks: ['a'] },
): Promise<Consumer[]> {
  const crew: Consumer[] = [];
  for (const weight of weights) crew.push(await scene.join({ ...options, rule, weight }));
  return crew;
}

/** The order in which equals have their turns. */
export const byId = (consumers: readonly Consumer[]): Consumer[] =>
  consumers.toSorted((a, b) => (a.id < b.id ? -1 : 1));

/** Adds one after the other and tells to whose lane each of them went; they stay there. */
export async function placeEach(
  scene: Scene,
  names: readonly string[],
  crew: readonly Consumer[],
): Promise<(string | undefined)[]> {
  const places: (string | undefined)[] = [];
  for (const name of names) {
    const before = await scene.loads(name, ...crew);
    await scene.add(task(name));
    const after = await scene.loads(name, ...crew);
    places.push(crew.find((_, i) => after[i] !== before[i])?.id);
  }
  return places;
}

/** Who has the turns of a new cycle. */
export function turnsOf(
  crew: readonly { readonly id: string; readonly weight: number }[],
  count: number,
): (string | undefined)[] {
  const edf = new Edf();
  edf.reset(crew);
  return Array.from({ length: count }, () => edf.pick());
}

/** Takes and settles everything that lies in the lanes of the crew. */
export async function workOff(crew: readonly Consumer[]): Promise<void> {
  for (const consumer of crew) {
    for (const delivery of await consumer.pollLanes()) await consumer.done(delivery);
  }
}

export const weighed = (crew: readonly Consumer[], ...weights: readonly number[]) =>
  crew.map(({ id }, i) => ({ id, weight: weights[i] ?? 0 }));
