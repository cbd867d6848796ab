import { randomBytes } from 'node:crypto';
import {
  BackendUnavailableError,
  type BrokerError,
  ClosedError,
  NoHandlerError,
  NotReplicatedError,
  OverloadedError,
} from '../../errors/index.js';
import { addressKind, addressName } from '../../message/index.js';
import type { Address } from '../../message/index.js';
import type { Added, NewMessage } from '../index.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';
import { Outbox, type OutboxItem } from './outbox.js';
import { packGroups } from './pack-groups.js';
import { toRedisFailure, withOutcome } from './redis-error.js';
import { type Durability, runReplicated } from './replicated-run.js';
import { ShortWay } from './short-way.js';
import { watchDeadline } from './watch-deadline.js';

const MAX_COUNT = 256;
const MAX_BYTES = 512 * 1024;
/** What may wait while Redis is away; beyond it sends are refused at once. */
const MAX_WAITING = 100_000;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** Time, in ms, in which the word of replicas still reaches a caller. */
const ANSWER = 50;

interface Group extends OutboxItem {
  readonly messages: readonly NewMessage[];
  /** On `performance.now()`. */
  readonly deadline: number;
  readonly resolve: (added: Added[]) => void;
  readonly reject: (error: BrokerError) => void;
}

export interface AddOutboxOptions {
  readonly layout: Layout;
  readonly streamLength: number | undefined;
  readonly overflow: 'reject' | 'drop-oldest';
  /** How often a batch that failed is sent again; default: as often as its time allows. */
  readonly maxRetries?: number | undefined;
  /** Replicas that must have a batch before its callers hear of it; default: none. */
  readonly durability?: Durability | undefined;
}

/**
 * The idempotent producer. A batch keeps its number until its fate is known, and a number is applied once, so a lost
 * reply never makes a second message.
 */
export class AddOutbox {
  readonly #link: RedisLink;
  readonly #options: AddOutboxOptions;
  readonly #producer = randomBytes(9).toString('base64url');
  readonly #outbox: Outbox<Group>;
  readonly #short: ShortWay;
  #number = 0;
  /** Whether the last attempt to send failed. */
  #failing = false;
  #closed = false;

