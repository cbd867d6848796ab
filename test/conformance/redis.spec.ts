import { createRedisSite } from '../support/redis-site.js';
import { describeBackend } from './describe-backend.js';

describeBackend('redis', createRedisSite, ['messages']);
