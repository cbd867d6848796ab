import { toAddress } from '../../../lib/message/index.js';
import { task } from '../messages.js';
import { Placement, groupOf } from './placement.js';
import type { Actor, Simulation } from './simulation.js';
import { Violation } from './violation.js';

const PATIENCE = 5_000;
const MAX_WEIGHT = 4;

/** Somebody gets another weight, or is drained. */
export async function weigh(simulation: Simulation): Promise<void> {
  const { random, backend, members, evicted } = simulation;
  await setWeight(simulation, random.pick(members), random.below(MAX_WEIGHT));
  const gone = evicted.length > 0 ? random.pick(evicted).consumer.id : 'ghost';
  if (await backend.queue.setWeight(gone, 1)) throw new Violation(`${gone} got a weight`);
}

async function setWeight({ backend }: Simulation, actor: Actor, weight: number): Promise<void> {
  const { id } = actor.consumer;
  if (!(await backend.queue.setWeight(id, weight))) throw new Violation(`${id} got no weight`);
  actor.weight = weight;
}

/** A member that is not sure of its membership repairs it; its weight stays. */
export async function rejoin(simulation: Simulation): Promise<void> {
  const actor = simulation.random.pick(simulation.workers);
  const { status, weight, now } = await actor.consumer.join();
  const { id } = actor.consumer;
  if (status !== 'alive') throw new Violation(`${id} joined, but is ${status}`);
  if (weight !== actor.weight) throw new Violation(`${id} weighs ${weight}, not ${actor.weight}`);
  actor.aliveUntil = now + actor.consumer.member.ttl;
}

/** A weight changes, which begins a new cycle: the next cycle of messages gives everybody exactly its weight. */
export async function cycle(simulation: Simulation): Promise<void> {
  const { random, rule, ledger, backend } = simulation;
  if (rule.local || (rule.strategy !== 'round_robin' && rule.strategy !== 'weighted')) return;
  const name = random.pick(['a', 'b']);
  const placement = new Placement(simulation);
  const changed = random.pick(
    simulation.workers.filter(({ consumer }) => groupOf(consumer.member, 't:a')),
  );
  await setWeight(simulation, changed, (changed.weight % MAX_WEIGHT) + 1);
  const takers = placement.takers(toAddress('task', name));
  const shares = takers.map(({ weight }) => (rule.strategy === 'round_robin' ? 1 : weight));
  const messages = Array.from({ length: shares.reduce((sum, share) => sum + share, 0) }, () =>
    task(name, { unique: simulation.newUnique() }),
  );
  const before = (await placement.loads()).get('t:default');
  for (let at = 0; at < messages.length;) {
    const group = messages.slice(at, at + 1 + random.below(4));
    await backend.queue.add(group, PATIENCE);
    for (const message of group) ledger.accepted(message);
    at += group.length;
  }
  const after = (await placement.loads()).get('t:default');
  for (const [i, { consumer }] of takers.entries()) {
    const count = (after?.get(consumer.id) ?? 0) - (before?.get(consumer.id) ?? 0);
    if (count === shares[i]) continue;
    throw new Violation(`${consumer.id} got ${count} of a cycle, not ${shares[i]}`);
  }
}
