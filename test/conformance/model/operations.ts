import type { Delivery, NewMessage, Verdict } from '../../../lib/backend/index.js';
import { FRAME, encodeFrame } from '../../../lib/codec/index.js';
import { type MessageParts, idOf, request, task } from '../messages.js';
import { Placement, type Placed, mayBeParked } from './placement.js';
import { cycle, rejoin, weigh } from './routing-operations.js';
import { type Actor, NAMES, type Simulation } from './simulation.js';
import { takeOver } from './take-over.js';
import { Violation } from './violation.js';

const PATIENCE = 5_000;
const WINDOW = 600_000;
/** How often the model looks where exactly a message was placed. */
const LOOKS = 0.5;

async function add(simulation: Simulation): Promise<void> {
  const { random } = simulation;
  const group: NewMessage[] = [];
  for (let count = 1 + random.below(5); count > 0; count--) {
    group.push(await propose(simulation, newMessage(simulation)));
  }
  const placement = new Placement(simulation);
  const epoch = await placement.epoch();
  const loads = random.chance(LOOKS) ? await placement.loads() : undefined;
  const added = await simulation.backend.queue.add(group, PATIENCE);
  if (added.some(({ duplicate }) => duplicate)) throw new Violation('a new message is a duplicate');
  for (const message of group) simulation.ledger.accepted(message);
  if (loads !== undefined) await placement.check(group, loads);
  for (const [i, message] of group.entries()) {
    const { unrouted } = added[i] ?? {};
    const isToBeTold =
      placement.isOpenToProposals(message) && !placement.isFollowed(message, epoch);
    checkUnrouted(message, unrouted, isToBeTold);
  }
  if (random.chance(0.3)) await resend(simulation, group);
}

function newMessage(simulation: Simulation): NewMessage {
  const { random, replyTo } = simulation;
  if (random.chance(0.1)) {
    const key = random.chance(0.3) ? { key: `one ${random.below(4)}` } : {};
    return request(random.pick(NAMES.requests), {
      unique: simulation.newUnique(),
      replyTo,
      ...key,
      ...target(simulation),
    });
  }
  const service = random.pick(['one', 'one', 'two'] as const);
  const message = task(random.pick(NAMES[service]), {
    unique: simulation.newUnique(),
    ...(random.chance(0.5) ? { key: `${service} ${random.below(4)}` } : {}),
    ...(random.chance(0.15) ? { delay: 1 + random.below(simulation.longestDelay) } : {}),
    ...target(simulation),
  });
  const { unique: id } = message.envelope;
  return random.chance(0.5) ? { ...message, dedupe: { id, window: WINDOW } } : message;
}

function target({ random, live }: Simulation): MessageParts {
  if (live.length === 0 || !random.chance(0.4)) return {};
  return { target: random.chance(0.1) ? 'ghost' : random.pick(live).consumer.id };
}

/** Senders propose what they know: where it counts an owner, else anybody; some know nothing, or what was. */
async function propose(simulation: Simulation, message: NewMessage): Promise<NewMessage> {
  const { random, rule, everybody } = simulation;
  if (random.chance(0.4)) return message;
  const placement = new Placement(simulation);
  const epoch = await placement.epoch();
  const anybody = random.chance(0.1) ? 'ghost' : random.pick(everybody).consumer.id;
  if (rule.strategy !== 'consistent_hash' || random.chance(0.3)) {
    return { ...message, proposal: { consumer: anybody, epoch: epoch - 1 } };
  }
  const owner = placement.owner(message.envelope);
  return owner === undefined ? message : { ...message, proposal: { consumer: owner, epoch } };
}

/** A sender is told to look again if its proposal was missing or not followed, and nothing else is the reason. */
function checkUnrouted(message: NewMessage, unrouted: true | undefined, isToBeTold: boolean): void {
  const isParked = unrouted === undefined && mayBeParked(message);
  if (isParked || (unrouted ?? false) === isToBeTold) return;
  throw new Violation(`${message.envelope.unique} is unrouted: ${unrouted}, not ${isToBeTold}`);
}

/** The reply to the add was lost, and the sender says it all again with its dedupe ids. */
async function resend(simulation: Simulation, group: readonly NewMessage[]): Promise<void> {
  const again = group
    .filter(({ dedupe }) => dedupe !== undefined)
    .map((message) => ({
      ...message,
      envelope: { ...message.envelope, unique: `${message.envelope.unique}-again` },
    }));
  if (again.length === 0) return;
  for (const { unique, duplicate } of await simulation.backend.queue.add(again, PATIENCE)) {
    if (!duplicate || unique.endsWith('-again'))
      throw new Violation(`${unique} was accepted twice`);
  }
}

async function fetch(simulation: Simulation): Promise<void> {
  const { random, ledger } = simulation;
  const actor = random.pick(simulation.workers);
  const kind =
    actor.consumer.wants('request').length > 0 && random.chance(0.2) ? 'request' : 'task';
  const deliveries = await actor.consumer.poll(kind, 1 + random.below(5));
  const now = await simulation.now();
  for (const delivery of deliveries) ledger.delivered(actor.consumer.id, delivery, now);
  const isReplyLost = simulation.live.includes(actor) && random.chance(0.05);
  if (!isReplyLost) actor.held.push(...deliveries);
}

async function settle(simulation: Simulation): Promise<void> {
  const { random } = simulation;
  const actor = random.pick(simulation.workers);
  const deliveries = random.some(actor.held);
  actor.held = actor.held.filter((delivery) => !deliveries.includes(delivery));
  await settleAll(simulation, actor, deliveries);
  if (random.chance(0.2)) await settleAll(simulation, actor, deliveries);
}

