import 'reflect-metadata';
import { ParcelsProducer } from './parcels.producer.js';
import { start } from './start.js';

await start({ providers: [ParcelsProducer] });