  constructor(link: RedisLink, options: AddOutboxOptions) {
    this.#link = link;
    this.#options = options;
    this.#short = new ShortWay(link, options.layout);
    this.#outbox = new Outbox<Group>({
      maxCount: MAX_COUNT,
      maxBytes: MAX_BYTES,
      // a later batch must not overtake one that is sent again, or tasks of one key could change places
      ordered: (group) => group.messages.some(isOrdered),
      // while one is sent again no other runs ahead, or its number could fall out of the window
      steady: () => !this.#failing,
      send: (groups) => this.#send(groups),
    });
  }

  add(messages: readonly NewMessage[], timeout: number): Promise<Added[]> {
    return new Promise((resolve, reject) => {
      const bytes = this.#admit(messages);
      const deadline = performance.now() + timeout;
      this.#outbox.push({ count: messages.length, bytes, messages, deadline, resolve, reject });
    });
  }

  close(): void {
    this.#closed = true;
    for (const group of this.#outbox.remove(() => true)) group.reject(new ClosedError());
  }

  /** Returns the size of the messages; throws when there is no room for them. */
  #admit(messages: readonly NewMessage[]): number {
    if (this.#closed) throw new ClosedError();
    let bytes = 0;
    for (const { payload } of messages) bytes += payload.length;
    const { count } = this.#outbox;
    if (count + messages.length > MAX_WAITING || this.#outbox.bytes + bytes > MAX_WAITING_BYTES) {
      throw new OverloadedError(
        `${count} messages wait to be sent already; Redis does not take them fast enough`,
      );
    }
    return bytes;
  }

  async #send(groups: readonly Group[]): Promise<void> {
    let alone = this.#alone(groups);
    let args: (string | Buffer)[] | undefined;
    let open = groups;
    let sent = false;
    let unknown = false;
    let failure: BrokerError | undefined;
    let failures = 0;
    const { maxRetries = Infinity } = this.#options;
    const expire = (): void => {
      open = this.#expire(open, sent, failure);
    };
    while (open.length > 0) {
      const up = this.#link.state === 'up';
      if (!up && !(await this.#link.whenUp(earliest(open) - performance.now()))) {
        expire();
        continue;
      }
      const watch = watchDeadline(() => this.#deadline(open), expire);
      try {
        const run = alone
          ? this.#short.add(alone)
          : this.#run((args ??= this.#encode(groups)), open);
        sent = true;
        const reply = await run;
        watch.cancel();
        this.#failing = false;
        if (alone === undefined) return this.#resolve(groups, reply);
        // the next batch need not wait for it
        return void this.#conclude(groups, alone, reply as Buffer | null);
      } catch (cause) {
        watch.cancel();
        const { error, outcome, transient } = toRedisFailure(cause);
        unknown ||= outcome === 'unknown';
        sent = unknown;
        failure = error;
        this.#failing = true;
        failures += 1;
        // one without a number is not sent again where it may have arrived
        const isOver = alone ? unknown : !transient || failures > maxRetries;
        if (isOver) return rejectAll(groups, sent, error);
        alone = undefined;
        await this.#pause(outcome === 'not-sent' || error instanceof NotReplicatedError);
      }
      expire();
    }
  }

  /** The only message, if it may take the short way. */
  #alone(groups: readonly Group[]): NewMessage | undefined {
    const [group] = groups;
    const message = group?.messages[0];
    if (message === undefined || groups.length > 1 || group?.count !== 1) return undefined;
    return this.#short.takes(message) ? message : undefined;
  }

  async #conclude(groups: readonly Group[], alone: NewMessage, id: Buffer | null): Promise<void> {
    if (await this.#short.stays(alone, id)) return this.#resolve(groups, []);
    for (const group of groups) this.#outbox.push(group);
  }

  #run(args: readonly (string | Buffer)[], open: readonly Group[]): Promise<unknown> {
    const { layout, durability } = this.#options;
    if (durability === undefined) return this.#link.run(layout.scripts.add, args);
    const left = Math.floor(earliest(open) - performance.now()) - ANSWER;
    const timeout = Math.max(1, Math.min(durability.timeout, left));
    return runReplicated(this.#link, layout.scripts.add, args, { ...durability, timeout });
  }

  /** When the next caller loses patience, in this batch or behind it. */
  #deadline(open: readonly Group[]): number | undefined {
    const next = Math.min(earliest(open), this.#outbox.first?.deadline ?? Infinity);
    return next === Infinity ? undefined : next;
  }

  /** A server that answers "not now" is asked again after a moment; a lost connection shows by itself. */
  async #pause(refused: boolean): Promise<void> {
    if (refused) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  #encode(groups: readonly Group[]): (string | Buffer)[] {
    const { layout, streamLength, overflow } = this.#options;
    const { keys } = layout;
    this.#number += 1;
    return [
      keys.root,
      this.#producer,
      String(this.#number),
      packGroups(
        groups.map((group) => group.messages),
        keys,
      ),
      streamLength === undefined ? '' : String(streamLength),
      overflow,
      keys.channel('control'),
    ];
  }

  /** Gives up what is over its time, in the batch and behind it; returns the groups that still wait. */
  #expire(groups: readonly Group[], sent: boolean, cause: BrokerError | undefined): Group[] {
    const now = performance.now();
    const over = (group: Group): boolean => group.deadline <= now || this.#closed;
    const reason = this.#reason(cause);
    rejectAll(groups.filter(over), sent, reason);
    rejectAll(this.#outbox.remove(over), false, behind(reason));
    return groups.filter((group) => !over(group));
  }

  #reason(cause: BrokerError | undefined): BrokerError {
    if (this.#closed) return new ClosedError();
    return (
      cause ??
      new BackendUnavailableError(
        `Redis could not be reached in time: ${this.#link.lastError?.message ?? 'not connected'}`,
      )
    );
  }

  #resolve(groups: readonly Group[], reply: unknown): void {
    if (typeof reply === 'number') {
      this.#short.note((groups as [Group])[0].messages[0]!.envelope.address, reply);
    }
    const special = Array.isArray(reply) ? readOutcomes(reply) : undefined;
    let index = 0;
    for (const group of groups) {
      const refused = special?.get(index);
      if (refused?.what === 'full' || refused?.what === 'none') {
        group.reject(refusal(refused.what, refused.detail as Address));
      } else {
        group.resolve(
          group.messages.map(({ envelope }, i) => added(envelope.unique, special?.get(index + i))),
        );
      }
      index += group.count;
    }
  }
}

/** The key of a request only routes it. */
const isOrdered = ({ envelope: { key, address } }: NewMessage): boolean =>
  key !== undefined && addressKind(address) !== 'request';

function earliest(groups: readonly Group[]): number {
  let deadline = Infinity;
  for (const group of groups) deadline = Math.min(deadline, group.deadline);
  return deadline;
}

interface Outcome {
  readonly what: string;
  readonly detail: string;
}

function readOutcomes(reply: readonly unknown[]): Map<number, Outcome> | undefined {
  if (reply.length === 0) return undefined;
  const outcomes = new Map<number, Outcome>();
  for (let i = 0; i < reply.length; i += 3) {
    outcomes.set(Number(reply[i]), { what: String(reply[i + 1]), detail: String(reply[i + 2]) });
  }
  return outcomes;
}

function added(unique: string, outcome: Outcome | undefined): Added {
  if (outcome === undefined) return { unique, duplicate: false };
  if (outcome.what === 'unrouted') return { unique, duplicate: false, unrouted: true };
  return { unique: outcome.detail, duplicate: true };
}

const refusal = (what: 'full' | 'none', address: Address): BrokerError =>
  what === 'none'
    ? new NoHandlerError(addressName(address))
    : new OverloadedError(`too many messages wait under "${addressName(address)}"`);

/** What is said to those who wait behind a batch that fails: of them nothing was taken. */
const behind = (reason: BrokerError): BrokerError =>
  reason instanceof NotReplicatedError
    ? new BackendUnavailableError('messages before it wait for replicas', { cause: reason })
    : reason;

function rejectAll(groups: readonly Group[], sent: boolean, error: BrokerError): void {
  const outcome = sent ? 'unknown' : 'not-sent';
  for (const group of groups) {
    group.reject(error.outcome === outcome ? error : withOutcome(error, outcome));
  }
}
