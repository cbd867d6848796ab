import { packForScript } from '../../codec/index.js';
import type { BrokerError } from '../../errors/index.js';
import { BackendUnavailableError, ClosedError } from '../../errors/index.js';
import type { BusPort, ChannelKind, Unsubscribe } from '../index.js';
import type { AppKeys } from './keys.js';
import type { RedisLink } from './link.js';
import { Outbox, type OutboxItem } from './outbox.js';
import { toRedisFailure } from './redis-error.js';
import { SCRIPTS } from './scripts.js';
import { watchDeadline } from './watch-deadline.js';

const MAX_COUNT = 512;
const MAX_BYTES = 512 * 1024;
/** A subscription that says nothing for this long is asked whether it lives, in ms. */
const PROBE = 5_000;

type Listener = (message: Buffer) => void;

interface Publication extends OutboxItem {
  readonly channel: string;
  /** Of an event: its name. */
  readonly event: string | undefined;
  readonly message: Uint8Array;
  readonly deadline: number;
  /** Called with whether it was published. */
  readonly resolve: (published: boolean) => void;
  readonly reject: (error: BrokerError) => void;
}

export interface RedisBusParts {
  readonly command: RedisLink;
  /** A connection of its own, in subscriber mode. */
  readonly subscriber: RedisLink;
  readonly keys: AppKeys;
  readonly onError: (error: unknown) => void;
}

/** Pub/Sub. What is published in one tick leaves in one script call. */
export class RedisBus implements BusPort {
  readonly #parts: RedisBusParts;
  readonly #outbox: Outbox<Publication>;
  readonly #channels = new Map<string, Set<Listener>>();
  readonly #gapListeners = new Set<() => void>();
  #probe: NodeJS.Timeout | undefined;
  #closed = false;
  #interrupted = false;

