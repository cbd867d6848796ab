import { type Owner, hash32 } from '../../balancer/index.js';
import type { Member } from '../index.js';

/** A member with its place in time, its weight and what it has done. */
export class Seat implements Owner {
  /** The consumer. */
  readonly id: string;
  /** Of the id, for keys that belong to consumers. */
  readonly hash: number;
  /** Addresses it handles, each with its group. */
  readonly names: ReadonlyMap<string, string>;
  /** Its share of routed work while it is not paused. */
  share: number;
  /** Whether it takes nothing for now. */
  paused: boolean;
  lastSeen: number;
  /** From this moment on others may evict it. */
  expiresAt: number;
  /** What it has settled as done, and attempts it ended otherwise. */
  processed = 0;
  failed = 0;

  constructor(
    readonly member: Member,
    readonly joinedAt: number,
  ) {
    this.id = member.consumer;
    this.hash = hash32(member.consumer);
    this.share = member.weight;
    this.paused = member.paused ?? false;
    this.lastSeen = joinedAt;
    this.expiresAt = joinedAt + member.ttl;
    this.names = new Map(member.names.map(({ address, group }) => [address, group]));
  }

  /** Its share of routed work as it stands; 0: drained or paused. */
  get weight(): number {
    return this.paused ? 0 : this.share;
  }
}
