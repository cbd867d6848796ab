import type { BenchCase } from '../bench-case.js';
import { events } from './events.js';
import { requests256, requests64, requestsAlone } from './requests.js';
import { tasksDrained } from './tasks-drained.js';
import { tasksLive } from './tasks-live.js';

/** In the order of the report. */
export const CASES: readonly BenchCase[] = [
  tasksLive,
  tasksDrained,
  requestsAlone,
  requests64,
  requests256,
  events,
];
