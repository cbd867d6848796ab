import { FRAME } from '../../../lib/codec/index.js';
import type { Site } from '../../support/site.js';
import { OPERATIONS } from './operations.js';
import { Placement } from './placement.js';
import { Simulation } from './simulation.js';
import { Violation } from './violation.js';

export interface ModelRun {
  readonly seed: number;
  readonly operations: number;
  /** At most this many milliseconds pass between two operations. */
  readonly pace: number;
  /** What every group follows, as `formatRule` writes it; default `competing`. */
  readonly rule?: string;
  /** Milliseconds, of new messages and of retries. Default 200. */
  readonly longestDelay?: number | undefined;
}

/** What came of a run that found nothing wrong. */
export interface ModelReport {
  readonly accepted: number;
  readonly done: number;
  readonly dead: number;
  readonly cancelled: number;
}

const AUDIT_EVERY = 100;
/** Rounds of the final clean-up without any progress after which something is stuck. */
const PATIENCE = 40;
const TOTAL_WEIGHT = OPERATIONS.reduce((sum, { weight }) => sum + weight, 0);

/**
 * Does random things to a backend and holds everything it says against what it promised: conservation, one holder,
 * order and exclusivity of keys, attempts, due times, stale results. A wrong one is a {@link Violation}.
 */
export async function runModel(site: Site, run: ModelRun): Promise<ModelReport> {
  let step = 'start';
  try {
    const { seed, rule = 'competing', longestDelay } = run;
    const simulation = await Simulation.start(site, { seed, rule, longestDelay });
    for (let i = 1; i <= run.operations; i++) {
      const operation = pickOperation(simulation);
      step = `operation ${i} (${operation.name})`;
      await operation.run(simulation);
      await site.passTime(simulation.random.below(run.pace));
      if (i % AUDIT_EVERY === 0) await audit(simulation);
    }
    step = 'the end';
    return await finish(simulation);
  } catch (error) {
    const Kind = error instanceof Violation ? Violation : Error;
    throw new Kind(
      `${run.rule ?? 'competing'}, seed ${run.seed}, ${step}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function pickOperation({ random }: Simulation): (typeof OPERATIONS)[number] {
  let at = random.below(TOTAL_WEIGHT);
  const picked = OPERATIONS.find(({ weight }) => (at -= weight) < 0);
  return picked ?? OPERATIONS[0];
}

/** Every accepted message lies in exactly one place or is over; every held key belongs to one that is not. */
async function audit(simulation: Simulation): Promise<void> {
  const { ledger, site } = simulation;
  const { places, keyHolders } = await site.audit();
  const uniques = new Set(ledger.all.map(({ message }) => message.envelope.unique));
  for (const unique of places.keys()) {
    if (!uniques.has(unique)) throw new Violation(`${unique} is stored, but was never accepted`);
  }
  for (const { message, status } of ledger.all) {
    const found = places.get(message.envelope.unique) ?? [];
    const expected = ['waiting', 'held', 'dead'].includes(status) ? 1 : 0;
    if (found.length !== expected) {
      throw new Violation(`${message.envelope.unique}, ${status}, lies in [${found.join(', ')}]`);
    }
  }
  const open = new Set(ledger.open.map(({ message }) => message.envelope.unique));
  for (const unique of keyHolders) {
    if (!open.has(unique)) throw new Violation(`${unique} holds a key though it is over`);
  }
  await new Placement(simulation).checkDepartures();
}

/** Everybody else dies, the last two work off what is left: everything must end, and nothing may be left over. */
async function finish(simulation: Simulation): Promise<ModelReport> {
  const { ledger } = simulation;
  await simulation.evictAll();
  await audit(simulation);
  await drain(simulation);
  await simulation.end();
  await audit(simulation);
  await checkLeftovers(simulation);
  checkOutcomes(simulation);
  return {
    accepted: ledger.all.length,
    done: ledger.count('done'),
    dead: ledger.count('dead'),
    cancelled: ledger.count('cancelled'),
  };
}

async function drain(simulation: Simulation): Promise<void> {
  const { ledger, site } = simulation;
  for (let idle = 0; ledger.open.length > 0; idle++) {
    if (idle > PATIENCE) {
      const stuck = ledger.open.map(
        ({ message, status }) => `${message.envelope.unique} (${status})`,
      );
      throw new Violation(`these never came: ${stuck.join(', ')}`);
    }
    await simulation.backend.queue.promote();
    for (const actor of simulation.workers) {
      if (await work(simulation, actor)) idle = 0;
    }
    await site.passTime(20);
  }
}

async function work(simulation: Simulation, actor: Simulation['live'][number]): Promise<boolean> {
  const { ledger } = simulation;
  const { consumer } = actor;
  const now = await simulation.now();
  const kinds = ['task', 'request'] as const;
  for (const kind of kinds.filter((one) => consumer.wants(one).length > 0)) {
    const deliveries = await consumer.poll(kind);
    const after = await simulation.now();
    for (const delivery of deliveries) ledger.delivered(consumer.id, delivery, after);
    actor.held.push(...deliveries);
  }
  const work = actor.held.splice(0);
  for (const delivery of work) {
    const isRequest = delivery.envelope.address.startsWith('r:');
    const verdict = { type: isRequest ? 'expired' : 'done' } as const;
    const settlement = await consumer.settle(delivery, verdict);
    ledger.settled(consumer.id, delivery, { verdict, settlement, now });
  }
  return work.length > 0;
}

async function checkLeftovers({ site }: Simulation): Promise<void> {
  const { leftovers, keyHolders } = await site.audit();
  const left = [...leftovers, ...keyHolders.map((unique) => `the key of ${unique}`)];
  if (left.length > 0) throw new Violation(`left over: ${left.join(', ')}`);
}

/** A request has one outcome at its caller, or none if it came too late. */
function checkOutcomes({ ledger, outcomes }: Simulation): void {
  for (const { message, status } of ledger.all) {
    const { unique, address } = message.envelope;
    if (!address.startsWith('r:')) continue;
    const { last, error } = FRAME;
    const kind = { done: last, 'answered lost': error, cancelled: error }[status as string];
    const expected = kind === undefined ? [] : [kind];
    const found = outcomes.get(unique) ?? [];
    if (String(found) !== String(expected)) {
      throw new Violation(`the request ${unique}, ${status}, was answered [${found.join(', ')}]`);
    }
  }
}
