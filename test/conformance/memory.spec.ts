import { createMemorySite } from '../support/memory-site.js';
import { describeBackend } from './describe-backend.js';

describeBackend('memory', createMemorySite);
