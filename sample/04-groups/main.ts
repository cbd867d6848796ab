import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { BrokerClient } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import type { Library } from './library.js';

const app = await NestFactory.createApplicationContext(AppModule);
const broker = app.get<BrokerClient<Library>>(BrokerClient);
const books = broker.group('books');
const branches = broker.group('branches');

const title = 'The Good Soldier';
await books.enqueue('lend', { title, reader: 'mira' });
while ((await books.request('reader', { title })) === null);
console.log(`"${title}" is with`, await books.request('reader', { title }));

// groups nest; the full names are always there, too
console.log('Prague:', await branches.group('prague').request('hours'));
console.log('Brno:', await broker.request('branches.brno.hours'));
await app.close();
