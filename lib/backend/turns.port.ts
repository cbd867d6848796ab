import type { Address } from '../message/index.js';
import type { Member } from './queue.port.js';

/**
 * Whose turn it is, decided elsewhere than where messages lie: members announce themselves there, senders ask it and
 * propose. For `round_robin` and `weighted`, exact over all senders that ask. Nothing but evenness depends on it.
 */
export interface TurnsPort {
  /** Announces a member, or renews what is known of it. */
  announce(member: Member): Promise<void>;
  /** A sign of life; removes others whose time is over. `false`: it has to be announced again. */
  beat(consumer: string): Promise<boolean>;
  /** It gets no more turns; safe for one that was never announced. */
  withdraw(consumer: string): Promise<void>;
  setWeight(consumer: string, weight: number): Promise<void>;
  /** The consumers of the next `count` messages of an address; empty when turns are not what routes it there. */
  next(address: Address, count: number): Promise<readonly string[]>;
  close(): Promise<void>;
}
