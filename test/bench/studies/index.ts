import { memory } from './memory.js';
import { routingCost } from './routing-cost.js';
import { slowInstance } from './slow-instance.js';
import type { Study } from './study.js';

/** After the comparisons with others, in the order of the report. */
export const STUDIES: readonly Study[] = [routingCost, slowInstance, memory];
