import type { PlainError } from '../errors/index.js';
import type { Envelope } from '../message/index.js';
import type { DeadReason } from './verdict.js';

/** One name with what lies under it. @publicApi */
export interface NameStats {
  readonly name: string;
  readonly kind: 'task' | 'request';
  /** Accepted, ready, held by nobody. */
  readonly waiting: number;
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
  readonly names: readonly NameStats[];
  /** Sum over tasks nobody handles now. */
  readonly unclaimed: number;
  readonly delayed: number;
  /** Waiting behind another task of their key. */
  readonly gated: number;
  readonly deadLetters: number;
  readonly consumers: readonly ConsumerStats[];
  readonly counters: QueueCounters;
}

/** @publicApi */
export interface ConsumerStats {
  readonly id: string;
  readonly service: string;
  readonly instanceName: string;
  /** Milliseconds on the backend's clock. */
  readonly joinedAt: number;
  readonly expiresAt: number;
  /** Messages in its lanes, held ones included. */
  readonly lane: number;
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

/** Looks, never touches. */
export interface InspectorPort {
  stats(): Promise<QueueStats>;
  /** Round trip in ms. @throws BackendUnavailableError */
  ping(): Promise<number>;
}
