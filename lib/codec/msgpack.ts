import { Unpackr } from 'msgpackr';

/** One setting of msgpackr for all that is not payload: plain maps, numbers as numbers, so that Lua reads it too. */
const OPTIONS = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  int64AsType: 'number',
} as const;

const unpackr = new Unpackr(OPTIONS);

export const unpack = (bytes: Uint8Array): unknown => unpackr.unpack(bytes) as unknown;
export const unpackMany = (bytes: Uint8Array): unknown[] =>
  (unpackr.unpackMultiple(bytes) ?? []) as unknown[];
