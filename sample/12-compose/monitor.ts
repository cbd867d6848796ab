import 'reflect-metadata';
import { BrokerMonitorModule } from 'nestjs-broker/monitor';
import { start } from './start.js';

// no guard: the port is open on this machine only, see docker-compose.yml
await start({ imports: [BrokerMonitorModule.forRoot({ path: 'monitor', unguarded: true })] });
