import { bareEvents, decodeHeader } from '../../../codec/index.js';
import { CodecError } from '../../../errors/index.js';
import { MessageIds, toAddress } from '../../../message/index.js';
import { type Layout, type Message, idTime } from '../layout.js';
import { loadScript } from '../load-script.js';
import { SCRIPTS, type Scripts } from '../scripts.js';
import { SharedKeys } from './keys.js';

export interface SharedScripts extends Scripts {
  readonly trim: Scripts['reclaim'];
}

export interface SharedLayout extends Layout {
  readonly scripts: SharedScripts;
}

/** A stream with the entries, events and replies of Go-Broker, under the names its services use. */
export function sharedLayout(stream: string, group: string): SharedLayout {
  const ids = new MessageIds();
  return {
    keys: new SharedKeys(stream),
    scripts: loadScripts(stream, group),
    group,
    events: bareEvents(() => ids.unique()),
    readEntry,
  };
}

/** Those that place, read or count messages are other ones here. */
function loadScripts(stream: string, group: string): SharedScripts {
  const head = `local S, G = ${quoted(stream)}, ${quoted(group)}\n`;
  const load = (name: string) => loadScript(name, { folder: 'shared', head, group: 'G' });
  return {
    ...SCRIPTS,
    add: load('add'),
    settle: load('settle'),
    join: load('join'),
    beat: load('beat'),
    evict: load('evict'),
    promote: load('promote'),
    reclaim: load('reclaim'),
    cancelParked: load('cancel-parked'),
    cancelEntry: load('cancel-entry'),
    locate: load('locate'),
    replay: load('replay'),
    setWeight: load('set-weight'),
    pauseMember: load('pause-member'),
    inspect: load('inspect'),
    backlog: load('backlog'),
    browse: load('browse'),
    trim: load('trim'),
  };
}

/** Text as Lua writes it, whatever bytes it has. */
const quoted = (text: string): string =>
  `'${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}'`;

const FIELDS = ['h', 'type', 'name', 'payload', 'reply_to', 'correlation_id'] as const;
type Fields = Partial<Record<(typeof FIELDS)[number], Buffer>>;
const NONE = Buffer.alloc(0);

/** Fields come in any order: Go's maps have none. */
function readEntry(id: string, list: readonly Buffer[]): Message {
  const fields: Fields = {};
  for (let i = 0; i < list.length; i += 2) {
    const name = String(list[i]) as (typeof FIELDS)[number];
    if (FIELDS.includes(name)) fields[name] = list[i + 1]!;
  }
  const { h, payload = NONE } = fields;
  if (h !== undefined) return { envelope: decodeHeader(h, idTime(id)), payload };
  return { envelope: toEnvelope(id, fields), payload };
}

/** What Go-Broker leaves open has its default: the entry's id tells when it came, and names it. */
function toEnvelope(id: string, fields: Fields): Message['envelope'] {
  const [type = '', name = '', replyTo = '', correlation = ''] = [
    fields.type,
    fields.name,
    fields.reply_to,
    fields.correlation_id,
  ].map((field) => field?.toString());
  if (name === '' || (type !== 'task' && type !== 'rpc')) {
    throw new CodecError(`an entry of the shared stream has the type "${type}", name "${name}"`);
  }
  const common = { unique: id, enqueuedAt: idTime(id) };
  if (type === 'task') return { ...common, address: toAddress('task', name) };
  return {
    ...common,
    address: toAddress('request', name),
    correlation,
    ...(replyTo === '' ? {} : { replyTo }),
  };
}
