import type { PlainError } from '../errors/index.js';
import type { Envelope } from '../message/index.js';
import type { DeadReason } from './verdict.js';

/** One name with what lies under it. @publicApi */
export interface NameStats {
  /** With its group. */
  readonly name: string;
  /** `event`: a durable one, once for each subscription. */
  readonly kind: 'task' | 'event' | 'request';
  /** Of an event: the service it is kept for. */
  readonly service?: string;
  /** Of an event: the subscription of that service, if it has a name. */
  readonly subscription?: string;
  /** Accepted, ready, held by nobody. */
  readonly waiting: number;
  /**
   * How long, in milliseconds, the one at the head of its stream, or of a lane, has waited there; absent: none heads
   * one. The longest of all names is exact.
   */
  readonly oldest?: number;
  /** Handed to a consumer and not settled. */
  readonly running: number;
  /** Live instances that handle it; 0 with `waiting` > 0 means unclaimed. */
  readonly consumers: number;
}

/** Counters since the keys exist. @publicApi */
export interface QueueCounters {
  /** Accepted. */
  readonly added: number;
  /** Handled: done, or answered. */
  readonly done: number;
  /** Attempts that failed and were followed by another one, or will be. */
  readonly retried: number;
  /** Became dead letters. */
  readonly dead: number;
  /** Not accepted, because of their `dedupeId`. */
  readonly duplicates: number;
  /** Requests nobody waited for any more. */
  readonly expired: number;
  /** Fell to a bound: `streamLength` with `drop-oldest`, or those of durable events. */
  readonly dropped: number;
  /** Deliveries that ended with their instance. */
  readonly lost: number;
  /** Results that came after their lease was over, and were not accepted. */
  readonly stale: number;
}

/** A picture of the app, taken in one step. @publicApi */
export interface QueueStats {
  /** When, in milliseconds on the backend's clock: what two pictures differ by, over the time between them, is a rate. */
  readonly at: number;
  /** Those that are handled, and those that something lies under. */
  readonly names: readonly NameStats[];
  /** Sum over tasks nobody handles now. */
  readonly unclaimed: number;
  /** Not due yet: sent with a delay, or between two attempts. */
  readonly delayed: number;
  /** Waiting behind another task of their key. */
  readonly gated: number;
  /** Messages that will not run again by themselves. */
  readonly deadLetters: number;
  /** Instances of all services of the app. */
  readonly consumers: readonly ConsumerInfo[];
  /** What happened so far. */
  readonly counters: QueueCounters;
}

/** A running instance. @publicApi */
export interface ConsumerInfo {
  /** Names one life of the instance: after an eviction it comes back with another one. */
  readonly id: string;
  /** Whose work it shares. */
  readonly service: string;
  /** Its option `instanceName`. */
  readonly instanceName: string;
  /** Its share of routed work; 0: drained. While it is paused, the one it has afterwards. */
  readonly weight: number;
  /** Whether it alone is paused, see `BrokerBalancer.pause`; a paused queue is no matter of an instance. */
  readonly paused: boolean;
  /** Whether it gets work: its time is not over, and it is neither drained nor paused. */
  readonly active: boolean;
  /** Milliseconds on the backend's clock. */
  readonly joinedAt: number;
  /** Its last sign of life; milliseconds on the backend's clock. */
  readonly lastSeen: number;
  /** Tasks and requests it was handed and has not settled. */
  readonly inFlight: number;
  /** Routed to it and not handed over yet. */
  readonly waiting: number;
  /** What it has settled as done since it joined. */
  readonly processed: number;
  /** Attempts that ended in a retry or a dead letter since it joined. */
  readonly failed: number;
}

/** A message that will not run again by itself. */
export interface DeadLetter {
  /** Place among the dead letters; what {@link DeadLettersPort.replay} and `drop` take. */
  readonly entry: string;
  readonly envelope: Envelope;
  readonly payload: Buffer;
  readonly reason: DeadReason;
  readonly error: PlainError;
  /** Who held it last. */
  readonly consumer: string;
  /** Milliseconds on the backend's clock. */
  readonly diedAt: number;
}

export interface DeadLettersPort {
  /** Oldest first, at most `count`, after the entry `after`. */
  list(options: { readonly after?: string; readonly count: number }): Promise<DeadLetter[]>;
  /** Puts them back with their attempts forgotten, at the end of their key; returns how many there were. */
  replay(entries: readonly string[]): Promise<number>;
  drop(entries: readonly string[]): Promise<number>;
}

/** What waits for one consumer: in its lanes, and in the streams of the names it handles. */
export interface WaitingFor {
  readonly waiting: number;
  /** How long, in milliseconds, the longest waiting of them has waited there; absent: nothing waits. */
  readonly oldest?: number;
}

/** Where messages lie that will run: `delayed` until they are due, `gated` behind another one of their key. @publicApi */
export type MessageState = 'waiting' | 'running' | 'delayed' | 'gated';

/** A message where it lies. */
export interface FoundMessage {
  readonly state: MessageState;
  /** Of what cannot be read, an address without a name and an empty `unique`. */
  readonly envelope: Envelope;
  readonly payload: Buffer;
  /** Who holds it, or whom it was routed to; absent: whoever is free takes it. */
  readonly consumer?: string;
  /** Milliseconds on the backend's clock: when it came to where it waits, or was handed to its holder. */
  readonly since?: number;
  /** Of a delayed one: when it may start, likewise. */
  readonly due?: number;
}

/** What {@link InspectorPort.messages} looks for. */
export interface MessageQuery {
  readonly state: MessageState;
  /** Of that name only. */
  readonly name?: string;
  /** About so many messages are looked at. */
  readonly count: number;
  /** `next` of the page before. */
  readonly after?: string;
}

/** Some of the messages; what moves while somebody turns the pages can be on none of them, or on two. */
export interface MessagePage {
  /** Delayed ones by due time, waiting and running ones by place and age, gated ones in no order. */
  readonly messages: readonly FoundMessage[];
  /** How many were looked at for them. */
  readonly looked: number;
  /** Opaque: where to go on; absent: that was all. There can be more although this page is empty. */
  readonly next?: string;
}

/** A queue of a service that has a member. @publicApi */
export interface QueueInfo {
  readonly service: string;
  readonly queue: string;
  /** `task`: tasks and durable events; `request`: requests. */
  readonly kind: 'task' | 'request';
  /** Whether nobody reads it for now. */
  readonly paused: boolean;
}

/** Looks, never touches. */
export interface InspectorPort {
  /**
   * A page of messages. Costs as much as the number of messages it looks at, however many there are.
   * @throws InvalidOptionsError when `after` is not what a page of that state said
   */
  messages(query: MessageQuery): Promise<MessagePage>;
  /** Of every service with a member, by service, queue and kind. */
  queues(): Promise<QueueInfo[]>;
  /**
   * Cheap: a few commands for each name, in one step. `undefined`: it is no member.
   * @throws BackendUnavailableError, BackendRefusedError, as `ping`
   */
  backlog(consumer: string): Promise<WaitingFor | undefined>;
  stats(): Promise<QueueStats>;
  /**
   * Round trip in ms.
   * @throws BackendUnavailableError, BackendRefusedError: also where the backend answers, but takes nothing new now
   */
  ping(): Promise<number>;
}
