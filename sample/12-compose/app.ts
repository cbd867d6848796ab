import 'reflect-metadata';
import { ParcelsController } from './parcels.controller.js';
import { ParcelsProducer } from './parcels.producer.js';
import { start } from './start.js';

// both sides in one process: in memory there is no other way
await start({ controllers: [ParcelsController], providers: [ParcelsProducer] });