/** One that stopped too long comes back and goes on as if nothing had happened. */
async function settleAsZombie(simulation: Simulation): Promise<void> {
  const zombies = [...simulation.crashed, ...simulation.evicted];
  if (zombies.length === 0) return;
  const zombie = simulation.random.pick(zombies);
  await settleAll(simulation, zombie, zombie.held);
  if (simulation.crashed.includes(zombie)) zombie.held = [];
}

async function settleAll(
  simulation: Simulation,
  { consumer }: Actor,
  deliveries: readonly Delivery[],
): Promise<void> {
  const now = await simulation.now();
  const placement = new Placement(simulation);
  const placed: Placed[] = [];
  for (const delivery of deliveries) {
    const verdict = verdictOn(simulation, consumer.id, delivery);
    const settlement = await consumer.settle(delivery, verdict);
    simulation.ledger.settled(consumer.id, delivery, { verdict, settlement, now });
    if (settlement === 'settled') placed.push(...placedBy(placement, delivery, verdict));
  }
  if (placed.length > 0 && simulation.random.chance(LOOKS)) await placement.check(placed);
}

/** What a verdict places again at once; a forwarded message lies with whom it was forwarded to, if that one can take it. */
function placedBy(placement: Placement, { envelope }: Delivery, verdict: Verdict): Placed[] {
  if (verdict.type === 'forward') {
    const forwarded = { ...envelope, target: verdict.consumer };
    return [{ envelope: placement.isPinned(forwarded) ? forwarded : envelope }];
  }
  const isPlaced = verdict.type === 'release' || (verdict.type === 'retry' && verdict.delay === 0);
  return isPlaced ? [{ envelope }] : [];
}

function verdictOn(simulation: Simulation, consumer: string, { envelope }: Delivery): Verdict {
  const { random, replyTo, everybody, longestDelay } = simulation;
  const forward = { type: 'forward', consumer: random.pick(everybody).consumer.id } as const;
  if (envelope.address.startsWith('r:')) {
    const frame = encodeFrame(envelope.unique, 0, FRAME.last, '');
    const done = { type: 'done', reply: { channel: replyTo, frame } } as const;
    return random.pick<Verdict>([done, done, { type: 'release' }, { type: 'expired' }, forward]);
  }
  const delay = random.chance(0.3) ? 0 : random.below(longestDelay);
  const error = { name: 'Error', message: 'the model wants it so' };
  return random.pick<Verdict>([
    { type: 'done' },
    { type: 'done' },
    { type: 'done' },
    { type: 'done' },
    { type: 'retry', delay, counts: true },
    { type: 'retry', delay, counts: false },
    { type: 'dead', reason: 'failed', error, consumer },
    { type: 'release' },
    forward,
  ]);
}

async function crash({ live, crashed, random }: Simulation): Promise<void> {
  if (live.length > 1) crashed.push(...live.splice(random.below(live.length), 1));
}

async function leave(simulation: Simulation): Promise<void> {
  const { live, random } = simulation;
  if (live.length > 1) await simulation.evict(random.pick(live), true);
}

async function evict(simulation: Simulation): Promise<void> {
  const candidates = [...simulation.live, ...simulation.crashed];
  if (candidates.length > 0) await simulation.evict(simulation.random.pick(candidates), false);
}

/** Everybody beats who still can; who learns of members whose time is over evicts them. */
async function beat(simulation: Simulation): Promise<void> {
  for (const actor of simulation.workers) await simulation.beat(actor);
  const { expired } = await simulation.workers[0]!.consumer.beat();
  for (const id of expired) {
    const actor = simulation.crashed.find(({ consumer }) => consumer.id === id);
    if (actor !== undefined) await simulation.evict(actor, false);
  }
}

async function promote(simulation: Simulation): Promise<void> {
  await simulation.backend.queue.promote();
}

async function reclaim(simulation: Simulation): Promise<void> {
  const count = await simulation.backend.queue.reclaim(100);
  if (count > 0) throw new Violation(`${count} messages were held by nobody`);
}

async function cancel({ ledger, random, backend }: Simulation): Promise<void> {
  const open = random.chance(0.8) ? ledger.open : ledger.all;
  if (open.length === 0) return;
  const { message } = random.pick(open);
  ledger.cancelled(message.envelope.unique, await backend.queue.cancel(idOf(message)));
}

async function replay({ ledger, random, backend }: Simulation): Promise<void> {
  const letters = await backend.deadLetters.list({ count: 100 });
  if (letters.length === 0) return;
  const { entry, envelope } = random.pick(letters);
  const count = await backend.deadLetters.replay([entry]);
  if (count !== 1) throw new Violation(`${count} dead letters were replayed`);
  ledger.replayed(envelope.unique);
}

/** What may happen, and how often it does. */
export const OPERATIONS = [
  { name: 'add', weight: 28, run: add },
  { name: 'fetch', weight: 36, run: fetch },
  { name: 'settle', weight: 24, run: settle },
  { name: 'settle as a zombie', weight: 3, run: settleAsZombie },
  { name: 'crash', weight: 3, run: crash },
  { name: 'join', weight: 4, run: (simulation: Simulation) => simulation.join() },
  { name: 'leave', weight: 2, run: leave },
  { name: 'evict', weight: 2, run: evict },
  { name: 'beat', weight: 5, run: beat },
  { name: 'promote', weight: 7, run: promote },
  { name: 'reclaim', weight: 1, run: reclaim },
  { name: 'cancel', weight: 3, run: cancel },
  { name: 'replay', weight: 2, run: replay },
  { name: 'weigh', weight: 3, run: weigh },
  { name: 'rejoin', weight: 1, run: rejoin },
  { name: 'cycle', weight: 2, run: cycle },
  { name: 'take over', weight: 6, run: takeOver },
] as const;
