export { RedisBackend, type RedisBackendOptions } from './backend.js';
export type { RedisSettings } from './redis-settings.js';
export { RedisTurns } from './turns.js';
