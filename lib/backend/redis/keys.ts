import type { Address, QueuedKind } from '../../message/index.js';

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
  /** + consumer, hash: address → '1', or '2' when the handler has its own bound */
  namesOf: 'mn:',
  /** + address, hash: service → live members that handle it; '' → msgpack of its bounds */
  claims: 'cl:',
  /** + service, set: live members */
  crew: 'ms:',
  /** + service, set: addresses its members handle */
  serviceNames: 'sn:',
  /** set: addresses that have a stream */
  streams: 'ss',
  /** + address, stream: ready messages of a name, held ones included */
  stream: 'n:',
  /** + `t:` or `r:` + consumer, stream: what was routed to one consumer */
  lane: 'l:',
  /** zset: unique → ms at which it is due */
  due: 'z',
  /** hash: unique → msgpack of header and payload, of everything parked (delayed or behind its key) */
  bodies: 'd',
  /** hash: address → scope of its keys */
  scopes: 'sc',
  /** + scope, hash: key → unique of the message that holds it */
  busy: 'kb:',
  /** + length of scope, scope and key, list: uniques waiting for the key */
  waitlist: 'k:',
  /** hash: scope → messages waiting behind a key */
  gated: 'kc',
  /** + producer, hash with expiry: its last 16 batch numbers */
  producer: 'p:',
  /** + length of address, address and dedupe id, string with expiry: unique of the accepted message */
  dedupe: 'dd:',
  /** + unique, string with expiry: the last frame of a reply */
  reply: 'r:',
  /** stream: dead letters */
  dead: 'dlq',
  /** hash: counters */
  counters: 'st',
} as const;

/** The layout this release writes; another one in the database refuses to start. */
export const LAYOUT_VERSION = '1';

/** The consumer group of every stream of our own. */
export const GROUP = 'g';

/** The names of one app, for what is not done in a script. */
export class AppKeys {
  /** What every script gets as its only declared key. */
  readonly root: string;
  readonly #channels: string;

  constructor(prefix: string, appName: string) {
    this.root = `{${prefix}:${appName}}:`;
    this.#channels = `${prefix}:${appName}:`;
  }

  key(name: keyof typeof KEYS, rest = ''): string {
    return this.root + KEYS[name] + rest;
  }

  stream(address: Address | string): string {
    return this.key('stream', address);
  }

  lane(kind: QueuedKind, consumer: string): string {
    return this.key('lane', `${kind === 'task' ? 't' : 'r'}:${consumer}`);
  }

  channel(kind: 'event' | 'reply' | 'control', name = ''): string {
    if (kind === 'event') return `${this.#channels}ev:${name}`;
    return kind === 'reply' ? `${this.#channels}rpl:${name}` : `${this.#channels}ctl`;
  }
}
