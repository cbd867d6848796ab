import type { BusPort, ChannelKind, Unsubscribe } from '../index.js';
import { type App, channelName } from './channel-name.js';
import type { Receive } from './channels.js';
import type { Connection } from './connection.js';

/** The passing side in memory. */
export class MemoryBus implements BusPort {
  readonly #connection: Connection;
  readonly #app: App;
  readonly #onError: (error: unknown) => void;

  constructor(connection: Connection, app: App, onError: (error: unknown) => void) {
    this.#connection = connection;
    this.#app = app;
    this.#onError = onError;
  }

  channel(kind: ChannelKind, name?: string): string {
    return channelName(this.#app, kind, name);
  }

  async publish(channel: string, message: Uint8Array): Promise<void> {
    this.#connection.hub.channels.publish(channel, message);
  }

  async publishEvent(name: string, message: Uint8Array): Promise<boolean> {
    const { hub } = this.#connection;
    if (hub.subscriptions.event(name) !== undefined) return false;
    hub.channels.publish(this.channel('event', name), message);
    return true;
  }

  async subscribe(channel: string, listener: (message: Buffer) => void): Promise<Unsubscribe> {
    const receive = this.#guarded(listener);
    return this.#owned(this.#connection.hub.channels.subscribe(channel, receive));
  }

  async subscribePattern(
    pattern: string,
    listener: (name: string, message: Buffer) => void,
  ): Promise<Unsubscribe> {
    const prefix = this.channel('event');
    const receive = this.#guarded((message, channel) =>
      listener(channel.slice(prefix.length), message),
    );
    return this.#owned(this.#connection.hub.channels.subscribePattern(pattern, receive));
  }

  /** Subscriptions in memory are never interrupted. */
  onGap(): Unsubscribe {
    return () => {};
  }

  #guarded(listener: Receive): Receive {
    return (message, channel) => {
      try {
        listener(message, channel);
      } catch (error) {
        this.#onError(error);
      }
    };
  }

  /** A subscription ends with the connection, too. */
  #owned(unsubscribe: Unsubscribe): Unsubscribe {
    const forget = this.#connection.onClose(unsubscribe);
    return () => {
      forget();
      unsubscribe();
    };
  }
}
