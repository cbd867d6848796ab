const name = process.env['APP_NAME'] ?? 'shop';

/** `broker.New(rdb, "shop_orders", "orders")`: Go sends, Node works. */
export const orders = { stream: `${name}_orders`, group: 'orders' };

/** `broker.New(rdb, "shop_users", "users")`: Node sends, Go works. */
export const users = { stream: `${name}_users`, group: 'users' };

const [host = '127.0.0.1', port = '6379'] = (process.env['REDIS_ADDR'] ?? '').split(':');
export const redis = { host: host === '' ? '127.0.0.1' : host, port: Number(port) };

/** There is nothing to share in the memory of a process. */
export const hasRedis = process.env['BROKER_MODE'] === 'redis';
