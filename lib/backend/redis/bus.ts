import { type EventForm, packForScript } from '../../codec/index.js';
import type { BrokerError } from '../../errors/index.js';
import { BackendUnavailableError, ClosedError, InvalidConfigError } from '../../errors/index.js';
import { matcherOf } from '../../message/index.js';
import type { BusPort, ChannelKind, Unsubscribe } from '../index.js';
import { toGlob } from './glob.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';
import { Outbox, type OutboxItem } from './outbox.js';
import { toRedisFailure } from './redis-error.js';
import { Subscriptions } from './subscriptions.js';
import { watchDeadline } from './watch-deadline.js';

const MAX_COUNT = 512;
const MAX_BYTES = 512 * 1024;

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

type ToPublish = Pick<Publication, 'channel' | 'event' | 'message'> & { readonly timeout: number };

export interface RedisBusParts {
  readonly command: RedisLink;
  /** A connection of its own, in subscriber mode. */
  readonly subscriber: RedisLink;
  readonly layout: Layout;
  readonly onError: (error: unknown) => void;
}

/** Pub/Sub. What is published in one tick leaves in one script call. */
export class RedisBus implements BusPort {
  readonly #parts: RedisBusParts;
  readonly #outbox: Outbox<Publication>;
  readonly #subscriptions: Subscriptions;
  #closed = false;

  constructor(parts: RedisBusParts) {
    this.#parts = parts;
    this.#outbox = new Outbox<Publication>({
      maxCount: MAX_COUNT,
      maxBytes: MAX_BYTES,
      send: async (batch) => await this.#send(batch),
    });
    this.#subscriptions = new Subscriptions({
      link: parts.subscriber,
      anchors: parts.layout.keys.anchors,
      onError: parts.onError,
    });
  }

  get events(): EventForm | undefined {
    return this.#parts.layout.events;
  }

  channel(kind: ChannelKind, name?: string): string {
    return this.#parts.layout.keys.channel(kind, name);
  }

  /** What a new connection has to subscribe to before it counts as up. */
  get subscribing(): Subscriptions['commands'] {
    return this.#subscriptions.commands;
  }

  async publish(channel: string, message: Uint8Array, timeout: number): Promise<void> {
    await this.#publish({ channel, event: undefined, message, timeout });
  }

  publishEvent(name: string, message: Uint8Array, timeout: number): Promise<boolean> {
    return this.#publish({ channel: this.channel('event', name), event: name, message, timeout });
  }

  #publish({ channel, event, message, timeout }: ToPublish): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new ClosedError();
      const deadline = performance.now() + timeout;
      const bytes = message.length;
      this.#outbox.push({ channel, event, message, count: 1, bytes, deadline, resolve, reject });
    });
  }

  async subscribe(channel: string, listener: (message: Buffer) => void): Promise<Unsubscribe> {
    if (this.#closed) throw new ClosedError();
    const kind = this.#parts.layout.keys.isSharded(channel) ? 'shard' : 'channel';
    return await this.#subscriptions.add({ kind, name: channel }, listener);
  }

  /** Redis knows globs, in which a star crosses dots: what they let through is looked at once more. */
  async subscribePattern(
    pattern: string,
    listener: (name: string, message: Buffer) => void,
  ): Promise<Unsubscribe> {
    if (this.#closed) throw new ClosedError();
    const { keys } = this.#parts.layout;
    if (keys.sharded) {
      throw new InvalidConfigError(
        `the handler of the events "${pattern}" has a wildcard, and with the option events.sharded Redis knows no wildcards: name each event, or leave the option out`,
      );
    }
    const prefix = keys.channel('event');
    const matches = matcherOf(pattern);
    const topic = { kind: 'pattern', name: toGlob(prefix, pattern) } as const;
    return await this.#subscriptions.add(topic, (message, channel) => {
      const name = channel.slice(prefix.length);
      if (matches(name)) listener(name, message);
    });
  }

  onGap(listener: () => void): Unsubscribe {
    return this.#subscriptions.onGap(listener);
  }

  close(): void {
    this.#closed = true;
    this.#subscriptions.close();
    for (const item of this.#outbox.remove(() => true)) item.reject(new ClosedError());
  }

  /** At most once: what may have left is not sent again. */
  async #send(batch: readonly Publication[]): Promise<void> {
    const { command, layout } = this.#parts;
    const { keys, scripts, events } = layout;
    if (command.state !== 'up') {
      const deadline = Math.min(...batch.map((item) => item.deadline));
      const up = await command.whenUp(deadline - performance.now());
      if (!up) return this.#reject(batch, 'not-sent');
    }
    // only our own frames can follow each other
    const channels = events === undefined ? join(batch) : batch;
    const list = channels.flatMap(({ channel, message, event }) => [
      channel,
      message,
      event ?? false,
    ]);
    let open = batch;
    const expire = (): void => {
      this.#reject(open.filter(isOver), 'unknown');
      this.#reject(this.#outbox.remove(isOver), 'not-sent');
      open = open.filter((item) => !isOver(item));
    };
    const watch = watchDeadline(() => (open[0] ?? this.#outbox.first)?.deadline, expire);
    try {
      const args = [keys.root, packForScript(list), keys.sharded ? '1' : ''];
      const kept = (await command.run(scripts.publish, args)) as number[];
      const unpublished = new Set(kept.map((i) => channels[i]?.channel));
      batch.forEach((item) => item.resolve(!unpublished.has(item.channel)));
    } catch (cause) {
      const { error } = toRedisFailure(cause);
      batch.forEach((item) => item.reject(error));
    } finally {
      watch.cancel();
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
