/**
 * Runs before every test file: the variables that configure a broker are removed, so that what the
 * shell has set (REDIS_URL names the Redis of the tests) configures no broker under test.
 */
const prefixes = ['BROKER_', 'REDIS_', 'QUEUE_', 'BALANCER_'];
const names = new Set([
  'APP_NAME',
  'SERVICE_NAME',
  'INSTANCE_NAME',
  'BALANCE_STRATEGY',
  'SUBSCRIBER_WEIGHT',
  'HEARTBEAT_TTL',
  'CLEANUP_TICKER',
  'MAX_JOBS',
  'STREAM_LENGTH',
]);

for (const name of Object.keys(process.env)) {
  if (names.has(name) || prefixes.some((prefix) => name.startsWith(prefix))) {
    delete process.env[name];
  }
}
