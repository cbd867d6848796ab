import type { Unsubscribe } from '../index.js';
import type { RedisLink, Subscribed } from './link.js';
import { toRedisFailure } from './redis-error.js';

/** A subscription that says nothing for this long is asked whether it lives, in ms. */
const PROBE = 5_000;

/** Makes of a connection a subscriber, or ends that. */
const COMMANDS = {
  channel: { begin: 'subscribe', end: 'unsubscribe' },
  pattern: { begin: 'psubscribe', end: 'punsubscribe' },
  shard: { begin: 'ssubscribe', end: 'sunsubscribe' },
} as const;

const KINDS = ['channel', 'pattern', 'shard'] as const;

export type Listener = (message: Buffer, channel: string) => void;

/** What is subscribed: a channel, one of a shard, or a glob over channels. */
export interface Topic {
  readonly kind: Subscribed;
  readonly name: string;
}

export interface SubscriptionsParts {
  /** A connection of its own, in subscriber mode. */
  readonly link: RedisLink;
  /**
   * Subscribed to as long as there is a connection. Redis counts sharded channels apart, and ioredis takes a
   * connection for no subscriber any more when either count is 0: where both are used, none of them may get there.
   */
  readonly anchors: readonly Topic[];
  readonly onError: (error: unknown) => void;
}

/** Who listens to what over one connection. */
export class Subscriptions {
  readonly #parts: SubscriptionsParts;
  readonly #listeners: Readonly<Record<Subscribed, Map<string, Set<Listener>>>> = {
    channel: new Map(),
    pattern: new Map(),
    shard: new Map(),
  };
  readonly #gapListeners = new Set<() => void>();
  #probe: NodeJS.Timeout | undefined;
  #closed = false;
  #interrupted = false;

  constructor(parts: SubscriptionsParts) {
    this.#parts = parts;
    parts.link.onMessage((topic, channel, message) => this.#deliver(topic, channel, message));
    parts.link.onState((state) => {
      if (state === 'down') this.#interrupted = !this.#isEmpty;
      else if (this.#interrupted) for (const listener of this.#gapListeners) listener();
    });
  }

  /** The commands that a new connection has to carry out before it counts as up. */
  get commands(): readonly (readonly [command: string, ...names: string[]])[] {
    return KINDS.flatMap((kind) => {
      const anchors = this.#parts.anchors.filter((anchor) => anchor.kind === kind);
      const names = [...anchors.map(({ name }) => name), ...this.#listeners[kind].keys()];
      return names.length === 0 ? [] : [[COMMANDS[kind].begin, ...names] as const];
    });
  }

  /** Resolves when the subscription is in force. */
  async add(topic: Topic, listener: Listener): Promise<Unsubscribe> {
    const { kind, name } = topic;
    // its own, also where one function listens twice
    const own: Listener = (message, channel) => listener(message, channel);
    const listeners = this.#listeners[kind].get(name);
    if (listeners === undefined) this.#listeners[kind].set(name, new Set([own]));
    else listeners.add(own);
    this.#startProbe();
    try {
      await this.#command(COMMANDS[kind].begin, name);
    } catch (error) {
      this.#remove(topic, own);
      throw error;
    }
    return () => this.#remove(topic, own);
  }

  onGap(listener: () => void): Unsubscribe {
    this.#gapListeners.add(listener);
    return () => this.#gapListeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#probe);
  }

  get #isEmpty(): boolean {
    return KINDS.every((kind) => this.#listeners[kind].size === 0);
  }

  #remove({ kind, name }: Topic, listener: Listener): void {
    const listeners = this.#listeners[kind].get(name);
    if (listeners?.delete(listener) !== true || listeners.size > 0) return;
    this.#listeners[kind].delete(name);
    if (this.#closed || this.#parts.link.state === 'down') return;
    // a message that still arrives finds no listener; a connection that ends takes its subscriptions along
    this.#command(COMMANDS[kind].end, name).catch((error: unknown) => {
      if (!this.#closed) this.#parts.onError(error);
    });
  }

  async #command(command: string, name: string): Promise<void> {
    const { link } = this.#parts;
    link.open();
    if (!(await link.whenUp(PROBE))) {
      throw toRedisFailure(link.lastError ?? new Error('not connected')).error;
    }
    try {
      await link.call(command, [name]);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }

  #startProbe(): void {
    if (this.#probe !== undefined) return;
    this.#probe = setInterval(() => {
      if (this.#parts.link.state === 'up') {
        // no answer: the link makes itself anew
        this.#parts.link.call('ping', [], 2_000).catch(() => undefined);
      }
    }, PROBE);
    this.#probe.unref();
  }

  #deliver({ kind, name }: Topic, channel: string, message: Buffer): void {
    if (this.#closed) return;
    for (const listener of this.#listeners[kind].get(name) ?? []) {
      try {
        listener(message, channel);
      } catch (error) {
        this.#parts.onError(error);
      }
    }
  }
}
