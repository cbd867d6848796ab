/** Under which a payload holds what a serializer of Nest made of a whole packet, instead of the data alone. */
const SEAL = 'nest:packet';

/** Marks what a serializer made, so that the other side knows it is more, or less, than the data. */
export const sealPacket = (made: unknown): unknown => ({ [SEAL]: made });

/** What a serializer made, if one did. */
export function sealedPacket(payload: unknown): { readonly made: unknown } | undefined {
  if (typeof payload !== 'object' || payload === null || !(SEAL in payload)) return undefined;
  return { made: payload[SEAL] };
}
