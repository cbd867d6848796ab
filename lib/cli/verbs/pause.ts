import { escapeText } from '../escape.js';
import { UsageError } from '../cli-errors.js';
import type { Call, Verb, VerbOption } from '../verb.js';
import { findInstance } from './find-instance.js';

const instance: VerbOption = {
  value: '<instance>',
  help: 'one instance in place of a queue: its name, its id or the beginning of its id',
};

/** One instance, or a queue in all instances of a service. */
async function change(call: Call, paused: boolean): Promise<void> {
  const { client, balancer, output, words } = call;
  const verb = paused ? 'pause' : 'resume';
  const done = paused ? 'paused' : 'resumed';
  const word = call.text('instance');
  if (word !== undefined) {
    if (words.length > 0 || call.has('requests')) {
      throw new UsageError(`--instance ${verb}s all queues of one instance: name no queue`);
    }
    const { id, instanceName } = await findInstance(balancer, word);
    await balancer[verb](id);
    output.answer({ instance: { id, instanceName }, paused }, () => [
      escapeText(`the instance ${instanceName} (${id}) is ${done}`),
    ]);
    return;
  }
  const [queue = 'default'] = words;
  const requests = call.has('requests');
  await (paused ? client.pause(queue, { requests }) : client.resume(queue));
  const what = !paused || requests ? 'tasks and requests' : 'tasks';
  output.answer({ queue, requests: !paused || requests, paused }, () => [
    escapeText(`${what} of the queue ${queue} are ${done}`),
  ]);
}

export const pause: Verb = {
  name: 'pause',
  usage: '[queue] | --instance <instance>',
  summary: 'stops the tasks of a queue in all instances of --service, or one instance',
  words: [0, 1],
  options: { instance, requests: { help: 'its requests, too' } },
  looks: false,
  run: async (call) => await change(call, true),
};

export const resume: Verb = {
  name: 'resume',
  usage: '[queue] | --instance <instance>',
  summary: 'ends a pause',
  words: [0, 1],
  options: { instance },
  looks: true,
  run: async (call) => await change(call, false),
};
