import { escapeText } from '../escape.js';
import { UsageError } from '../cli-errors.js';
import type { Verb } from '../verb.js';
import { findInstance } from './find-instance.js';

export const weight: Verb = {
  name: 'weight',
  usage: '<instance> <weight>',
  summary: 'changes the share of work of a running instance; 0 drains it',
  words: [2, 2],
  looks: true,
  async run({ balancer, output, words: [word = '', text = ''] }) {
    if (!/^\d+$/.test(text)) {
      throw new UsageError(`the weight is "${text}", allowed: a whole number from 0`);
    }
    const { id, instanceName, weight: before } = await findInstance(balancer, word);
    await balancer.setWeight(id, Number(text));
    output.answer({ id, instanceName, weight: Number(text), before }, () => [
      escapeText(`${instanceName} has the weight ${text}, it had ${before}`),
    ]);
  },
};
