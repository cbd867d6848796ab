import 'reflect-metadata';
import { run, STRATEGIES, type Run } from './run.js';
import { tableOf } from './table.js';

const runs = new Map<string, Run>();
for (const strategy of STRATEGIES) runs.set(strategy, await run(strategy));
console.log(tableOf(runs));
