import { decodeHeader, unpack } from '../../codec/index.js';
import type { PlainError } from '../../errors/index.js';
import type { Envelope } from '../../message/index.js';
import type { DeadLetter, DeadLettersPort, DeadReason } from '../index.js';
import { fieldOf } from './entries.js';
import type { Layout } from './layout.js';
import type { RedisLink } from './link.js';
import { toRedisFailure } from './redis-error.js';

const NONE = Buffer.alloc(0);
/** Entries one script puts back at once. */
const CHUNK = 128;

interface DeadInfo {
  readonly r: DeadReason;
  readonly e: string;
  readonly c: string;
  readonly w: number;
}

/** The stream of dead letters of an app. */
export class RedisDeadLetters implements DeadLettersPort {
  readonly #link: RedisLink;
  readonly #layout: Layout;

  constructor(link: RedisLink, layout: Layout) {
    this.#link = link;
    this.#layout = layout;
  }

  async list(options: { readonly after?: string; readonly count: number }): Promise<DeadLetter[]> {
    const from = options.after === undefined ? '-' : `(${options.after}`;
    const args = [this.#layout.keys.key('dead'), from, '+', 'COUNT', options.count];
    const entries = await this.#guard(this.#link.call('XRANGE', args));
    return (entries as [Buffer, Buffer[]][]).map(([id, fields]) =>
      toDeadLetter(String(id), fields),
    );
  }

  async replay(entries: readonly string[]): Promise<number> {
    let replayed = 0;
    for (let i = 0; i < entries.length; i += CHUNK) {
      const args = [this.#layout.keys.root, ...entries.slice(i, i + CHUNK)];
      replayed += Number(await this.#guard(this.#link.run(this.#layout.scripts.replay, args)));
    }
    return replayed;
  }

  async drop(entries: readonly string[]): Promise<number> {
    if (entries.length === 0) return 0;
    const args = [this.#layout.keys.key('dead'), ...entries];
    return Number(await this.#guard(this.#link.call('XDEL', args)));
  }

  async #guard(reply: Promise<unknown>): Promise<unknown> {
    try {
      return await reply;
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }
}

function toDeadLetter(entry: string, fields: readonly Buffer[]): DeadLetter {
  const info = unpack(fieldOf(fields, 'e')!) as DeadInfo;
  return {
    entry,
    envelope: readEnvelope(fieldOf(fields, 'h') ?? NONE),
    payload: fieldOf(fields, 'p') ?? NONE,
    reason: info.r,
    error: JSON.parse(info.e) as PlainError,
    consumer: info.c,
    diedAt: info.w,
  };
}

/** What cannot be read is listed too; it is then known by its error alone. */
function readEnvelope(header: Buffer): Envelope {
  try {
    return decodeHeader(header);
  } catch {
    return { unique: '', address: 't:' };
  }
}
