import { createHash } from 'node:crypto';
import { SCRIPTS } from '../../../lib/backend/redis/scripts.js';

/** A script with one fault built in, which the model test has to find. */
export interface RedisMutant {
  readonly name: string;
  /** The rule under which it shows. Default `competing`. */
  readonly rule?: string;
  /** Of the messages in which it shows, so that a slow machine does not hide it. */
  readonly longestDelay?: number;
  readonly scripts: readonly (keyof typeof SCRIPTS)[];
  /** What stands in the script, key names already in place, and what takes its place. */
  readonly from: string | RegExp;
  readonly to: string;
}

export const REDIS_MUTANTS: readonly RedisMutant[] = [
  {
    name: 'has no key gate',
    scripts: ['add', 'promote', 'replay'],
    from: /(local function admit\([^)]*\)\n\s*)if m\.k and .* then/,
    to: '$1if false then',
  },
  {
    name: 'accepts what was sent again',
    scripts: ['add'],
    from: 'for _, d in ipairs(dedupes) do',
    to: 'for _, d in ipairs({}) do',
  },
  {
    name: 'forgets to free the key of a dead letter',
    scripts: ['settle', 'evict'],
    from: /(count\('dead', 1\)\n\s*)if m then/,
    to: '$1if false then',
  },
  {
    name: 'uses the lanes of the departed',
    // not in evict: it would go round in circles
    scripts: ['add', 'settle', 'promote'],
    from: /(known = group and .* or) \{\}/,
    to: "$1 { lane = consumer ~= 'ghost' and lane(consumer, 't:default') or nil }",
  },
  {
    name: 'drops what an evicted consumer held',
    scripts: ['evict'],
    from: /place\(m, encode\(m\), p\)/,
    to: 'if not handed then place(m, encode(m), p) end',
  },
  {
    name: 'keeps the lanes of the evicted',
    scripts: ['evict'],
    from: /(return over\('more'\)\n\s*end\n\s*)call\('DEL', key\)/,
    to: '$1',
  },
  {
    name: 'keeps the evicted as members',
    scripts: ['evict'],
    from: /return over\('done'\)\n/,
    to: "if meta then call('HSET', T .. 'm', consumer, meta) end\nreturn over('done')\n",
  },
  {
    name: 'settles what is stale',
    scripts: ['settle'],
    from: /(local function reject\(source, id\)\n)/,
    to: '$1 if true then return end\n',
  },
  {
    name: 'leaves a copy where a message was taken from',
    scripts: ['settle'],
    from: /(\n\s*)call\('XDEL', r\[1\], unpack\(r\[2\]\)\)/,
    to: '$1',
  },
  {
    name: 'forgets attempts',
    scripts: ['settle'],
    from: 'm.a = (m.a or 0) + 1',
    to: '',
  },
  {
    name: 'forgets lost deliveries',
    scripts: ['evict'],
    from: 'm.d = (m.d or 0) + 1',
    to: '',
  },
  {
    name: 'is early',
    scripts: ['promote'],
    from: "'-inf', now,",
    to: "'-inf', now + 100000,",
    longestDelay: 1_500,
  },
];

/** Puts the fault in; the returned function takes it out again. */
export function applyRedisMutant({ name, scripts, from, to }: RedisMutant): () => void {
  const healthy = { ...SCRIPTS };
  for (const script of scripts) {
    const { text } = SCRIPTS[script];
    const mutated = text.replace(from, to);
    if (mutated === text) throw new Error(`"${name}" finds nothing to change in ${script}.lua`);
    const sha = createHash('sha1').update(mutated).digest('hex');
    SCRIPTS[script] = { ...SCRIPTS[script], text: mutated, sha };
  }
  return () => void Object.assign(SCRIPTS, healthy);
}
