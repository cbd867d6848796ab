const SPAN = 2 ** 32;

/** FNV-1a over UTF-8, then the finalizer of MurmurHash3: 32 bits. include/hash.lua computes the same. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return mix32(hash);
}

/** The finalizer of MurmurHash3: every bit depends on every bit. */
export function mix32(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** One that keys can belong to. */
export interface Owner {
  readonly id: string;
  /** {@link hash32} of its id. */
  readonly hash: number;
  readonly weight: number;
}

/**
 * Weighted rendezvous hashing: of all owners the one with the least −ln(u) / weight, where u is drawn from key and
 * owner alone. Who leaves moves its own keys only, who joins takes its share only.
 * Source: Thaler and Ravishankar 1998; Schindelhauer and Schomaker 2005 for the weights.
 * @param key {@link hash32} of the key
 */
export function ownerOf(key: number, owners: readonly Owner[]): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const { id, hash, weight } of owners) {
    if (weight <= 0) continue;
    const score = -Math.log((mix32(key ^ hash) + 0.5) / SPAN) / weight;
    if (score < least || (score === least && best !== undefined && id < best)) {
      best = id;
      least = score;
    }
  }
  return best;
}
