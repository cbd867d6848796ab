import { BackendRefusedError, BackendUnavailableError, ClosedError } from '../../errors/index.js';
import type { Backend, BackendFeatures, LinkState, Unsubscribe } from '../index.js';
import { RedisBus } from './bus.js';
import { checkPermissions } from './check-permissions.js';
import { checkSharding } from './check-sharding.js';
import { Connections } from './connections.js';
import { RedisDeadLetters } from './dead-letters.js';
import { RedisInspector } from './inspector.js';
import { AppKeys, LAYOUT_VERSION } from './keys.js';
import { type Layout, appLayout } from './layout.js';
import { RedisLink } from './link.js';
import { RedisQueue } from './queue.js';
import { toRedisFailure } from './redis-error.js';
import type { Durability, DurableLink } from './replicated-run.js';
import type { RedisSettings } from './redis-settings.js';
import { sharedLayout } from './shared/layout.js';
import { SharedQueue } from './shared/queue.js';

/** How long `connect` tries, in ms. */
const CONNECT_TIMEOUT = 10_000;
/** Before a server that could not do it is asked again, in ms. */
const RETRY_PAUSE = 100;
/** Errors of the greeting that trying again will not cure. */
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM|ERR (invalid DB|DB index|AUTH|Client sent AUTH))/i;

export interface RedisBackendOptions {
  readonly prefix: string;
  readonly appName: string;
  readonly redis: RedisSettings;
  /** The producer's own bound, for names that no service has claimed. */
  readonly streamLength?: number;
  readonly overflow?: 'reject' | 'drop-oldest';
  /** Events by sharded Pub/Sub, which Redis 7.0 brought; who shares an app must agree. Default false. */
  readonly sharded?: boolean;
  /** Tasks and kept events are accepted only when so many replicas have them. Default: when the primary has them. */
  readonly durability?: Durability;
  /** A stream and its group as Go-Broker services use them: messages lie there, and nothing under prefix and app. */
  readonly shared?: { readonly stream: string; readonly group: string };
  /** Only looks: what all must agree on is checked, and not written down for those who come later. Default false. */
  readonly looks?: boolean;
  /** What people should know where nobody waits for an answer. */
  readonly onWarning?: (message: string) => void;
  /** What goes wrong where nobody waits for an answer. */
  readonly onError?: (error: unknown) => void;
}

/** An app's messages on one Redis: one connection for commands, one for subscriptions, one for each reader. */
export class RedisBackend implements Backend {
  readonly features: BackendFeatures = { durable: true, shared: true };
  readonly queue: RedisQueue;
  readonly bus: RedisBus;
  readonly deadLetters: RedisDeadLetters;
  readonly inspector: RedisInspector;
  readonly #layout: Layout;
  readonly #shared: boolean;
  readonly #looks: boolean;
  readonly #command: RedisLink;
  readonly #subscriber: RedisLink;
  readonly #durable: DurableLink | undefined;
  readonly #onWarning: (message: string) => void;
  #connecting: Promise<void> | undefined;
  #closed = false;

