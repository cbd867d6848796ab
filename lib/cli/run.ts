import { createRequire } from 'node:module';
import { BrokerBalancer } from '../client/index.js';
import type { BrokerLogger } from '../config/index.js';
import { BrokerError, toPlainError } from '../errors/index.js';
import { BrokerClient, openRuntime, toLog } from '../module/index.js';
import type { Runtime } from '../runtime/index.js';
import { toOptions } from './broker-options.js';
import { escapeText, toJson } from './escape.js';
import { EXIT, exitCodeOf } from './exit-codes.js';
import { helpOf, helpOfAll } from './help.js';
import { Output } from './output.js';
import { parse, type Parsed } from './parse.js';
import { UsageError } from './cli-errors.js';
import type { Verb } from './verb.js';
import { VERBS } from './verbs/index.js';

/** What a command line reads and writes. */
export interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** Does what was typed. @returns the exit code, see {@link EXIT} */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  const write = (lines: readonly string[]): void =>
    void streams.stdout.write(`${lines.join('\n')}\n`);
  try {
    const parsed = parse(args, VERBS);
    const { verb } = parsed;
    if (parsed.has('version')) write([version()]);
    else if (parsed.has('help')) write(verb === undefined ? helpOfAll(VERBS) : helpOf(verb));
    else if (verb === undefined) throw new UsageError(helpOfAll(VERBS).join('\n'));
    else return await perform(verb, parsed, streams);
    return EXIT.ok;
  } catch (error) {
    tell(error, args.includes('--json'), streams);
    return exitCodeOf(error);
  }
}

async function perform(verb: Verb, parsed: Parsed, streams: Streams): Promise<number> {
  const { stdin, stdout, stderr } = streams;
  const options = toOptions(parsed, loggerTo(stderr));
  const create = async (): Promise<Runtime> =>
    await openRuntime(options, toLog(options.logger), { looks: verb.looks });
  const client = new BrokerClient({}, { options, create });
  try {
    await client.connect();
    const runtime = client.unwrap<Runtime>();
    const balancer = new BrokerBalancer(runtime, () => Promise.resolve(runtime));
    const output = new Output(stdout, parsed.has('json'));
    return (await verb.run({ ...parsed, client, balancer, output, stdin })) ?? EXIT.ok;
  } finally {
    await client.close();
  }
}

/** What goes wrong beside the answer is no part of it. */
function loggerTo(stderr: NodeJS.WriteStream): BrokerLogger {
  const say = (message: unknown): unknown => stderr.write(`${escapeText(String(message))}\n`);
  return { log: () => undefined, warn: say, error: say };
}

function tell(error: unknown, json: boolean, { stderr }: Streams): void {
  const { message, name } = toPlainError(error);
  const { code, outcome } = error instanceof BrokerError ? error : {};
  if (json) {
    stderr.write(`${toJson({ error: { name, code, message, outcome } })}\n`);
    return;
  }
  const facts = [
    ...(code === undefined ? [] : [code]),
    ...(outcome === undefined ? [] : [outcome]),
  ];
  const prefix = facts.length === 0 ? '' : `${facts.join(', ')}: `;
  const text = `nestjs-broker: ${prefix}${message}`.split('\n').map(escapeText).join('\n');
  stderr.write(`${text}\n`);
}

function version(): string {
  const found = createRequire(import.meta.url)('../../package.json') as {
    readonly version: string;
  };
  return found.version;
}
