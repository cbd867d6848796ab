import type { Redis } from 'ioredis';
import { availableParallelism, cpus } from 'node:os';
import type { BenchCase, Ratio } from './bench-case.js';
import type { Run } from './pair.js';
import type { Results } from './run-case.js';
import { median } from './median.js';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export async function describeMachine(redis: Redis): Promise<string> {
  const version = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? 'unknown';
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  const machine = `${processor}, ${availableParallelism()} cores`;
  return `${machine}, Node ${process.versions.node}, Redis ${version} with persistence off; one producer and one consumer process, payloads of 100 bytes`;
}

/** A Markdown table of one case and its ratios. */
export function formatCase(benchCase: BenchCase, results: Results, verbose: boolean): string {
  const usage = verbose
    ? { names: ['producer µs', 'consumer µs', 'Redis µs', 'sum µs'], of: usageOf }
    : { names: [], of: () => [] };
  const rows = [...results].map(([label, runs]) =>
    [label, ...ratesOf(runs), ...usage.of(runs)].join(' | '),
  );
  const head = [benchCase.title, 'messages/s, median', 'range', ...usage.names];
  const rule = head.map((_, i) => (i === 0 ? '---' : '---:'));
  const table = [head.join(' | '), rule.join(' | '), ...rows].map((row) => `| ${row} |`);
  const ratios = benchCase.ratios.flatMap((ratio) => describeRatio(ratio, results));
  return [...table, '', ...ratios].join('\n');
}

function ratesOf(runs: readonly Run[]): string[] {
  const rates = runs.map(({ rate }) => rate);
  const range = [Math.min(...rates), Math.max(...rates)].map((rate) => whole.format(rate));
  return [whole.format(median(rates)), range.join('–')];
}

/** Medians of the processor time per message. */
function usageOf(runs: readonly Run[]): string[] {
  const figures = runs.map(perMessage);
  return (['producer', 'consumer', 'redis', 'sum'] as const).map((part) =>
    median(figures.map((figure) => figure[part])).toFixed(1),
  );
}

/** The median of the ratios of single rounds: what slowed one contender then slowed the other as well. */
function describeRatio({ of, to, goal }: Ratio, results: Results): string[] {
  const [above = [], below = []] = [results.get(of), results.get(to)];
  if (above.length === 0 || below.length === 0) return [];
  const ratios = above.flatMap(({ rate }, round) => {
    const other = below[round];
    return other === undefined ? [] : [rate / other.rate];
  });
  const ratio = median(ratios);
  const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const verdict =
    goal === undefined ? '' : `, goal ${goal}: ${ratio >= goal ? 'reached' : 'MISSED'}`;
  return [`- ${of} to ${to}: ${ratio.toFixed(2)} (${range})${verdict}`];
}

/** Where the time of one run went. */
export function describeRun(label: string, run: Run): string {
  const { producer, consumer, server, count, elapsed } = run;
  const { producer: sending, consumer: handling, redis, sum } = perMessage(run);
  const commands = server.commands
    .filter(({ calls }) => calls * 1_000 > count)
    .slice(0, 10)
    .map(({ name, calls, usec }) => {
      return `${name} ${(calls / count).toFixed(3)} × ${(usec / calls).toFixed(1)} µs`;
    });
  const parts = `producer ${sending.toFixed(1)} + consumer ${handling.toFixed(1)} + Redis ${redis.toFixed(1)}`;
  const sent = producer.endedAt - producer.startedAt;
  return [
    `${label}: ${whole.format(run.rate)} /s; processor µs per message ${sum.toFixed(1)} = ${parts}`,
    `sent in ${whole.format(sent)} ms, in all ${whole.format(elapsed)} ms; ${producer.rss} + ${consumer.rss} MiB`,
    `commands per message: ${commands.join(', ')}`,
  ].join('\n    ');
}

function perMessage({ producer, consumer, server, count }: Run): {
  producer: number;
  consumer: number;
  redis: number;
  sum: number;
} {
  const per = (cpu: number): number => (cpu * 1_000) / count;
  const [sending, handling, redis] = [per(producer.cpu), per(consumer.cpu), per(server.cpu)];
  return { producer: sending, consumer: handling, redis, sum: sending + handling + redis };
}
