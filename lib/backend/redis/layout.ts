import type { EventForm } from '../../codec/index.js';
import { decodeEntry } from '../../codec/index.js';
import type { Envelope } from '../../message/index.js';
import { fieldOf } from './entries.js';
import { AppKeys, GROUP, type Keys } from './keys.js';
import { SCRIPTS, type Scripts } from './scripts.js';

/** The field of an entry that holds a message. */
export const ENTRY_FIELD = 'm';
const NONE = Buffer.alloc(0);

/** What an entry of a stream holds. */
export interface Message {
  readonly envelope: Envelope;
  readonly payload: Buffer;
}

/** How messages lie in Redis: names, entries and events, and the scripts that go with them. */
export interface Layout {
  readonly keys: Keys;
  readonly scripts: Scripts;
  /** The consumer group of every stream. */
  readonly group: string;
  /** Absent: frames that may follow each other in one publication. */
  readonly events?: EventForm;
  /** @throws CodecError when the entry is damaged, or of a newer release */
  readEntry(id: string, fields: readonly Buffer[]): Message;
}

/** An app on its own: a stream for each name. */
export const appLayout = (prefix: string, appName: string, sharded?: boolean): Layout => ({
  keys: new AppKeys(prefix, appName, sharded),
  scripts: SCRIPTS,
  group: GROUP,
  readEntry: (id, fields) => decodeEntry(fieldOf(fields, ENTRY_FIELD) ?? NONE, idTime(id)),
});

/** Milliseconds in an entry's id. */
export const idTime = (id: string): number => Number(id.slice(0, id.indexOf('-')));
