export { CYCLE, Edf } from './edf.js';
export { type Owner, hash32, mix32, ownerOf } from './rendezvous.js';
export {
  MAX_WEIGHT,
  STRATEGIES,
  type Rule,
  type StrategyName,
  formatRule,
  isWeight,
  parseRule,
} from './rule.js';
export type { BalanceStrategy, RouteConsumer, RouteMessage, RouteView } from './strategy.js';
