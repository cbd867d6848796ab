import type { Member } from '../index.js';

/** A member with its place in time. */
export interface Seat {
  readonly member: Member;
  /** Whether it handles an address, and if so whether by a bound of the handler's own. */
  readonly names: ReadonlyMap<string, { readonly own: boolean }>;
  readonly joinedAt: number;
  /** From this moment on others may evict it. */
  expiresAt: number;
}
