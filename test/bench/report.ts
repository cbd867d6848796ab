import { availableParallelism, cpus } from 'node:os';
import type { BenchCase } from './bench-case.js';
import type { Run } from './pair.js';

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

export const describeMachine = (redisVersion: string): string =>
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}, Redis ${redisVersion}, persistence off\n`;

/** A Markdown table of one case and its ratios. */
export function formatCase(
  benchCase: BenchCase,
  results: ReadonlyMap<string, readonly Run[]>,
): string {
  const rows = [...results].map(([label, runs]) => {
    const rates = runs.map((run) => run.rate).toSorted((a, b) => a - b);
    const range = `${whole.format(rates[0] ?? 0)}–${whole.format(rates.at(-1) ?? 0)}`;
    return `| ${label} | ${whole.format(median(rates))} | ${range} |`;
  });
  const ratios = benchCase.ratios.flatMap(({ of, to, goal }) => {
    const ours = results.get(of);
    const theirs = results.get(to);
    if (ours === undefined || theirs === undefined) return [];
    const list = ours.map((run, i) => run.rate / theirs[i]!.rate);
    const value = median(list);
    const verdict =
      goal === undefined ? '' : ` (goal ${goal}: ${value >= goal ? 'reached' : 'MISSED'})`;
    return [`- ${of} : ${to} = ${value.toFixed(2)}${verdict}`];
  });
  const head = `| ${benchCase.title} | median /s | range |\n| --- | ---: | ---: |`;
  return `${[head, ...rows].join('\n')}\n\n${ratios.join('\n')}\n`;
}

/** Where the time of one run went: µs of processor time per message in each process. */
export function describeRun(label: string, run: Run): string {
  const per = (ms: number): string => ((ms * 1_000) / run.count).toFixed(2);
  const { producer, consumer, server } = run;
  const sum = producer.cpu + consumer.cpu + server.cpu;
  const commands = server.commands
    .filter(({ calls }) => calls * 100 > run.count)
    .slice(0, 12)
    .map(({ name, calls, usec }) => {
      const each = (usec / calls).toFixed(1);
      return `${name} ${(calls / run.count).toFixed(2)} × ${each} µs`;
    });
  return [
    `  ${label}: ${whole.format(run.rate)} /s; processor µs per message: ${per(sum)} =`,
    `producer ${per(producer.cpu)} + consumer ${per(consumer.cpu)} + Redis ${per(server.cpu)};`,
    `${Math.round((sum / run.elapsed) * 100)} % busy; sent in ${whole.format(producer.endedAt - producer.startedAt)} of ${whole.format(run.elapsed)} ms; ${producer.rss} + ${consumer.rss} MiB`,
    `\n    calls per message: ${commands.join(', ')}`,
  ].join(' ');
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}
