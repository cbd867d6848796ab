import { BaseRpcContext } from '@nestjs/microservices';
import type { Kind } from '../message/index.js';
import type { HandlingContext } from '../runtime/index.js';

/** What a handler learns of the message it handles; injected with Nest's `@Ctx()`. @publicApi */
export class BrokerContext extends BaseRpcContext<[HandlingContext]> {
  /** Message id, the same in every attempt: use it as a unique key to be safe against a second run. */
  get id(): string {
    return this.args[0].id;
  }

  /** The name of the message, with its group; of an event the one it was published under, not the pattern. */
  get name(): string {
    return this.args[0].name;
  }

  /** Which of the three decorators it came to. */
  get kind(): Kind {
    return this.args[0].kind;
  }

  /** Tasks with one key run one at a time, in order. */
  get key(): string | undefined {
    return this.args[0].key;
  }

  /** Counts from 1. */
  get attempt(): number {
    return this.args[0].attempt;
  }

  /** Those its sender gave it; empty where there are none. */
  get headers(): Readonly<Record<string, string>> {
    return this.args[0].headers;
  }

  /** The payload as it arrived. */
  get payload(): Buffer {
    return this.args[0].payload;
  }

  /** Aborted at a lost lease, a time-out, a cancel, or the end of the grace time; its reason is a BrokerError. */
  get signal(): AbortSignal {
    return this.args[0].signal;
  }

  /** Milliseconds since the epoch after which nobody waits for the result; of requests, and of tasks with a time-out. */
  get deadline(): number | undefined {
    return this.args[0].deadline;
  }

  /** The instance that handles it. */
  get consumerId(): string {
    return this.args[0].consumerId;
  }

  /** The name, as Nest's own contexts call it. */
  getPattern(): string {
    return this.args[0].name;
  }

  /** The name, as Nest's Redis context calls it. */
  getChannel(): string {
    return this.args[0].name;
  }

  /** The headers, as Nest's contexts call what was attached to a packet. */
  getMetadata(): Readonly<Record<string, string>> {
    return this.args[0].headers;
  }
}
