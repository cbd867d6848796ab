import type { BalanceStrategy } from '../balancer/index.js';
import type {
  CancelResult,
  DeadLettersPort,
  InspectorPort,
  LinkState,
  MembersChange,
  QueueStats,
} from '../backend/index.js';
import type { Enqueued, EventOptions, ReplyObserver, RequestOptions, TaskToSend } from './calls.js';
import type { Handler } from './handler.js';
import type { BrokerObserver } from './observer.js';
import type { StatsRates } from './rates.js';
import type { Strategy } from './settings.js';

/** The sending half. Every method encodes and checks before anything is sent. */
export interface Sender {
  /** One step, all or nothing; at most 256 tasks and 4 MiB. */
  enqueue(tasks: readonly TaskToSend[]): Promise<Enqueued[]>;
  publish(name: string, data: unknown, options?: EventOptions): Promise<void>;
  /** Starts a request; the returned function gives it up (nothing is called any more). */
  request(
    name: string,
    data: unknown,
    options: RequestOptions,
    observer: ReplyObserver,
  ): () => void;
  cancel(id: string): Promise<CancelResult>;
}

/** How this instance is. @publicApi */
export interface Health {
  /** `draining`: it shuts down, and takes nothing new. */
  readonly status: 'up' | 'down' | 'draining';
  /**
   * Whether the process can go on as it is. `false`: it was closed, or a loop that reads messages has ended by a
   * failure; restart it. A backend that is away, or a drain, is no reason.
   */
  readonly live: boolean;
  /** Whether it works now: status `up`. */
  readonly ready: boolean;
  /** Whether the backend can be reached. */
  readonly link: LinkState;
  /** Whether this instance takes work: a member with a beat inside its TTL. Producers: true. */
  readonly consuming: boolean;
  /** Milliseconds since the last beat that arrived; absent: not a member. */
  readonly sinceBeat?: number;
  /** Tasks and requests this instance could take now: its lag. Absent: not a member, or not known. */
  readonly waiting?: number;
  /** Milliseconds that the longest waiting of them has waited; absent: nothing waits. */
  readonly oldest?: number;
  /** Queues of its service that are paused: `t:` (tasks) or `r:` (requests) and the queue; absent: none. */
  readonly paused?: readonly string[];
  /** `true` while this instance alone is paused: it takes no tasks and requests of any queue; absent: it is not. */
  readonly instancePaused?: boolean;
  /** Why it is not up. */
  readonly reason?: string;
}

/** What this instance did not hear of the events it handles, since it was made. @publicApi */
export interface EventStats {
  /** Events that were dropped because its handlers did not keep up, counted for each handler. */
  readonly dropped: number;
  /** Interruptions of its subscriptions: events that were published meanwhile may have been missed. */
  readonly gaps: number;
  /** Milliseconds since the epoch, on this machine's clock, when the last of them was over; absent: there was none. */
  readonly lastGap?: number;
}

/** A picture of the app, and of what this instance missed. @publicApi */
export interface BrokerStats extends QueueStats {
  /** Absent in the first picture that this process takes, and in the next for a second. */
  readonly rates?: StatsRates;
  /** Of this instance alone. */
  readonly events: EventStats;
}

/** A subscription to durable events that is near one of its bounds, or beyond it. @publicApi */
export interface DurableBacklog {
  /** Its name. */
  readonly event: string;
  /** Whose subscription it is. */
  readonly service: string;
  /** Of a handler that has one. */
  readonly subscription?: string;
  /** `near`: above 80 % of a bound; `dropped`: events were lost; `removed`: nobody handled it for `maxAge`. */
  readonly state: 'near' | 'dropped' | 'removed';
  /** Events that were dropped since the last time. */
  readonly dropped: number;
  /** How long the oldest one has waited, in ms. */
  readonly age: number;
  /** Its bound, `events.maxAge`, in ms. */
  readonly maxAge: number;
  /** All that wait, in bytes. */
  readonly bytes: number;
  /** Its bound, `events.maxBytes`. */
  readonly maxBytes: number;
}

/** What happens inside, for whoever watches; the hot path says nothing while nobody listens. */
export interface RuntimeEvents {
  link: LinkState;
  joined: { readonly consumer: string };
  evicted: { readonly consumer: string };
  /** Somebody, of whatever service, joined, left, was evicted or got another weight. */
  members: MembersChange;
  /**
   * Events that this instance handles may have been missed: its subscriptions were interrupted, and are in force again
   * since `at`, in milliseconds since the epoch on this machine's clock. Once for each interruption.
   */
  gap: { readonly at: number };
  /** Events kept for a service come near a bound, or are dropped. Told by one instance of the app. */
  'durable-backlog': DurableBacklog;
}

/** Which queue, of which service. */
export interface PausedQueue {
  readonly queue: string;
  /** Absent: the one of this process. */
  readonly service?: string | undefined;
  readonly requests: boolean;
}

/** One broker in one process: sends, and handles once it was started. */
export interface Runtime {
  readonly sender: Sender;
  readonly deadLetters: DeadLettersPort;
  /** Messages and queues of the app, as they lie. */
  readonly inspector: Pick<InspectorPort, 'messages' | 'queues'>;
  /** This consumer's id while it is a member. */
  readonly consumerId: string | undefined;
  /** The strategy of queues that name none. */
  readonly strategy: Strategy;
  /** Takes the app's own strategy, for queues that name none; only before `start`. */
  provideStrategy(strategy: BalanceStrategy): void;
  /** Changes a member's share of routed work; `false`: there is no such member. */
  setWeight(consumer: string, weight: number): Promise<boolean>;
  /** Stops or starts the reading of a queue of a service by all its instances: of its tasks, with `requests` of those, too. */
  pause(queue: PausedQueue, paused: boolean): Promise<void>;
  /** Stops or starts one member, which keeps its weight; `false`: there is no such member. */
  pauseMember(consumer: string, paused: boolean): Promise<boolean>;
  /** Registers a handler; only before `start`. @throws DuplicateHandlerError */
  handle(handler: Handler): void;
  /** Resolves when the backend can be used; safe to repeat. */
  connect(): Promise<void>;
  /** Joins and takes work, if there are handlers; safe to repeat. */
  start(): Promise<void>;
  /** Takes nothing new, waits for running handlers within the grace time, gives the rest back, leaves; safe to repeat. Sending still works. */
  drain(): Promise<void>;
  /** Drains, then disconnects; waiting calls reject with CLOSED; safe to repeat. */
  close(): Promise<void>;
  health(): Promise<Health>;
  stats(): Promise<BrokerStats>;
  /** Watches messages that are sent and handled here from now on. @returns ends it */
  observe(observer: BrokerObserver): () => void;
  on<E extends keyof RuntimeEvents>(
    event: E,
    listener: (value: RuntimeEvents[E]) => void,
  ): () => void;
}
