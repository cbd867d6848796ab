import { decodeHeader } from '../../codec/index.js';
import { InvalidOptionsError } from '../../errors/index.js';
import { type Address, type Envelope, addressName } from '../../message/index.js';
import type { FoundMessage, MessagePage, MessageQuery } from '../index.js';
import { type Layout, idTime } from './layout.js';
import type { RedisLink } from './link.js';
import { toRedisFailure } from './redis-error.js';

/** Sources one step looks into, and steps of one page. */
const SOURCES = 64;
const STEPS = 4;
const FIRST = '0-0';

/** Where pages of parked messages end: a time and how many of that time, or a cursor of Redis. */
const PARKED = /^(\d+(:\d+)?)?$/;
const NO_PLACE = 'after is not where a page of these messages ended';

/** A stream or lane, and whose lane it is. */
interface Source {
  readonly key: string;
  readonly consumer?: string;
}

/** Where a page ended: behind that entry of the source, or behind the whole of it. */
interface Place {
  readonly key: string;
  readonly entry: string | undefined;
}

type RawEntry = readonly [id: Buffer, fields: readonly Buffer[], holder: Buffer, since: Buffer];
type RawSource = readonly [looked: number, last: Buffer, ...entries: RawEntry[]];
type RawParked = readonly [header: Buffer, payload: Buffer, due: Buffer];
type RawPage = readonly [next: Buffer, looked: number, ...messages: RawParked[]];

/** Lists messages where they lie, a bounded number at a time. */
export class RedisBrowser {
  readonly #link: RedisLink;
  readonly #layout: Layout;

  constructor(link: RedisLink, layout: Layout) {
    this.#link = link;
    this.#layout = layout;
  }

  async page(query: MessageQuery): Promise<MessagePage> {
    const { state, name } = query;
    const isParked = state === 'delayed' || state === 'gated';
    const { messages, ...rest } = isParked ? await this.#parked(query) : await this.#queued(query);
    const wanted = messages.filter(
      ({ envelope }) => name === undefined || addressName(envelope.address) === name,
    );
    return { ...rest, messages: wanted };
  }

  async #parked({ state, count, after = '' }: MessageQuery): Promise<MessagePage> {
    const { keys, scripts } = this.#layout;
    if (!PARKED.test(after)) throw new InvalidOptionsError(NO_PLACE);
    const args = [keys.root, state, after, count];
    const raw = (await this.#guard(this.#link.run(scripts.browseParked, args))) as RawPage;
    const [next, looked, ...parked] = raw;
    const messages = parked.map(([header, payload, due]): FoundMessage => {
      const envelope = readable(() => decodeHeader(header));
      return { state, envelope, payload, ...(due.length === 0 ? {} : { due: Number(due) }) };
    });
    return { messages, looked, ...(next.length === 0 ? {} : { next: String(next) }) };
  }

  async #queued(query: MessageQuery): Promise<MessagePage> {
    const { count, after } = query;
    const start = after === undefined ? undefined : toPlace(after);
    let sources = behind(await this.#sources(query.name), start);
    let entry = start?.entry ?? FIRST;
    let looked = 0;
    const messages: FoundMessage[] = [];
    for (let step = 0; step < STEPS && sources.length > 0; step += 1) {
      const some = sources.slice(0, SOURCES);
      const found = await this.#look(query, some, { entry, count: count - looked });
      for (const [i, [seen, , ...entries]] of found.entries()) {
        looked += seen;
        messages.push(...entries.map((raw) => this.#toMessage(query, some[i]!, raw)));
      }
      const last = some[found.length - 1]!;
      if (looked >= count) {
        const next = fromPlace({ key: last.key, entry: String(found.at(-1)![1]) });
        return { messages, looked, next };
      }
      entry = FIRST;
      sources = sources.slice(some.length);
      if (step === STEPS - 1 && sources.length > 0) {
        return { messages, looked, next: fromPlace({ key: last.key, entry: undefined }) };
      }
    }
    return { messages, looked };
  }

  async #look(
    { state }: MessageQuery,
    sources: readonly Source[],
    { entry, count }: { readonly entry: string; readonly count: number },
  ): Promise<readonly RawSource[]> {
    const { keys, scripts } = this.#layout;
    const pairs = sources.flatMap(({ key }, i) => [key, i === 0 ? entry : FIRST]);
    const args = [keys.root, state, count, ...pairs];
    return (await this.#guard(this.#link.run(scripts.browse, args))) as readonly RawSource[];
  }

  /** Where messages can lie, in a fixed order. */
  async #sources(name: string | undefined): Promise<Source[]> {
    const { keys } = this.#layout;
    const [streams, subscriptions, members] = await Promise.all([
      this.#call('SMEMBERS', keys.key('streams')),
      this.#call('HKEYS', keys.key('attended')),
      this.#call('HKEYS', keys.key('members')),
    ]);
    const addresses = [...streams, ...subscriptions].filter(
      (address) => name === undefined || addressName(address as Address) === name,
    );
    const ofNames = new Set([...keys.streams, ...addresses.map((at) => keys.stream(at))]);
    const lanes = await Promise.all(members.map(async (member) => await this.#lanesOf(member)));
    const all = [...[...ofNames].map((key) => ({ key })), ...lanes.flat()];
    return all.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  }

  async #lanesOf(consumer: string): Promise<Source[]> {
    const { keys } = this.#layout;
    const named = await this.#call('HGETALL', keys.key('namesOf', consumer));
    const groups = named.filter((_, i) => i % 2 === 1 && named[i - 1] !== '');
    return [...new Set(groups)].map((group) => ({ key: keys.lane(consumer, group), consumer }));
  }

  #toMessage({ state }: MessageQuery, source: Source, raw: RawEntry): FoundMessage {
    const [id, fields, holder, handed] = raw;
    const entry = String(id);
    const { envelope, payload } = this.#read(entry, fields);
    const consumer = holder.length === 0 ? source.consumer : String(holder);
    const since = handed.length === 0 ? idTime(entry) : Number(handed);
    return { state, envelope, payload, since, ...(consumer === undefined ? {} : { consumer }) };
  }

  #read(id: string, fields: readonly Buffer[]): Pick<FoundMessage, 'envelope' | 'payload'> {
    let payload: Buffer = Buffer.alloc(0);
    const envelope = readable(() => {
      const message = this.#layout.readEntry(id, fields);
      payload = message.payload;
      return message.envelope;
    });
    return { envelope, payload };
  }

  async #call(command: string, key: string): Promise<string[]> {
    return ((await this.#guard(this.#link.call(command, [key]))) as Buffer[]).map(String);
  }

  async #guard(reply: Promise<unknown>): Promise<unknown> {
    try {
      return await reply;
    } catch (cause) {
      throw toRedisFailure(cause).error;
    }
  }
}

/** @throws InvalidOptionsError */
function toPlace(after: string): Place {
  const [, entry, key] = /^(\d+-\d+)? (.+)$/s.exec(after) ?? [];
  if (key === undefined) throw new InvalidOptionsError(NO_PLACE);
  return { key, entry };
}

const fromPlace = ({ entry = '', key }: Place): string => `${entry} ${key}`;

function behind(sources: readonly Source[], start: Place | undefined): readonly Source[] {
  if (start === undefined) return sources;
  const isOver = start.entry === undefined;
  return sources.filter(({ key }) => key > start.key || (key === start.key && !isOver));
}

/** What cannot be read is listed, too. */
function readable(read: () => Envelope): Envelope {
  try {
    return read();
  } catch {
    return { unique: '', address: 't:' };
  }
}
