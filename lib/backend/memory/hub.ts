import { type Envelope, toSubscription } from '../../message/index.js';
import {
  encodeControl,
  type Clock,
  type ControlMessage,
  type DeadLetter,
  type MembersChange,
  type QueueCounters,
  type ReplyOut,
} from '../index.js';
import { type App, channelName } from './channel-name.js';
import { Channels } from './channels.js';
import { copyEnvelope } from './copy-envelope.js';
import { DelayedSet } from './delayed-set.js';
import { ExpiringMap } from './expiring-map.js';
import { Grave } from './grave.js';
import { Handover } from './handover.js';
import { Holdings } from './holdings.js';
import { KeyGate } from './key-gate.js';
import { Membership } from './membership.js';
import { type Proposal, Router } from './router.js';
import { StoredMessage } from './stored-message.js';
import { Streams } from './streams.js';
import { Subscriptions } from './subscriptions.js';

/** Why and how a message died. */
export type Death = Pick<DeadLetter, 'reason' | 'error' | 'consumer'>;

/**
 * The state of one app: every place a message can lie in, and the moves that the steps are made of. A step runs
 * from its first to its last move without a pause, so nobody ever sees a message in two places or in none.
 */
export class MemoryHub {
  readonly members = new Membership();
  readonly streams = new Streams();
  readonly gate = new KeyGate();
  readonly delayed = new DelayedSet();
  readonly holdings = new Holdings();
  readonly subscriptions = new Subscriptions();
  readonly router = new Router(this.members, (lane) => this.loadOf(lane));
  readonly grave = new Grave();
  /** Messages that are neither gone nor dead, by the unique part of their id. */
  readonly messages = new Map<string, StoredMessage>();
  /** By address and dedupe id: the unique part of the first message's id. */
  readonly dedupe = new ExpiringMap<string>();
  /** Kept replies, by the unique part of the request's id. */
  readonly replies = new ExpiringMap<Buffer>();
  /** By service: queues nobody reads for now. */
  readonly paused = new Map<string, Set<string>>();
  readonly channels: Channels;
  readonly handover = new Handover(this.streams);
  readonly counters: { -readonly [C in keyof QueueCounters]: number } = {
    added: 0,
    done: 0,
    retried: 0,
    dead: 0,
    duplicates: 0,
    expired: 0,
    dropped: 0,
    lost: 0,
    stale: 0,
  };
  #serial = 0;
  #arrivals = 0;

  constructor(
    readonly app: App,
    readonly clock: Clock,
  ) {
    this.channels = new Channels(channelName(app, 'event'));
  }

  /** Takes a message in; it has no place yet. */
  accept(envelope: Envelope, payload: string | Uint8Array): StoredMessage {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : Buffer.from(payload);
    const message = new StoredMessage(this.#serial++, copyEnvelope(envelope), bytes);
    this.messages.set(envelope.unique, message);
    return message;
  }

  /** To its stream or lane, or behind the message that holds its key; tells whether its sender should look at the routes again. */
  admit(message: StoredMessage, proposal?: Proposal): boolean {
    if (!this.gate.admit(message, this.scopeOf(message.address))) return false;
    const { id, isUnrouted } = this.router.route(message.envelope, proposal);
    this.put(message, id);
    return isUnrouted;
  }

  /** To the end of its stream or of a lane, by what routes it now; it holds its key, if it has one. */
  place(message: StoredMessage): void {
    this.put(message, this.router.route(message.envelope).id);
  }

  /** To the end of that stream or lane. */
  put(message: StoredMessage, id: string): void {
    message.arrivedAt = this.clock.now();
    message.arrival = ++this.#arrivals;
    const stream = this.streams.of(id);
    stream.put(message);
    this.handover.arrived(stream);
  }

  /** Messages of a lane, held ones included. */
  loadOf(lane: string): number {
    return (this.streams.find(lane)?.size ?? 0) + this.holdings.from(lane);
  }

  /** To the delayed set; it keeps its key, if it holds one. */
  park(message: StoredMessage, due: number): void {
    const before = this.delayed.nextDue;
    this.delayed.put(message, due);
    if (before === undefined || due < before) this.say({ type: 'due', at: due });
  }

  /** To the dead letters. */
  bury(message: StoredMessage, death: Death): void {
    const { envelope, payload } = message;
    this.grave.put({ ...death, envelope, payload, diedAt: this.clock.now() });
    this.counters.dead++;
    this.end(message);
  }

  /** The message, out of every place by now, is over; the next one of its key is placed. */
  end(message: StoredMessage): void {
    const { unique } = message.envelope;
    // a request that came too late may have been sent again
    if (this.messages.get(unique) === message) this.messages.delete(unique);
    const next = this.gate.free(message);
    if (next !== undefined) this.place(next);
  }

  /** Publishes a reply frame and keeps it for a while if its caller wants that. */
  reply(unique: string, { channel, frame, keep }: ReplyOut): void {
    if (keep !== undefined && keep > 0) {
      const now = this.clock.now();
      this.replies.set(unique, Buffer.from(frame), { now, until: now + keep });
    }
    this.channels.publish(channel, frame);
  }

  /** Announces what has become of a member. */
  sayMember(change: MembersChange['change'], consumer: string, weight: number): void {
    this.say({ type: 'members', epoch: this.members.epoch, change, consumer, weight });
  }

  say(message: ControlMessage): void {
    this.channels.publish(channelName(this.app, 'control'), Buffer.from(encodeControl(message)));
  }

  /**
   * Where the keys of a name live and what its waiting tasks count for: the one service that handles it, or itself; of
   * an event, its subscription's service and name.
   */
  scopeOf(address: string): string {
    if (address.startsWith('e:')) {
      return address.slice(0, address.length - toSubscription(address).event.length);
    }
    const owner = this.members.ownerOf(address);
    return owner === undefined ? `n:${address}` : `s:${owner.name}`;
  }
}
