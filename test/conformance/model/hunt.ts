import type { Site } from '../../support/site.js';
import { type ModelRun, runModel } from './run-model.js';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

/** Runs one seed after the other until one of them finds a violation. */
export async function hunt(
  create: () => Promise<Site>,
  run: Omit<ModelRun, 'seed'>,
): Promise<unknown> {
  for (const seed of SEEDS) {
    const site = await create();
    const found = await runModel(site, { ...run, seed }).then(
      () => undefined,
      (error: unknown) => error,
    );
    await site.close();
    if (found !== undefined) return found;
  }
  return undefined;
}
