import type {
  CancelResult,
  Delivery,
  Lease,
  NewMessage,
  Settlement,
  Verdict,
} from '../../../lib/backend/index.js';
import { Violation } from './violation.js';

type Status = 'waiting' | 'held' | 'done' | 'dead' | 'cancelled' | 'expired' | 'answered lost';

/** What the model knows of one accepted message. */
export interface Tracked {
  readonly message: NewMessage;
  /** Position among the immediate messages of its key; a delayed one has none. */
  ticket: number | undefined;
  status: Status;
  attempts: number;
  lost: number;
  /** On the backend's clock. */
  notBefore: number;
  holder: string | undefined;
  /** Whether its holder got it from a lane. */
  routed: boolean;
  /** Whether it says that it was forwarded; `undefined`: a dead letter may have forgotten it. */
  forwarded: boolean | undefined;
  lease: Lease | undefined;
}

const OVER: readonly Status[] = ['done', 'dead', 'cancelled', 'expired', 'answered lost'];
const isOver = ({ status }: Tracked): boolean => OVER.includes(status);

/** What was accepted and what must have become of it; everything the backend says is held against it. */
export class Ledger {
  readonly #messages = new Map<string, Tracked>();
  /** By key: the message that has started and is not over. */
  readonly #owners = new Map<string, Tracked>();
  #tickets = 0;

