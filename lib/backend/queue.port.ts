import type { RouteConsumer, Rule } from '../balancer/index.js';
import type { Address } from '../message/index.js';
import type { Added, Delivery, Fetched, Lease, NewMessage, Undecodable, Want } from './messages.js';
import type { CancelResult, Settlement, Verdict } from './verdict.js';

/** What a member handles. */
export type MemberName = {
  readonly address: string;
  readonly group: string;
  /** Requests: one whose holder is lost is placed again, as a task is, and not answered with SERVER_LOST. */
  readonly idempotent?: boolean;
};

/** One running instance of a service. It is live until it is evicted, whatever its time; a rejoin is a new consumer. */
export interface Member {
  /** `service-host-pid-random`, never used again. */
  readonly consumer: string;
  readonly service: string;
  readonly instanceName: string;
  /** Milliseconds without a beat after which others may evict it. */
  readonly ttl: number;
  /** What it handles, and in which group. */
  readonly names: readonly MemberName[];
  /**
   * Its groups: `t:` or `r:`, then a queue, then `/` and a name if that handler has a bound of its own. The messages
   * of one group that are routed to this member lie in one lane.
   */
  readonly groups: readonly { readonly name: string; readonly rule: Rule }[];
  /** Its share of routed work, a whole number; 0: it gets nothing new. Kept when a member joins again. */
  readonly weight: number;
  /** Whether it joins paused, see {@link QueuePort.pauseMember}: it was so before it was evicted. Default false. */
  readonly paused?: boolean;
  /** Bound on waiting tasks of the service; absent: none. */
  readonly streamLength?: number;
  readonly overflow: 'reject' | 'drop-oldest';
  /** Bound on waiting requests of one name. */
  readonly maxWaiting: number;
  /** Events that are kept for its service; they stand in `names`, too. Default: none. */
  readonly subscriptions?: readonly SubscriptionTerms[];
}

/** One subscription of a service; the first member that has it says where it begins, each one renews its bounds. */
export interface SubscriptionTerms {
  readonly address: Address;
  readonly event: string;
  /** With what comes from now on, or with what is still in the log of the event. */
  readonly from: 'new' | 'earliest';
  /** An event that has waited for so long is dropped, and so is a subscription nobody has handled for so long, in ms. */
  readonly maxAge: number;
  /** Beyond so many bytes of waiting events the oldest are dropped. */
  readonly maxBytes: number;
  /** How long the log keeps events for subscriptions that begin with the earliest, in ms; 0: there is no log. */
  readonly retention: number;
}

/** The answer to a sign of life. */
export interface Beat {
  /** `evicted`: not a member any more; everything it held was placed again, nothing it settles is accepted. */
  readonly status: 'alive' | 'evicted';
  /** Those of the held leases that are lost. */
  readonly lost: readonly Lease[];
  /** The backend's clock, in ms. */
  readonly now: number;
  /** When the next delayed message is due, on the backend's clock; absent: none waits. */
  readonly nextDue?: number;
  /** Members whose time is over; whoever learns of them evicts them. */
  readonly expired: readonly string[];
  /** Whether this consumer is the one that arms exact timers and sweeps. At most one at a time. */
  readonly leader: boolean;
  /** The member's weight as it stands; while it is paused, the one it has afterwards. */
  readonly weight: number;
  /** Whether this member alone is paused; absent: no. */
  readonly memberPaused?: boolean;
  /** Queues of its service that nobody reads for now: `t:` or `r:` and the queue; absent: none. */
  readonly paused?: readonly string[];
}

/**
 * Reads for one consumer and one kind. One `fetch` at a time. Rides out lost connections by itself: what was handed
 * over but never arrived is fetched again before anything new.
 */
export interface Reader {
  /**
   * Waits until a message can be taken, then takes at most `total` (in rare races a few more, which the caller gives
   * back; 1 or more) and at most `limit` of each name. Resolves empty after {@link wake}, {@link close}, or now and then.
   * @param lanesOnly takes only what was routed to this consumer: it is drained
   */
  fetch(total: number, wants: readonly Want[], lanesOnly?: boolean): Promise<Fetched>;
  /** Ends a waiting `fetch`; without one, the next `fetch` returns at once. */
  wake(): void;
  /** Ends a waiting `fetch` for good; later ones reject with CLOSED. What arrives late comes back by eviction. */
  close(): Promise<void>;
}

/**
 * The durable side: a message is always in exactly one place, and every method is one atomic change of place.
 * Places: a name's stream, a consumer's lane, the wait list of a key, the delayed set, the dead letters, gone.
 * Calls reject with BACKEND_UNAVAILABLE when the backend cannot be reached in time; none of them hangs.
 */
