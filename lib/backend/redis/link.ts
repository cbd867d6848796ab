import type { Redis } from 'ioredis';
import { BackendUnavailableError, ClosedError, rejected } from '../../errors/index.js';
import { type LinkState, type Unsubscribe, systemClock } from '../index.js';
import type { Connections } from './connections.js';
import { type Client, introduce } from './introduce.js';
import type { Script } from './load-script.js';
import { afterThisTurn } from './outbox.js';
import { elsewhere, isUnknownScript, toRedisFailure, withoutCommand } from './redis-error.js';
import { type Argument, WireCommand } from './wire-command.js';

/** How a subscription was made: SUBSCRIBE, PSUBSCRIBE or SSUBSCRIBE. */
export type Subscribed = 'channel' | 'pattern' | 'shard';

type OnMessage = (
  by: { readonly kind: Subscribed; readonly name: string },
  channel: string,
  message: Buffer,
) => void;

/** The types of ioredis do not know what sharded channels bring. */
interface EventSource {
  on(event: string, listener: (from: Buffer, message: Buffer) => void): unknown;
}

/** Longest wait for the reply of one command that does not block; then the socket counts as dead. */
const REPLY_TIMEOUT = 3_000;

/** One connection that comes back by itself, and whose commands never hang. */
export class RedisLink {
  readonly #redis: Redis;
  readonly #follows: boolean;
  readonly #listeners = new Set<(state: LinkState) => void>();
  #state: LinkState = 'down';
  #closed = false;
  #lastError: Error | undefined;
  #self: Client | undefined;
  #loading = false;
  #told: Buffer | undefined;
  #handshake: NodeJS.Timeout | undefined;