  constructor(parts: RedisBusParts) {
    this.#parts = parts;
    this.#outbox = new Outbox<Publication>({
      maxCount: MAX_COUNT,
      maxBytes: MAX_BYTES,
      send: async (batch) => await this.#send(batch),
    });
    parts.subscriber.onMessage((channel, message) => this.#deliver(channel.toString(), message));
    parts.subscriber.onState((state) => {
      if (state === 'down') this.#interrupted = this.#channels.size > 0;
      else if (this.#interrupted) for (const listener of this.#gapListeners) listener();
    });
  }

  channel(kind: ChannelKind, name?: string): string {
    return this.#parts.keys.channel(kind, name);
  }

  /** The channels a new connection has to subscribe to before it counts as up. */
  get subscribed(): readonly string[] {
    return [...this.#channels.keys()];
  }

  async publish(channel: string, message: Uint8Array, timeout: number): Promise<void> {
    await this.#publish({ channel, event: undefined, message }, timeout);
  }

  publishEvent(name: string, message: Uint8Array, timeout: number): Promise<boolean> {
    return this.#publish({ channel: this.channel('event', name), event: name, message }, timeout);
  }

  async #publish(
    publication: Pick<Publication, 'channel' | 'event' | 'message'>,
    timeout: number,
  ): Promise<boolean> {
    if (this.#closed) throw new ClosedError();
    return await new Promise((resolve, reject) => {
      const deadline = performance.now() + timeout;
      const bytes = publication.message.length;
      this.#outbox.push({ ...publication, count: 1, bytes, deadline, resolve, reject });
    });
  }

  async subscribe(channel: string, listener: Listener): Promise<Unsubscribe> {
    if (this.#closed) throw new ClosedError();
    const listeners = this.#channels.get(channel);
    if (listeners !== undefined) {
      listeners.add(listener);
    } else {
      this.#channels.set(channel, new Set([listener]));
    }
    this.#startProbe();
    try {
      await this.#command('subscribe', channel);
    } catch (error) {
      this.#remove(channel, listener);
      throw error;
    }
    return () => this.#remove(channel, listener);
  }

  onGap(listener: () => void): Unsubscribe {
    this.#gapListeners.add(listener);
    return () => this.#gapListeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#probe);
    for (const item of this.#outbox.remove(() => true)) item.reject(new ClosedError());
  }

  #remove(channel: string, listener: Listener): void {
    const listeners = this.#channels.get(channel);
    if (listeners?.delete(listener) !== true || listeners.size > 0) return;
    this.#channels.delete(channel);
    if (this.#closed || this.#parts.subscriber.state === 'down') return;
    // a message that still arrives finds no listener; a connection that ends takes its subscriptions along
    this.#command('unsubscribe', channel).catch((error: unknown) => {
      if (!this.#closed) this.#parts.onError(error);
    });
  }

  async #command(command: string, channel: string): Promise<void> {
    const { subscriber } = this.#parts;
    subscriber.open();
    if (!(await subscriber.whenUp(PROBE))) {
      throw toRedisFailure(subscriber.lastError ?? new Error('not connected')).error;
    }
    try {
      await subscriber.call(command, [channel]);
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }

  #startProbe(): void {
    if (this.#probe !== undefined) return;
    this.#probe = setInterval(() => {
      if (this.#parts.subscriber.state === 'up') {
        // no answer: the link makes itself anew
        this.#parts.subscriber.call('ping', [], 2_000).catch(() => undefined);
      }
    }, PROBE);
    this.#probe.unref();
  }

  #deliver(channel: string, message: Buffer): void {
    if (this.#closed) return;
    for (const listener of this.#channels.get(channel) ?? []) {
      try {
        listener(message);
      } catch (error) {
        this.#parts.onError(error);
      }
    }
  }

  /** At most once: what may have left is not sent again. */
  async #send(batch: readonly Publication[]): Promise<void> {
    const { command, keys } = this.#parts;
    const deadline = Math.min(...batch.map((item) => item.deadline));
    if (!(await command.whenUp(deadline - performance.now()))) {
      return this.#reject(batch, 'not-sent');
    }
    try {
      const channels = join(batch);
      const list = channels.flatMap(({ channel, message, event }) => [
        channel,
        message,
        event ?? false,
      ]);
      const run = command.run(SCRIPTS.publish, [keys.root, packForScript(list)]);
      let open = batch;
      const expire = (): void => {
        this.#reject(open.filter(isOver), 'unknown');
        this.#reject(this.#outbox.remove(isOver), 'not-sent');
        open = open.filter((item) => !isOver(item));
      };
      const next = (): number | undefined => [...open, this.#outbox.first][0]?.deadline;
      const kept = (await watchDeadline(run, next, expire)) as number[];
      const unpublished = new Set(kept.map((i) => channels[i]?.channel));
      batch.forEach((item) => item.resolve(!unpublished.has(item.channel)));
    } catch (cause) {
      const { error } = toRedisFailure(cause);
      batch.forEach((item) => item.reject(error));
    }
  }

  #reject(items: readonly Publication[], outcome: 'not-sent' | 'unknown'): void {
    if (items.length === 0) return;
    const reason = this.#parts.command.lastError?.message ?? 'no answer in time';
    const error = new BackendUnavailableError(`Redis cannot be reached: ${reason}`, { outcome });
    for (const item of items) item.reject(error);
  }
}

const isOver = ({ deadline }: Publication): boolean => deadline <= performance.now();

/** Messages of one channel become one; the order within a channel stays. */
function join(batch: readonly Publication[]): Pick<Publication, 'channel' | 'event' | 'message'>[] {
  const channels = new Map<string, Publication[]>();
  for (const item of batch) {
    const list = channels.get(item.channel);
    if (list === undefined) channels.set(item.channel, [item]);
    else list.push(item);
  }
  return [...channels].map(([channel, list]) => ({
    channel,
    event: list[0]!.event,
    message: list.length === 1 ? list[0]!.message : Buffer.concat(list.map((item) => item.message)),
  }));
}
