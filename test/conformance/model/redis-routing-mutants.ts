import type { RedisMutant } from './redis-mutants.js';

/** Scripts that route in a wrong way. */
export const REDIS_ROUTING_MUTANTS: readonly RedisMutant[] = [
  {
    name: 'gives turns without weights',
    rule: 'weighted',
    scripts: ['add', 'settle', 'promote'],
    from: 'score + CYCLE / d.weights[id]',
    to: 'score + CYCLE',
  },
  {
    name: 'gives turns to the drained',
    rule: 'round_robin',
    scripts: ['setWeight', 'join', 'evict'],
    from: 'if weight > 0 then',
    to: 'if true then',
  },
  {
    name: 'goes on with the old cycle after another weight',
    rule: 'weighted',
    scripts: ['setWeight'],
    from: /(dealt\[scope\] = true\n\s*)deal\(scope\)/,
    to: '$1',
  },
  {
    name: 'forgets whose turn it was',
    rule: 'round_robin',
    scripts: ['add'],
    from: /(for _, d in pairs\(decks\) do\n\s*)put_down\(d\)/,
    to: '$1',
  },
  {
    name: 'does not see what was settled',
    rule: 'least_conn',
    scripts: ['settle'],
    from: 'touched[source] = true',
    to: '',
  },
  {
    name: 'takes loads for what they are, whatever the weights',
    rule: 'least_conn',
    scripts: ['join', 'setWeight'],
    from: "call('XLEN', lane(id, group)) / weight",
    to: "call('XLEN', lane(id, group))",
  },
  {
    name: 'hashes without weights',
    rule: 'consistent_hash',
    scripts: ['add', 'settle', 'promote', 'evict'],
    from: '/ owner.weight',
    to: '',
  },
  {
    name: 'believes every proposal',
    rule: 'consistent_hash',
    scripts: ['add'],
    from: '(not hashed or proposal[2] == epoch())',
    to: 'true',
  },
  {
    name: 'follows no proposals',
    rule: 'custom:mine@local',
    scripts: ['add'],
    from: 'if hashed or by_senders then',
    to: 'if hashed then',
  },
  {
    name: 'leaves a copy of what was taken over',
    rule: 'round_robin',
    scripts: ['takeOver'],
    from: "call('XDEL', from.key, e.id)",
    to: '',
  },
  {
    name: 'leaves to anybody what is placed again',
    rule: 'consistent_hash',
    scripts: ['settle', 'promote'],
    from: /return consumer and lane_of\(c, consumer\)/,
    to: 'return nil',
  },
];
