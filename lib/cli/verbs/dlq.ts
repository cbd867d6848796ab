import type { DeadLetter } from '../../client/index.js';
import type { BrokerClient } from '../../module/index.js';
import { escapeText, toJson } from '../escape.js';
import { table } from '../table.js';
import { FailedError, UsageError } from '../cli-errors.js';
import type { Call, Verb, VerbOption } from '../verb.js';

/** Dead letters that are read at once. */
const PAGE = 100;

const name: VerbOption = { value: '<name>', help: 'only messages of this name' };
const all: VerbOption = { help: 'all that are there now, with --name all of a name' };

/** Oldest first, as they were when it began: what dies meanwhile is left alone. */
async function* lettersOf(client: BrokerClient, only?: string): AsyncGenerator<DeadLetter> {
  const { at } = await client.stats();
  let after: string | undefined;
  for (;;) {
    const page = await client.deadLetters.list({
      count: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const letter of page) {
      if (letter.diedAt.getTime() > at) return;
      if (only === undefined || letter.name === only) yield letter;
    }
    if (page.length < PAGE) return;
    after = page.at(-1)!.entry;
  }
}

/** In the form of a program: bytes and what is derived from them are left out. */
const toData = (letter: DeadLetter): object => ({ ...letter, payload: undefined });

const list: Verb = {
  name: 'dlq list',
  summary: 'messages that will not run again by themselves, oldest first',
  words: [0, 0],
  options: { name, limit: { value: '<n>', help: 'at most so many. Default 100' } },
  looks: true,
  async run(call) {
    const limit = call.text('limit') ?? '100';
    if (!/^[1-9]\d*$/.test(limit)) {
      throw new UsageError(`--limit is "${limit}", allowed: a whole number from 1`);
    }
    const found: DeadLetter[] = [];
    for await (const letter of lettersOf(call.client, call.text('name'))) {
      if (found.push(letter) >= Number(limit)) break;
    }
    const { output } = call;
    output.answer(found.map(toData), () =>
      output.headed(
        table<DeadLetter>(
          [
            { title: 'ENTRY', value: ({ entry }) => entry },
            { title: 'KIND', value: ({ kind }) => kind },
            { title: 'NAME', value: (letter) => letter.name },
            { title: 'DIED', value: ({ diedAt }) => diedAt.toISOString() },
            { title: 'REASON', value: ({ reason }) => reason },
            { title: 'ATTEMPTS', value: ({ attempts }) => attempts },
            { title: 'ERROR', value: ({ error }) => error.message.slice(0, 80) },
          ],
          found,
        ),
      ),
    );
  },
};

const show: Verb = {
  name: 'dlq show',
  usage: '<entry>',
  summary: 'one of them, whole',
  words: [1, 1],
  looks: true,
  async run({ client, output, words: [entry = ''] }) {
    for await (const letter of lettersOf(client)) {
      if (letter.entry !== entry) continue;
      const data = { ...toData(letter), payload: letter.payload.toString('base64') };
      output.answer(data, () => facts(letter));
      return;
    }
    throw new FailedError(`there is no dead letter "${entry}"`);
  },
};

function facts(letter: DeadLetter): string[] {
  const { payload, data, error, headers, ...rest } = letter;
  const rows = Object.entries({ ...rest, error: `${error.name}: ${error.message}` });
  const width = Math.max(...rows.map(([fact]) => fact.length));
  const lines = rows
    .filter(([, value]) => value !== undefined)
    .map(([fact, value]) => {
      const text = value instanceof Date ? value.toISOString() : String(value);
      return `${fact.padEnd(width)}  ${escapeText(text)}`;
    });
  const stack =
    error.stack === undefined ? [] : ['stack', ...error.stack.split('\n').map(escapeText)];
  const shown = data === undefined ? payload.toString('base64') : toJson(data);
  return [...lines, `headers ${toJson(headers)}`, 'payload', shown, ...stack];
}

interface Change {
  readonly verb: 'replay' | 'drop';
  /** What was done to them. */
  readonly done: string;
}

async function change(call: Call, { verb, done }: Change): Promise<void> {
  const { client, words, output } = call;
  const whole = call.has('all');
  const only = call.text('name');
  if (whole === words.length > 0 || (only !== undefined && !whole)) {
    throw new UsageError(
      `say which: nestjs-broker dlq ${verb} <entry…>, or --all, with --name those of a name`,
    );
  }
  if (whole && verb === 'drop' && !call.has('yes')) {
    throw new UsageError('dlq drop --all throws them away for good: say --yes as well');
  }
  const step = async (entries: readonly string[]): Promise<number> =>
    await client.deadLetters[verb](entries);
  const missing: string[] = [];
  let count = 0;
  if (whole) {
    const entries: string[] = [];
    for await (const { entry } of lettersOf(client, only)) entries.push(entry);
    for (let i = 0; i < entries.length; i += PAGE) count += await step(entries.slice(i, i + PAGE));
  } else {
    for (const entry of new Set(words)) {
      if ((/^\d+-\d+$/.test(entry) ? await step([entry]) : 0) === 1) count += 1;
      else missing.push(entry);
    }
  }
  output.answer({ [done]: count, missing }, () => [`${count} ${done}`]);
  if (missing.length === 0) return;
  const absent = missing.map((entry) => `"${entry}"`).join(', ');
  throw new FailedError(`there is no dead letter ${absent}`);
}

/** What died. */
export const DLQ: readonly Verb[] = [
  list,
  show,
  {
    name: 'dlq replay',
    usage: '<entry…> | --all',
    summary: 'puts them back with their attempts forgotten',
    words: [0, Infinity],
    options: { all, name },
    looks: true,
    run: async (call) => await change(call, { verb: 'replay', done: 'replayed' }),
  },
  {
    name: 'dlq drop',
    usage: '<entry…> | --all --yes',
    summary: 'throws them away',
    words: [0, Infinity],
    options: { all, name, yes: { help: 'with --all: it is meant' } },
    looks: true,
    run: async (call) => await change(call, { verb: 'drop', done: 'dropped' }),
  },
];
