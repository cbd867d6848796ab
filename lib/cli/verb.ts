import type { BrokerBalancer } from '../client/index.js';
import type { BrokerClient } from '../module/index.js';
import type { Output } from './output.js';

/** An option of a verb. */
export interface VerbOption {
  /** What follows it, for the help; absent: it is a switch. */
  readonly value?: string;
  /** It can be given several times. */
  readonly multiple?: boolean;
  readonly help: string;
}

/** What was typed after a verb. */
export interface Typed {
  readonly words: readonly string[];
  /** Text of an option. */
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  has(option: string): boolean;
}

export interface Call extends Typed {
  readonly client: BrokerClient;
  readonly balancer: BrokerBalancer;
  readonly output: Output;
  readonly stdin: NodeJS.ReadStream;
}

export interface Verb {
  /** One word, or two. */
  readonly name: string;
  /** Its arguments, for the help. */
  readonly usage?: string;
  readonly summary: string;
  /** How many arguments it takes. */
  readonly words: readonly [least: number, most: number];
  readonly options?: Readonly<Record<string, VerbOption>>;
  /** Whether it only looks, and leaves nothing in Redis. */
  readonly looks: boolean;
  /** @returns the exit code, if it is not that of success */
  run(call: Call): Promise<number | void>;
}
