import type { Verb } from '../verb.js';
import { consumers } from './consumers.js';
import { DLQ } from './dlq.js';
import { pause, resume } from './pause.js';
import { queues } from './queues.js';
import { enqueue, publish, request } from './send.js';
import { stats } from './stats.js';
import { top } from './top.js';
import { weight } from './weight.js';

/** In the order of the help. */
export const VERBS: readonly Verb[] = [
  stats,
  queues,
  consumers,
  weight,
  ...DLQ,
  pause,
  resume,
  enqueue,
  publish,
  request,
  top,
];