export interface QueuePort {
  /**
   * Accepts all messages of the group or none of them. A repeatable request that is on its way, or whose reply is kept,
   * is reported as a duplicate. Sent again internally until it is known to be accepted or
   * `timeout` ms are over; never accepted twice.
   * An event (`e::` and its name) is copied to every subscription and published to whoever listens, in the same step.
   * @throws OverloadedError, NoHandlerError (requests): nothing was accepted
   */
  add(group: readonly NewMessage[], timeout: number): Promise<Added[]>;
  /**
   * Makes the consumer a member, or repairs its membership; safe to repeat.
   * @throws InvalidConfigError when live members of one of its groups follow another rule
   */
  join(member: Member): Promise<Beat>;
  /** A sign of life; renews the held leases. */
  beat(consumer: string, held: readonly Lease[]): Promise<Beat>;
  /**
   * Ends a membership and places again what the consumer held: refused (`'alive'`) unless its time is over or it is
   * `leaving`. Requests it was handed are answered SERVER_LOST; tasks it was handed count one more lost delivery
   * (unless `leaving`), at `lostLimit` they go to the dead letters.
   */
  evict(consumer: string, options: EvictOptions): Promise<'alive' | 'evicted'>;
  /**
   * Reads what the wants of its fetches name, and the lanes of their groups.
   * @param label tells readers of one consumer apart
   * @param holds whether the caller still has that lease in its hands; asked when a connection was lost
   */
  reader(consumer: string, label: string, holds: (lease: Lease) => boolean): Reader;
  /**
   * Ends a delivery. Waits out an unreachable backend until `abandon` aborts, then rejects. `stale` after a lost
   * reply may mean that the first attempt was accepted.
   */
  settle(
    consumer: string,
    delivery: Delivery | Undecodable,
    verdict: Verdict,
    abandon?: AbortSignal,
  ): Promise<Settlement>;
  /** When what a consumer holds came to where it was read, on the backend's clock, in ms; `undefined`: it is not known. */
  readyAt(consumer: string, lease: Lease): number | undefined;
  /** Changes a member's share of routed work, with effect from the next message on; `false`: there is no such member. */
  setWeight(consumer: string, weight: number): Promise<boolean>;
  /**
   * Stops or starts the reading of one queue of a service by all members, those that join later included: they learn it
   * from their beat, and are told at once to beat. What lies there stays. `false`: it was so already.
   * @param pool `t:` or `r:` and the queue
   */
  pause(service: string, pool: string, paused: boolean): Promise<boolean>;
  /**
   * Stops or starts one member. Paused, it is drained, whatever its weight, which it has again afterwards; it takes
   * nothing at all then, and gives back what lies unread in its lanes. It is told at once to beat. `false`: there is no
   * such member.
   */
  pauseMember(consumer: string, paused: boolean): Promise<boolean>;
  /** Who can be sent messages of an address, when one group of one service handles it; else `undefined`. */
  routes(address: Address): Promise<Routes | undefined>;
  /**
   * Moves messages nobody was handed yet from lanes of other members to those of `consumer`, for names it handles.
   * `share`: until it has its share by weight. Otherwise those that have waited for `olderThan` ms, the oldest first,
   * from the longest lane. One chunk a call; returns how many were moved.
   */
  takeOver(consumer: string, group: string, from: TakeOver): Promise<number>;
  /** Places what is due; returns when the next one is. */
  promote(): Promise<{ readonly nextDue?: number; readonly now: number }>;
  /** Finds messages held by consumers that are no members (a dead one that read once more) and places them again. */
  reclaim(lostLimit: number): Promise<number>;
  /** Gives a subscription that begins with the earliest what the log has for it, until it has caught up. */
  catchUp(subscription: Address): Promise<void>;
  /**
   * Looks after the subscriptions of the app: brings up those that are behind, drops what is beyond their bounds, trims
   * the logs. Nothing else ever removes an event that a subscription has not handled. Tells what people must know.
   */
  tend(): Promise<readonly Backlog[]>;
  /**
   * Takes a message out before it runs, or tells its holder. The caller of a request that was taken out gets CANCELLED.
   * @param kind looks for a message of that kind only
   */
  cancel(id: string, kind?: 'request'): Promise<CancelResult>;
  /** Replies that were kept, by unique part of the request's id. */
  keptReplies(uniques: readonly string[]): Promise<(Buffer | undefined)[]>;
}

/** A subscription that is near one of its bounds, or beyond it. */
export interface Backlog {
  readonly subscription: Address;
  /** `near`: above 80 % of a bound; `dropped`: events were lost; `removed`: nobody handled it for its `maxAge`. */
  readonly state: 'near' | 'dropped' | 'removed';
  /** Events dropped since this was last told. */
  readonly dropped: number;
  /** The oldest one that waits, in ms, and all that wait, in bytes (an estimate), with their bounds. */
  readonly age: number;
  readonly maxAge: number;
  readonly bytes: number;
  readonly maxBytes: number;
}

/** What {@link QueuePort.takeOver} takes. */
export type TakeOver =
  | { readonly share: true }
  | { readonly share: false; readonly olderThan: number; readonly count: number };

/** Who can take messages of one address, at one moment. */
export interface Routes {
  /** The membership they are of. */
  readonly epoch: number;
  /** The service and its group. */
  readonly service: string;
  readonly group: string;
  readonly rule: Rule;
  /** Those that handle the address and are not drained. */
  readonly consumers: readonly RouteConsumer[];
}

export interface EvictOptions {
  readonly leaving: boolean;
  readonly lostLimit: number;
}
