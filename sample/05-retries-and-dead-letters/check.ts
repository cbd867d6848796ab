import 'reflect-metadata';
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { BrokerClient, type DeadLetter } from 'nestjs-broker';
import { AppModule } from './app.module.js';
import { LabelsController } from './labels.controller.js';
import { Printer } from './printer.js';

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const broker = app.get(BrokerClient);
const printer = app.get(Printer);
const { attempts } = app.get(LabelsController);

async function letterOf(id: string): Promise<DeadLetter> {
  for (;;) {
    const letter = (await broker.deadLetters.list()).find((dead) => dead.id === id);
    if (letter !== undefined) return letter;
    await pause(10);
  }
}

// tried later as often as need be: it is the first attempt all the time
printer.state = 'cooling';
await broker.enqueue('labels.print', { to: 'Ines', country: 'PT' });
while ((attempts.get('Ines')?.length ?? 0) < 3) await pause(10);
printer.state = 'ready';
while (printer.printed.length === 0) await pause(10);
assert.ok(attempts.get('Ines')!.every((attempt) => attempt === 1));

// three attempts, then a dead letter
printer.state = 'jammed';
const jammed = await broker.enqueue('labels.print', { to: 'Mira', country: 'CZ' });
const letter = await letterOf(jammed.id);
assert.deepEqual(attempts.get('Mira'), [1, 2, 3]);
assert.equal(letter.reason, 'failed');
assert.equal(letter.error.message, 'the printer is jammed');
assert.deepEqual(letter.data, { to: 'Mira', country: 'CZ' });

// beyond help: one attempt
const unknown = await broker.enqueue('labels.print', { to: 'Noah', country: 'Atlantis' });
const hopeless = await letterOf(unknown.id);
assert.equal(hopeless.reason, 'unrecoverable');
assert.deepEqual(attempts.get('Noah'), [1]);

// repaired and replayed: it begins anew
printer.state = 'ready';
assert.equal(await broker.deadLetters.replay([letter.entry]), 1);
while (printer.printed.length === 1) await pause(10);
assert.deepEqual(attempts.get('Mira'), [1, 2, 3, 1]);
assert.deepEqual(printer.printed, ['Ines, PT', 'Mira, CZ']);

// what nobody can help is dropped
assert.equal(await broker.deadLetters.drop([hopeless.entry]), 1);
assert.deepEqual(await broker.deadLetters.list(), []);

await app.close();
console.log('05-retries-and-dead-letters: ok');
