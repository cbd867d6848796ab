import 'reflect-metadata';
import { ParcelsController } from './parcels.controller.js';
import { start } from './start.js';

await start({ controllers: [ParcelsController] });