  constructor(connections: Connections, name: string, prepare?: (redis: Redis) => Promise<void>) {
    this.#redis = connections.make(name);
    this.#follows = connections.follows;
    this.#redis.on('error', (error: Error) => this.#note(error));
    this.#redis.on('connect', () => {
      this.#watchHandshake();
      void this.#noteLoading();
    });
    this.#redis.on('close', () => this.#become('down'));
    this.#redis.on('ready', () => {
      this.#prepare(prepare).then(
        () => this.#become('up'),
        (cause: unknown) => {
          this.#note(cause);
          this.reconnect();
        },
      );
    });
  }

  get state(): LinkState {
    return this.#state;
  }

  /** The server's number for this connection, new after each reconnect. */
  get clientId(): string | undefined {
    return this.#self?.id;
  }

  /** The server it is connected to; absent: it is not, or over a Unix socket. */
  get server(): string | undefined {
    const { remoteAddress, remotePort } = this.#redis.stream ?? {};
    return this.#state === 'up' && remotePort !== undefined
      ? `${remoteAddress}:${remotePort}`
      : undefined;
  }

  /** Why it is down, as far as known. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  onState(listener: (state: LinkState) => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What arrives on a subscribed connection: by which subscription, on which channel. */
  onMessage(listener: OnMessage): void {
    const direct =
      (kind: Subscribed) =>
      (from: Buffer, message: Buffer): void => {
        const name = from.toString();
        listener({ kind, name }, name, message);
      };
    const redis: EventSource = this.#redis;
    redis.on('messageBuffer', direct('channel'));
    redis.on('smessageBuffer', direct('shard'));
    this.#redis.on('pmessageBuffer', (name, channel, message) =>
      listener({ kind: 'pattern', name }, channel.toString(), message),
    );
  }

  /** Starts connecting; safe to repeat. */
  open(): void {
    if (this.#closed || this.#redis.status !== 'wait') return;
    // a failed first try is followed by others, see retryStrategy; the error event keeps the reason
    this.#redis.connect().catch((cause: unknown) => this.#note(cause));
  }

  /** Resolves when the link is up or `timeout` ms are over; `false` then. */
  async whenUp(timeout: number): Promise<boolean> {
    if (this.#state === 'up') return true;
    if (this.#closed || timeout <= 0) return false;
    return await new Promise((resolve) => {
      const end = (up: boolean): void => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        resolve(up);
      };
      const listener = (state: LinkState): void => {
        if (state === 'up' || this.#closed) end(this.#state === 'up');
      };
      const timer = setTimeout(end, timeout, false);
      this.#listeners.add(listener);
    });
  }

  /** Sends one command; replies are Buffers. Rejects at once when the link is down, and after `timeout` ms without a reply. */
  call(
    command: string,
    args: readonly Argument[] | Buffer,
    timeout = REPLY_TIMEOUT,
  ): Promise<unknown> {
    return this.#send(command, args, timeout);
  }

  /** Runs a script by its digest, by its text where the server does not know it. */
  run(script: Script, args: readonly Argument[]): Promise<unknown> {
    return this.#send('evalsha', [script.sha, 1, ...args], REPLY_TIMEOUT, () =>
      this.call('EVAL', [script.text, 1, ...args]),
    );
  }

  /** Runs a script by its digest; see {@link isUnknownScript}. */
  runKnown(script: Script, args: readonly Argument[]): Promise<unknown> {
    return this.call('evalsha', [script.sha, 1, ...args]);
  }

  // not async, as on the hot path every promise in between counts
  #send(
    command: string,
    args: readonly Argument[] | Buffer,
    timeout: number,
    onUnknownScript?: () => Promise<unknown>,
  ): Promise<unknown> {
    if (this.#closed) return rejected(new ClosedError());
    if (this.#state === 'down') {
      const message = `Redis cannot be reached: ${this.#reason()}`;
      const options = { cause: this.#lastError, outcome: 'not-sent' } as const;
      return rejected(new BackendUnavailableError(message, options));
    }
    const sent = new WireCommand(command, args);
    const silence = systemClock.after(timeout, () => {
      const message = `no reply to ${command} within ${timeout} ms`;
      sent.reject(new BackendUnavailableError(message, { outcome: 'unknown' }));
      this.reconnect();
    });
    this.#write(sent);
    return sent.promise.then(
      (reply) => {
        silence.cancel();
        return reply;
      },
      (error: Error) => {
        silence.cancel();
        if (onUnknownScript !== undefined && isUnknownScript(error)) return onUnknownScript();
        throw this.#failed(error);
      },
    );
  }

  /** Whether it is up and can {@link tell}. */
  get quiet(): boolean {
    return this.#state === 'up' && this.#self?.quiet === true;
  }

  /**
   * Sends a command that is not answered (`toQuietBytes`), so that nobody hears whether it arrived: in one piece with the
   * next command of this turn, if there is one. Only where it is {@link quiet}.
   */
  tell(bytes: Buffer): void {
    this.#told = this.#told === undefined ? bytes : Buffer.concat([this.#told, bytes]);
    afterThisTurn(this.#flushTold);
  }

  readonly #flushTold = (): void => {
    const told = this.#told;
    this.#told = undefined;
    if (told !== undefined && this.#state === 'up') this.#redis.stream.write(told);
  };

  /** What `send` sends leaves in one piece. */
  together<T>(send: () => T): T {
    const { stream } = this.#redis;
    stream?.cork();
    try {
      return send();
    } finally {
      stream?.uncork();
    }
  }

  /** Drops the socket and makes a new one; where one is being made, nothing. */
  reconnect(): void {
    // ioredis gives up for good when it is disturbed while it looks for the server
    const { status } = this.#redis;
    if (!this.#closed && (status === 'connect' || status === 'ready')) {
      this.#redis.disconnect(true);
    }
  }

  /** Ends the connection for good; what is in flight rejects. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#redis.disconnect();
    this.#become('down', true);
  }

  #write(command: WireCommand): void {
    if (this.#told !== undefined) {
      command.before = this.#told;
      this.#told = undefined;
    }
    try {
      void this.#redis.sendCommand(command);
    } catch (error) {
      // its bytes could not be made
      command.reject(error as Error);
    }
  }

  /** What is said of a command that failed; leaves the server where that is what helps. */
  #failed(error: Error): Error {
    const moved = this.#follows ? elsewhere(error) : undefined;
    if ((moved ?? toRedisFailure(error)).reconnect) {
      this.#note(error);
      this.reconnect();
    }
    return moved?.error ?? error;
  }

  /** The time-out of ioredis ends with the TCP connect; a peer that never says a word is given up here. */
  #watchHandshake(): void {
    clearTimeout(this.#handshake);
    this.#loading = false;
    this.#handshake = setTimeout(() => {
      if (!this.#loading)
        this.#note(new Error(`connected, but no answer within ${REPLY_TIMEOUT} ms`));
      this.reconnect();
    }, REPLY_TIMEOUT);
  }

  /** A server that loads its data lets us in, but is ready only afterwards. */
  async #noteLoading(): Promise<void> {
    try {
      this.#loading = /^loading:1/m.test(await this.#redis.info('persistence'));
      if (this.#loading) this.#note(new Error('LOADING Redis is loading its data'));
    } catch {
      // the connection says itself why it does not become ready
    }
  }

  async #prepare(prepare?: (redis: Redis) => Promise<void>): Promise<void> {
    this.#self = await introduce(this.#redis, this.#self);
    await prepare?.(this.#redis);
  }

  /** A refused greeting carries the password along. */
  #note(error: unknown): void {
    this.#lastError = withoutCommand(error as Error);
  }

  #reason(): string {
    return this.#lastError?.message ?? 'not connected yet';
  }

  #become(state: LinkState, always = false): void {
    clearTimeout(this.#handshake);
    if (this.#state === state && !always) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }
}
