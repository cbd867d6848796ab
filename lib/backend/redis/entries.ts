import type { Lease } from '../index.js';

/** One entry of a stream as Redis gave it. */
export interface RawEntry {
  readonly lease: Lease;
  /** Names and values in turn. */
  readonly fields: readonly Buffer[];
}

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

/** The value of a field by its name of one letter, wherever it stands. */
export function fieldOf(fields: readonly Buffer[], name: string): Buffer | undefined {
  const letter = name.charCodeAt(0);
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i]!.length === 1 && fields[i]![0] === letter) return fields[i + 1];
  }
  return undefined;
}
