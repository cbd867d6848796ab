import { ENTRY_FIELDS } from '../../codec/index.js';
import type { Lease } from '../index.js';

/** One entry of a stream as Redis gave it. */
export interface RawEntry {
  readonly lease: Lease;
  /** Names and values in turn. */
  readonly fields: readonly Buffer[];
}

const NONE = Buffer.alloc(0);
const HEADER = ENTRY_FIELDS.header.charCodeAt(0);
const PAYLOAD = ENTRY_FIELDS.payload.charCodeAt(0);

type RawReply = readonly (readonly [
  Buffer,
  readonly (readonly [Buffer, readonly Buffer[] | null])[],
])[];

/** Reads a reply of XREADGROUP. Entries that were deleted while pending have no fields and are left out. */
export function parseEntries(reply: unknown): RawEntry[] {
  const entries: RawEntry[] = [];
  for (const [stream, list] of (reply ?? []) as RawReply) {
    const source = stream.toString();
    for (const [id, fields] of list) {
      if (fields === null) continue;
      entries.push({ lease: { source, token: id.toString('latin1') }, fields });
    }
  }
  return entries;
}

/** Takes header and payload by name, in whatever order they are. */
export function readFields(fields: readonly Buffer[]): { header: Buffer; payload: Buffer } {
  let header: Buffer = NONE;
  let payload: Buffer = NONE;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    if (name.length !== 1) continue;
    if (name[0] === HEADER) header = fields[i + 1]!;
    else if (name[0] === PAYLOAD) payload = fields[i + 1]!;
  }
  return { header, payload };
}
