import type { PlainError } from '../errors/index.js';
import type { Envelope } from '../message/index.js';
import type { DeadReason } from './verdict.js';

/** One name with what lies under it. @publicApi */
export interface NameStats {
  readonly name: string;
  readonly kind: 'task' | 'event' | 'request';
  /** Of an event: the service it is kept for, and its subscription if it has a name. */
  readonly service?: string;
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
  readonly added: number;
  readonly done: number;
  readonly retried: number;
  readonly dead: number;
  readonly duplicates: number;
  readonly expired: number;
  readonly dropped: number;
  readonly lost: number;
  readonly stale: number;
}

/** A picture of the app, taken in one step. @publicApi */
export interface QueueStats {
  /** When, in milliseconds on the backend's clock: what two pictures differ by, over the time between them, is a rate. */
  readonly at: number;
  readonly names: readonly NameStats[];
  /** Sum over tasks nobody handles now. */
  readonly unclaimed: number;
  readonly delayed: number;
  /** Waiting behind another task of their key. */
  readonly gated: number;
  readonly deadLetters: number;
  readonly consumers: readonly ConsumerInfo[];
  readonly counters: QueueCounters;
}

/** A running instance. @publicApi */
export interface ConsumerInfo {
  /** Names one life of the instance: after an eviction it comes back with another one. */
  readonly id: string;
  readonly service: string;
  readonly instanceName: string;
  /** Its share of routed work; 0: drained. */
  readonly weight: number;
  /** Whether it gets work: its time is not over, and it is not drained. */
  readonly active: boolean;
  /** Milliseconds on the backend's clock. */
  readonly joinedAt: number;
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

/** Looks, never touches. */
export interface InspectorPort {
  /** Cheap: a few commands for each name, in one step. `undefined`: it is no member. */
  backlog(consumer: string): Promise<WaitingFor | undefined>;
  stats(): Promise<QueueStats>;
  /** Round trip in ms. @throws BackendUnavailableError */
  ping(): Promise<number>;
}
