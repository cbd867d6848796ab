import type { Kind } from './contender.js';
import type { ContenderName } from './process/calls.js';

export interface Entry {
  /** In the table. */
  readonly label: string;
  readonly contender: ContenderName;
  readonly replies?: 'fast' | 'reliable';
  /** Messages of one run: enough for about a second. */
  readonly count: number;
}

export interface Ratio {
  readonly of: string;
  readonly to: string;
  /** What is to be reached; absent: reported only. */
  readonly goal?: number;
}

export interface BenchCase {
  /** On the command line. */
  readonly name: string;
  readonly title: string;
  readonly kind: Kind;
  /** `live`: both processes at once; `drained`: the consumer starts on a full backlog; `answered`: until the last reply. */
  readonly flow: 'live' | 'drained' | 'answered';
  /** Sends that wait for their answer at any time. */
  readonly inFlight: number;
  readonly entries: readonly Entry[];
  readonly ratios: readonly Ratio[];
}