  constructor(options: RedisBackendOptions) {
    const { prefix, appName, redis, shared, sharded, streamLength, overflow = 'reject' } = options;
    const { onError = () => undefined, onWarning = () => undefined } = options;
    const own = shared === undefined ? appLayout(prefix, appName, sharded) : undefined;
    const common = shared && sharedLayout(shared.stream, shared.group);
    const layout = own ?? common!;
    this.#layout = layout;
    this.#looks = options.looks ?? false;
    this.#shared = common !== undefined;
    const connections = new Connections(redis, layout.keys.root);
    const connect = (role: string): RedisLink =>
      new RedisLink(connections, connectionName(appName, role));
    this.#command = connect('commands');
    const subscriberName = connectionName(appName, 'events');
    this.#subscriber = new RedisLink(connections, subscriberName, async (client) => {
      for (const [command, ...names] of this.bus.subscribing) await client.call(command, ...names);
    });
    const command = this.#command;
    if (connections.follows && layout.keys.sharded) this.#subscriberFollows();
    const { maxRetries } = redis;
    const { durability } = options;
    const durable = durability && { ...durability, link: connect('durable messages') };
    this.#durable = durable;
    this.#onWarning = onWarning;
    const parts = { command, durable, streamLength, overflow, maxRetries, readerLink: connect };
    this.queue =
      common === undefined
        ? new RedisQueue({ ...parts, layout })
        : new SharedQueue({ ...parts, layout: common, onWarning, onError });
    this.bus = new RedisBus({ command, subscriber: this.#subscriber, layout, onError });
    this.deadLetters = new RedisDeadLetters(command, layout);
    this.inspector = new RedisInspector(command, layout);
  }

  get link(): LinkState {
    return this.#command.state;
  }

  async connect(): Promise<void> {
    if (this.#closed) throw new ClosedError();
    this.#connecting ??= this.#connect();
    try {
      await this.#connecting;
    } catch (error) {
      this.#connecting = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.queue.close();
    this.bus.close();
    this.#subscriber.close();
    this.#durable?.link.close();
    this.#command.close();
  }

  onLink(listener: (state: LinkState) => void): Unsubscribe {
    return this.#command.onState(listener);
  }

  async #connect(): Promise<void> {
    this.#command.open();
    this.#durable?.link.open();
    const deadline = performance.now() + CONNECT_TIMEOUT;
    for (;;) {
      await this.#whenUp(deadline);
      try {
        return await this.#check();
      } catch (error) {
        // a server that is just taking over, or has not loaded its data, may do it in a moment
        if (!(error instanceof BackendUnavailableError) || performance.now() > deadline)
          throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE));
      }
    }
  }

  async #whenUp(deadline: number): Promise<void> {
    while (!(await this.#command.whenUp(200))) {
      if (this.#closed) throw new ClosedError('closed while connecting');
      const reason = this.#command.lastError;
      if (reason !== undefined && REFUSED.test(reason.message)) {
        throw new BackendRefusedError(`Redis refused: ${reason.message}`, { cause: reason });
      }
      if (performance.now() > deadline) {
        const message = `Redis cannot be reached: ${reason?.message ?? 'no answer'}`;
        throw new BackendUnavailableError(message, { cause: reason, outcome: 'not-sent' });
      }
    }
  }

  /** Sharded channels are heard on the node of their slot alone, and nobody says there that it has moved on. */
  #subscriberFollows(): void {
    this.#command.onState(() => {
      const { server: own } = this.#subscriber;
      const { server } = this.#command;
      if (own !== undefined && server !== undefined && own !== server) this.#subscriber.reconnect();
    });
  }

  /** Whether what is there, and who is there, goes with this broker. */
  async #check(): Promise<void> {
    await this.#checkLayout();
    const { keys } = this.#layout;
    if (this.#looks) return;
    if (keys instanceof AppKeys) await checkSharding(this.#command, keys);
    if (this.#durable !== undefined) await this.#checkReplicas(this.#durable);
  }

  /** A server with too few replicas may get them later, but nobody should have to find out by errors. */
  async #checkReplicas({ link, replicas, timeout }: DurableLink): Promise<void> {
    try {
      await link.whenUp(CONNECT_TIMEOUT);
      const found = Number(await link.call('WAIT', [replicas, timeout], CONNECT_TIMEOUT + timeout));
      if (found >= replicas) return;
      this.#onWarning(
        `durability asks for ${replicas} replicas, ${found} answer now: until there are enough, what is sent is rejected with NOT_REPLICATED`,
      );
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }

  async #checkLayout(): Promise<void> {
    const { keys, group } = this.#layout;
    try {
      if (!this.#looks) {
        await checkPermissions(this.#command, this.#layout);
        // changes nothing, for there is no such key: a server that is read-only now is waited for
        await this.#command.call('PEXPIRE', [keys.root, 1]);
      }
      const found = await this.#agreed(keys.key('layout'), LAYOUT_VERSION);
      if (found !== LAYOUT_VERSION) {
        throw new BackendRefusedError(
          `the data under "${keys.root}" has layout ${found}, this release works with ${LAYOUT_VERSION}`,
        );
      }
      const other = this.#shared && (await this.#agreed(keys.key('group'), group));
      if (other !== false && other !== group) {
        throw new BackendRefusedError(
          `the stream "${keys.stream('')}" is used with the group "${other}" already, "${group}" cannot be used beside it; once nobody uses the other one, delete "${keys.key('group')}"`,
        );
      }
    } catch (cause) {
      if (cause instanceof BackendRefusedError) throw cause;
      throw toRedisFailure(cause).error;
    }
  }

  /** What the first one has written there. */
  async #agreed(key: string, value: string): Promise<string> {
    // written once only: a server whose memory is full may still be joined
    const written = (await this.#command.call('GET', [key])) as Buffer | null;
    if (written !== null) return written.toString();
    if (this.#looks) return value;
    await this.#command.call('SET', [key, value, 'NX']);
    return String(await this.#command.call('GET', [key]));
  }
}

/** Spaces are not allowed in a client name. */
const connectionName = (app: string, role: string): string =>
  `nestjs-broker:${app}:${role}`.replace(/[^\x21-\x7e]/g, '_');
