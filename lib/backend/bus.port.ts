import type { EventForm } from '../codec/index.js';

/** Ends a subscription; safe to repeat. */
export type Unsubscribe = () => void;

/** The three families of channels of an app. */
export type ChannelKind = 'event' | 'reply' | 'control';

/**
 * The passing side: at most once, to everybody who listens now. Order holds per sender and channel. A message is one
 * or more frames that can follow each other: an adapter may join messages of one channel, listeners take them apart.
 */
export interface BusPort {
  /** How events lie on their channels; absent: in frames of our own. */
  readonly events?: EventForm | undefined;
  /** The full name of a channel. `control` has one channel, without a name. */
  channel(kind: ChannelKind, name?: string): string;
  /** Resolves when the backend has taken it. @throws BackendUnavailableError after `timeout` ms */
  publish(channel: string, message: Uint8Array, timeout: number): Promise<void>;
  /**
   * Publishes an event, unless it is kept for somebody: then it does nothing and resolves to `false`, and the event
   * belongs into the queue. @throws BackendUnavailableError after `timeout` ms
   */
  publishEvent(name: string, message: Uint8Array, timeout: number): Promise<boolean>;
  /** Resolves when the subscription is in force. Restored by itself after a lost connection. */
  subscribe(channel: string, listener: (message: Buffer) => void): Promise<Unsubscribe>;
  /**
   * Like `subscribe`, to every event whose name a pattern with wildcards stands for; the listener is told the name.
   * @throws InvalidConfigError where events go by ways that know no patterns
   */
  subscribePattern(
    pattern: string,
    listener: (name: string, message: Buffer) => void,
  ): Promise<Unsubscribe>;
  /** Called after subscriptions were interrupted and are in force again: messages may have been missed. */
  onGap(listener: () => void): Unsubscribe;
}
