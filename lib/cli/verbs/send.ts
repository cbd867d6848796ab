import { escapeText, toJson } from '../escape.js';
import { UsageError } from '../cli-errors.js';
import type { Call, Verb, VerbOption } from '../verb.js';
import { headersOf, PAYLOAD, payloadOf } from './payload.js';

const header: VerbOption = { value: '<name=text>', multiple: true, help: 'can be given again' };
const key = (help: string): VerbOption => ({ value: '<text>', help });

/** The options of a call that were typed. */
const typed = (call: Call, options: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(options).flatMap(([option, name]) => {
      const text = call.text(option);
      return text === undefined ? [] : [[name, text]];
    }),
  );

function attemptsOf(call: Call): { readonly attempts?: number } {
  const text = call.text('attempts');
  if (text === undefined) return {};
  if (!/^\d+$/.test(text)) {
    throw new UsageError(`--attempts is "${text}", allowed: a whole number from 1`);
  }
  return { attempts: Number(text) };
}

const TASK = { key: 'key', delay: 'delay', 'dedupe-id': 'dedupeId', timeout: 'timeout' };
const REQUEST = { timeout: 'timeout', mode: 'mode', key: 'key', id: 'id' };

export const enqueue: Verb = {
  name: 'enqueue',
  usage: `<name> ${PAYLOAD}`,
  summary: 'adds a task',
  words: [1, 2],
  options: {
    key: key('tasks of one key run one at a time'),
    delay: { value: '<time>', help: 'not before: 500ms, 10s, 5m' },
    'dedupe-id': { value: '<text>', help: 'a second task of this id is not accepted' },
    attempts: { value: '<n>', help: 'attempts in all' },
    timeout: { value: '<time>', help: 'longest time of one attempt' },
    header,
  },
  looks: false,
  async run(call) {
    const options = { ...typed(call, TASK), ...attemptsOf(call), ...headersOf(call) };
    const { words, client, output } = call;
    const added = await client.enqueue(words[0]!, await payloadOf(call), options);
    output.answer(added, () => [
      escapeText(added.duplicate ? `${added.id} was there already` : added.id),
    ]);
  },
};

export const publish: Verb = {
  name: 'publish',
  usage: `<name> ${PAYLOAD}`,
  summary: 'publishes an event',
  words: [1, 2],
  options: { key: key('durable events of one key are handled in order'), header },
  looks: false,
  async run(call) {
    const options = { ...typed(call, { key: 'key' }), ...headersOf(call) };
    const { words, client, output } = call;
    const name = words[0]!;
    await client.publish(name, await payloadOf(call), options);
    output.answer({ name, published: true }, () => [escapeText(`${name} is published`)]);
  },
};

export const request: Verb = {
  name: 'request',
  usage: `<name> ${PAYLOAD}`,
  summary: 'sends a request and shows its reply as JSON; of several values the last',
  words: [1, 2],
  options: {
    timeout: { value: '<time>', help: 'how long to wait for the reply. Default 5s' },
    mode: { value: '<mode>', help: 'reliable or fast' },
    key: key('for the strategy consistent_hash'),
    id: { value: '<text>', help: 'asked again with the same id, it is handled once' },
    header,
  },
  looks: false,
  async run(call) {
    const options = { ...typed(call, REQUEST), ...headersOf(call) };
    const { words, client, output } = call;
    const reply = await client.request(words[0]!, await payloadOf(call), options as object);
    output.answer(reply, () => [toJson(reply)]);
  },
};
