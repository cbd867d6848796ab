import { createRedisSite } from '../support/redis-site.js';
import { describeBackend } from './describe-backend.js';

// beside redis.spec.ts, which has the rest: these wait for Redis most of their time
describeBackend('redis', createRedisSite, ['routing']);
