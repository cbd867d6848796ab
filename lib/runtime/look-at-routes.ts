import type { Member } from '../backend/index.js';
import type { Address } from '../message/index.js';
import type { Router } from './router.js';

/** What a user's own strategy leaves to whoever is free is routed by who reads it: it must know the others first. */
export async function lookAtRoutes({ groups, names }: Member, router: Router): Promise<void> {
  const custom = groups.filter(({ rule }) => rule.strategy.startsWith('custom:'));
  const routed = names.filter(({ group }) => custom.some(({ name }) => name === group));
  await Promise.all(routed.map(async ({ address }) => await router.look(address as Address)));
}
