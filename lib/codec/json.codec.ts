import type { PayloadCodec } from './payload-codec.js';

/** JSON in UTF-8. `undefined` travels as an empty payload; what JSON cannot express is refused by JSON itself. */
export const jsonCodec: PayloadCodec = {
  encode(value) {
    if (value === undefined) return '';
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`a ${typeof value} has no JSON form`);
    return text;
  },
  decode(bytes) {
    return bytes.length === 0 ? undefined : (JSON.parse(bytes.toString('utf8')) as unknown);
  },
};
