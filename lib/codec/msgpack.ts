import { Unpackr } from 'msgpackr';
import { CodecError } from '../errors/index.js';

/** One setting of msgpackr for all that is not payload: plain maps, numbers as numbers, so that Lua reads it too. */
const OPTIONS = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  int64AsType: 'number',
} as const;

const unpackr = new Unpackr(OPTIONS);

export const unpack = (bytes: Uint8Array): unknown => unpackr.unpack(bytes) as unknown;
/** Values that follow each other. @throws CodecError */
export function unpackMany(bytes: Uint8Array): unknown[] {
  try {
    return (unpackr.unpackMultiple(bytes) ?? []) as unknown[];
  } catch (cause) {
    throw new CodecError('what was published cannot be read', { cause });
  }
}
