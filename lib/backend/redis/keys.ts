import type { Address } from '../../message/index.js';

/**
 * Every key of an app, after its root `{<prefix>:<app>}:`. The braces make it one hash tag, so one script reaches all
 * of it and Redis Cluster keeps it together. Scripts write `$name` for the key, see scripts/load-script.ts.
 */
export const KEYS = {
  /** string: version of this layout */
  layout: 'v',
  /** hash: consumer → msgpack of its {@link Member} and when it joined */
  members: 'm',
  /** zset: consumer → ms at which its time is over */
  expiries: 'hb',
  /** counter: how often the membership changed */
  epoch: 'e',
  /** string: ms of the last beat of anyone */
  tick: 'tick',
  /** string with expiry: the consumer that arms exact timers and sweeps */
  leader: 'lead',
  /** + consumer, hash: address → group; '' → its service */
  namesOf: 'mn:',
  /**
   * + address, hash: `S` + scope → live members that handle it; `R` + scope → its rule, unless it is `competing`;
   * '' → msgpack of its bounds. A scope is a group of a service: length of the service, the service, the group.
   */
  claims: 'cl:',
  /** hash: scope → rule its members follow */
  rules: 'ru',
  /** + scope, set: its live members */
  peers: 'gm:',
  /** hash: consumer → weight */
  weights: 'w',
  /** hash: consumer that is paused → the weight it has afterwards; its weight is 0 meanwhile */
  resting: 'wr',
  /** hash: consumer → hash of its id */
  hashes: 'hx',
  /**
   * + scope, zset: of its members with a weight, for `round_robin` and `weighted` the virtual time of the next turn,
   * for `least_conn` entries of the lane / weight + a fraction that tells ties apart, for `consistent_hash` the hash
   */
  deck: 'lb:',
  /** hash: scope → msgpack of the weights of all its members, where turns or loads go by them */
  shares: 'sh',
  /** hash: scope → picks so far, to tell ties apart (`least_conn`) */
  picks: 'pk',
  /** hash: lane → its scope, of lanes whose load stands in a deck */
  loaded: 'll',
  /** hash: address → messages of it that lie in lanes, held ones included */
  laned: 'lc',
  /** + service, set: lanes of its members for tasks */
  taskLanes: 'tl:',
  /** hash: `done` or `failed` + blank + consumer → how many, since it joined */
  work: 'wk',
  /** + service, set: live members */
  crew: 'ms:',
  /** + service, set: `t:` or `r:` and the queue, of those nobody reads for now */
  paused: 'ps:',
  /** + service, set: addresses its members handle */
  serviceNames: 'sn:',
  /** set: addresses that have a stream */
  streams: 'ss',
  /** + address, stream: ready messages of a name, held ones included */
  stream: 'n:',
  /** + length of consumer, consumer and group, stream: what was routed to one consumer */
  lane: 'l:',
  /** zset: unique → ms at which it is due */
  due: 'z',
  /** hash: unique → msgpack of header and payload, of everything parked (delayed or behind its key) */
  bodies: 'd',
  /** hash: address → scope of its keys; those of events need no entry */
  scopes: 'sc',
  /** + scope, hash: key → unique of the message that holds it */
  busy: 'kb:',
  /** + length of scope, scope and key, list: uniques waiting for the key */
  waitlist: 'k:',
  /** hash: scope, of events the address → messages waiting behind a key */
  gated: 'kc',
  /** + producer, hash with expiry: the last batch number that ended in each digit, and its answer */
  producer: 'p:',
  /** + length of address, address and dedupe id, string with expiry: unique of the accepted message */
  dedupe: 'dd:',
  /** set: addresses of requests that may be handled again when their holder is lost */
  idempotent: 'id',
  /** + unique, string with expiry: the last frame of a reply; empty: a repeatable request is on its way */
  reply: 'r:',
  /** + event, hash: address of each of its subscriptions → msgpack of include/events.lua */
  subscriptions: 'sub:',
  /** hash: address of every subscription → ms when somebody was last seen to handle it */
  attended: 'sat',
  /** counter: subscriptions so far */
  subscribed: 'sno',
  /** hash: address of a subscription → bytes that came since its bounds were last looked at */
  unweighed: 'suw',
  /** hash: address of a subscription → events that were dropped, which nobody was told yet */
  untold: 'sut',
  /** + event, stream: what subscriptions that begin with the earliest get */
  log: 'log:',
  /** stream: dead letters */
  dead: 'dlq',
  /** string: there where the events of the app go by sharded Pub/Sub */
  sharded: 'es',
  /** hash: counters */
  counters: 'st',
  /** string: the group of a stream shared with others */
  group: 'group',
  /** string: id up to which entries of a shared stream were there, and handed out, before us */
  floor: 'floor',
  /** zset: consumer that is no member any more → when that was, on a shared stream: it is none of the others */
  gone: 'gone',
} as const;

/** The layout this release writes; another one in the database refuses to start. */
export const LAYOUT_VERSION = '2';

/** The consumer group of every stream of our own. */
export const GROUP = 'g';

/** Names for what is not done in a script. */
export abstract class Keys {
  /** What every script gets as its only declared key. */
  abstract readonly root: string;
  /** Whether events go by sharded Pub/Sub. */
  readonly sharded: boolean = false;

  key(name: keyof typeof KEYS, rest = ''): string {
    return this.root + KEYS[name] + rest;
  }

  lane(consumer: string, group: string): string {
    return this.key('lane', `${Buffer.byteLength(consumer)}:${consumer}:${group}`);
  }

  abstract stream(address: Address | string): string;

  /** Streams that are there whatever names are. */
  readonly streams: readonly string[] = [];

  abstract channel(kind: 'event' | 'reply' | 'control', name?: string): string;

  /** Channels that nobody publishes on, for a connection that subscribes to both kinds. */
  get anchors(): readonly { readonly kind: 'channel' | 'shard'; readonly name: string }[] {
    return [];
  }

  /** Whether a channel is one of sharded Pub/Sub. */
  isSharded(_channel: string): boolean {
    return false;
  }
}

/** The names of one app. */
export class AppKeys extends Keys {
  readonly root: string;
  readonly #channels: string;

  /** @param sharded whether events have channels in the hash slot of the app, for sharded Pub/Sub */
  constructor(
    readonly prefix: string,
    readonly appName: string,
    override readonly sharded = false,
  ) {
    super();
    this.root = `{${prefix}:${appName}}:`;
    this.#channels = `${prefix}:${appName}:`;
  }

  stream(address: Address | string): string {
    return this.key('stream', address);
  }

  channel(kind: 'event' | 'reply' | 'control', name = ''): string {
    if (kind === 'event') return `${this.sharded ? this.root : this.#channels}ev:${name}`;
    return kind === 'reply' ? `${this.#channels}rpl:${name}` : `${this.#channels}ctl`;
  }

  override get anchors(): readonly { readonly kind: 'channel' | 'shard'; readonly name: string }[] {
    if (!this.sharded) return [];
    return [
      { kind: 'channel', name: `${this.#channels}anchor` },
      { kind: 'shard', name: `${this.root}anchor` },
    ];
  }

  /** A prefix holds no braces, so no other channel begins like this. */
  override isSharded(channel: string): boolean {
    return this.sharded && channel.startsWith(this.root);
  }
}
