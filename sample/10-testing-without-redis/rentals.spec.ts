import 'reflect-metadata';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createBrokerHarness, type BrokerHarness } from 'nestjs-broker/testing';
import { AppModule } from './app.module.js';
import { Payments } from './payments.js';
import { RentalsService } from './rentals.service.js';

const rental = { bike: 'tandem-3', customer: 'mira', hours: 2 };

describe('rentals', () => {
  let harness: BrokerHarness;
  let app: INestApplicationContext;
  let rentals: RentalsService;
  const charged: number[] = [];

  beforeEach(async () => {
    harness = createBrokerHarness();
    charged.length = 0;
    const builder = Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(Payments)
      .useValue({ charge: (_customer: string, cents: number) => charged.push(cents) });
    app = await (await harness.override(builder).compile()).init();
    rentals = app.get(RentalsService);
  });
  afterEach(() => app.close());

  it('are paid once', async () => {
    await rentals.rent(rental);
    await rentals.rent(rental);
    await harness.drain();
    assert.deepEqual(charged, [900]);
    harness.assert.published('rentals.paid', { data: { bike: 'tandem-3' }, times: 1 });
  });

  it('are reminded of when their time is over, not before', async () => {
    await rentals.rent(rental);
    harness.assert.enqueued('rentals.remind', { options: { key: 'mira', delay: 7_200_000 } });
    await harness.clock.advance('1h');
    harness.assert.published('rentals.due', { times: 0 });
    await harness.clock.advance('1h');
    harness.assert.published('rentals.due', { data: { customer: 'mira' } });
  });

  it('are paid although the first attempt fails', async () => {
    harness.faults.fail('rentals.charge');
    await rentals.rent(rental);
    await harness.drain();
    assert.deepEqual(charged, []);
    await harness.clock.advance('10m');
    assert.deepEqual(charged, [900]);
    assert.equal(harness.handled('rentals.charge').at(-1)?.attempt, 2);
  });

  it('become a dead letter after the last attempt', async () => {
    harness.faults.fail('rentals.charge', { times: 3, error: new Error('no money') });
    await rentals.rent(rental);
    await harness.drain({ delayed: true });
    const [letter] = await harness.deadLetters('rentals.charge');
    assert.equal(letter?.error.message, 'no money');
  });

  it('cannot be rented while the broker is away', async () => {
    harness.faults.disconnect();
    const error = { code: 'BACKEND_UNAVAILABLE', outcome: 'not-sent' };
    await assert.rejects(rentals.rent(rental), error);
    harness.faults.reconnect();
    await rentals.rent(rental);
    await harness.drain();
    assert.deepEqual(charged, [900]);
  });
});