  get all(): readonly Tracked[] {
    return [...this.#messages.values()];
  }

  /** Messages that are not over. */
  get open(): readonly Tracked[] {
    return this.all.filter((tracked) => !isOver(tracked));
  }

  count(status: Status): number {
    return this.all.filter((tracked) => tracked.status === status).length;
  }

  accepted(message: NewMessage): void {
    const { unique } = message.envelope;
    const isDelayed = (message.delay ?? 0) > 0;
    this.#messages.set(unique, {
      message,
      ticket: isDelayed ? undefined : this.#tickets++,
      status: 'waiting',
      attempts: 0,
      lost: 0,
      notBefore: 0,
      holder: undefined,
      routed: false,
      forwarded: false,
      lease: undefined,
    });
  }

  delivered(consumer: string, delivery: Delivery, now: number): void {
    const { unique, attempts = 0, lost = 0, enqueuedAt = 0, forwarded = false } = delivery.envelope;
    const tracked = this.find(unique);
    check(
      tracked.status === 'waiting',
      `${unique} was handed to ${consumer} though it is ${tracked.status} (${tracked.holder})`,
    );
    check(
      attempts === tracked.attempts,
      `${unique} says ${attempts} attempts, not ${tracked.attempts}`,
    );
    check(lost === tracked.lost, `${unique} says ${lost} lost deliveries, not ${tracked.lost}`);
    check(
      forwarded === (tracked.forwarded ?? forwarded),
      `${unique} says ${forwarded ? 'that' : 'not that'} it was forwarded`,
    );
    const due = Math.max(tracked.notBefore, enqueuedAt + (tracked.message.delay ?? 0));
    check(due <= now, `${unique} came ${due - now} ms early`);
    this.#checkKey(tracked);
    const { lease, routed } = delivery;
    Object.assign(tracked, { status: 'held', holder: consumer, lease, routed, forwarded });
  }

  settled(
    consumer: string,
    delivery: Delivery,
    outcome: { readonly verdict: Verdict; readonly settlement: Settlement; readonly now: number },
  ): void {
    const { unique } = delivery.envelope;
    const tracked = this.find(unique);
    const { verdict, settlement, now } = outcome;
    const expected = this.#isHolder(tracked, consumer, delivery.lease) ? 'settled' : 'stale';
    check(
      settlement === expected,
      `${verdict.type} of ${unique} by ${consumer} was ${settlement}, not ${expected}`,
    );
    if (settlement === 'settled') this.#apply(tracked, verdict, now);
  }

  /** The consumer is no member any more. */
  evicted(
    consumer: string,
    options: { readonly leaving: boolean; readonly lostLimit: number },
  ): void {
    for (const tracked of this.heldBy(consumer)) {
      if (tracked.message.envelope.address.startsWith('r:')) {
        this.#end(tracked, 'answered lost');
        continue;
      }
      if (!options.leaving) tracked.lost++;
      if (!options.leaving && tracked.lost >= options.lostLimit) this.#end(tracked, 'dead');
      else tracked.status = 'waiting';
    }
  }

  cancelled(unique: string, result: CancelResult): void {
    const tracked = this.find(unique);
    const expected = isOver(tracked)
      ? 'unknown'
      : tracked.status === 'held'
        ? 'signalled'
        : 'removed';
    check(
      result === expected,
      `cancel of ${unique}, which is ${tracked.status}: ${result}, not ${expected}`,
    );
    if (result === 'removed') this.#end(tracked, 'cancelled');
  }

  replayed(unique: string): void {
    const tracked = this.find(unique);
    check(tracked.status === 'dead', `${unique} was replayed though it is ${tracked.status}`);
    const ticket = this.#tickets++;
    const forwarded = undefined;
    Object.assign(tracked, { status: 'waiting', attempts: 0, lost: 0, ticket, forwarded });
  }

  heldBy(consumer: string): readonly Tracked[] {
    return this.all.filter(({ status, holder }) => status === 'held' && holder === consumer);
  }

  find(unique: string): Tracked {
    const tracked = this.#messages.get(unique);
    if (tracked === undefined) throw new Violation(`${unique} was never accepted`);
    return tracked;
  }

  #isHolder(tracked: Tracked, consumer: string, lease: Lease): boolean {
    const { status, holder, lease: current } = tracked;
    const isCurrent = current?.token === lease.token && current.source === lease.source;
    return status === 'held' && holder === consumer && isCurrent;
  }

  #checkKey(tracked: Tracked): void {
    const { unique } = tracked.message.envelope;
    const key = keyOf(tracked);
    if (key === undefined) return;
    const owner = this.#owners.get(key);
    const name = owner?.message.envelope.unique;
    check(
      owner === undefined || owner === tracked,
      `${unique} started while ${name} holds key ${key}`,
    );
    const earlier = this.open.find((other) => keyOf(other) === key && before(other, tracked));
    check(
      earlier === undefined,
      `${unique} overtook ${earlier?.message.envelope.unique} of key ${key}`,
    );
    this.#owners.set(key, tracked);
  }

  #apply(tracked: Tracked, verdict: Verdict, now: number): void {
    switch (verdict.type) {
      case 'done':
        return this.#end(tracked, 'done');
      case 'expired':
        return this.#end(tracked, 'expired');
      case 'dead':
        tracked.attempts++;
        return this.#end(tracked, 'dead');
      case 'retry':
        if (verdict.counts) tracked.attempts++;
        tracked.notBefore = now + verdict.delay;
        tracked.status = 'waiting';
        tracked.forwarded = false;
        return;
      case 'forward':
        tracked.forwarded = true;
        tracked.status = 'waiting';
        return;
      case 'release':
        tracked.status = 'waiting';
    }
  }

  #end(tracked: Tracked, status: Status): void {
    const key = keyOf(tracked);
    tracked.status = status;
    if (key !== undefined && this.#owners.get(key) === tracked) this.#owners.delete(key);
  }
}

/** The key it takes its turn by: that of a request only says where it goes. */
const keyOf = ({ message: { envelope } }: Tracked): string | undefined =>
  envelope.address.startsWith('t:') ? envelope.key : undefined;

const before = (a: Tracked, b: Tracked): boolean =>
  a !== b && a.ticket !== undefined && b.ticket !== undefined && a.ticket < b.ticket;

function check(holds: boolean, complaint: string): void {
  if (!holds) throw new Violation(complaint);
}
