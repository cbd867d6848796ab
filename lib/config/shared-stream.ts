import type { z } from 'zod';
import { checkName } from '../message/index.js';
import { DEFAULTS } from './defaults.js';
import { type Problem, refuse } from './problem.js';
import type { ResolvedOptions } from './resolved-options.js';
import type { optionsSchema } from './schema.js';

type Parsed = z.output<typeof optionsSchema>;

const COMPETING = 'competing';

/**
 * The stream that is shared with Go-Broker services, if there is one.
 * @throws InvalidConfigError where another option asks for what such a stream cannot do
 */
export function toShared(
  parsed: Parsed,
  nameOf: (path: string) => string,
): ResolvedOptions['shared'] {
  const { stream, group } = parsed;
  if (stream === undefined && group === undefined) return undefined;
  refuse('the broker cannot be set up', problemsOf(parsed, nameOf));
  return Object.freeze({
    stream: checkName('stream', stream),
    group: checkName('group', group),
  });
}

function problemsOf(parsed: Parsed, nameOf: (path: string) => string): Problem[] {
  const { stream, group, mode = DEFAULTS.mode, streamLength, balancer, queues = {} } = parsed;
  const problems: Problem[] = [];
  const missing = stream === undefined ? 'stream' : group === undefined ? 'group' : undefined;
  if (missing !== undefined) {
    problems.push({
      where: missing,
      allowed: 'stream and group belong together: set both, or none',
    });
  }
  if (mode !== 'redis') {
    problems.push({
      where: 'stream',
      allowed: `a stream to share lies in Redis: it needs mode "redis", the mode is "${mode}"`,
    });
  }
  if (streamLength !== undefined) {
    problems.push({
      where: nameOf('streamLength'),
      allowed: 'not with stream: what Go-Broker workers leave behind would count as waiting',
    });
  }
  const strategies: [string, unknown][] = [
    [nameOf('balancer.strategy'), balancer?.strategy],
    ...Object.entries(queues).map(([name, queue]): [string, unknown] => [
      `queues.${name}.strategy`,
      queue.strategy,
    ]),
  ];
  for (const [where, strategy] of strategies) {
    if (strategy === undefined || strategy === COMPETING) continue;
    problems.push({
      where,
      allowed: `only "${COMPETING}" with stream: Go-Broker workers take what comes`,
    });
  }
  if (parsed.events?.sharded === true) {
    problems.push({
      where: 'events.sharded',
      allowed: 'not with stream: Go-Broker listens to plain channels',
    });
  }
  if (balancer?.redis !== undefined) {
    problems.push({
      where: 'balancer.redis',
      allowed: 'not with stream: there are no turns to decide',
    });
  }
  return problems;
}
