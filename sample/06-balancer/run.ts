import { setTimeout as pause } from 'node:timers/promises';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BrokerBalancer, BrokerClient } from 'nestjs-broker';
import { AppModule, type Instance } from './app.module.js';
import { FramesController, type Frame } from './frames.controller.js';

/** Three instances, weights 3 : 2 : 1; the last one is slow. */
export const INSTANCES: readonly Instance[] = [
  { instanceName: 'eu-1', weight: 3, pace: 2 },
  { instanceName: 'eu-2', weight: 2, pace: 2 },
  { instanceName: 'us-1', weight: 1, pace: 30 },
];
export const STRATEGIES = [
  'competing',
  'round_robin',
  'weighted',
  'least_conn',
  'consistent_hash',
  'nearest',
] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Tasks of each half. */
export const TASKS = 60;
const BATCH = 6;
/** By name: where a film comes from. */
export const FILMS: ReadonlyMap<string, string> = new Map(
  Array.from({ length: 12 }, (_, i) => [`film-${i}`, i % 3 === 0 ? 'us' : 'eu']),
);

/** What each instance has rendered, by its name. */
export type Run = ReadonlyMap<string, readonly Frame[]>;

/** 60 frames, then 60 more while `us-1` is drained. */
export async function run(strategy: Strategy): Promise<Run> {
  const apps: INestApplicationContext[] = [];
  for (const instance of INSTANCES) apps.push(await start(instance, strategy));
  await pause(100); // the first ones hear of the last one a moment later
  const broker = apps[0]!.get(BrokerClient);
  const balancer = apps[0]!.get(BrokerBalancer);

  await send(broker, strategy, 'before');
  const slow = (await balancer.consumers()).find(({ instanceName }) => instanceName === 'us-1');
  await balancer.setWeight(slow!.id, 0);
  await send(broker, strategy, 'after');

  const rendered = apps.map((app) => app.get(FramesController).rendered);
  while (rendered.flat().length < 2 * TASKS) await pause(10);
  await Promise.all(apps.map((app) => app.close()));
  return new Map(INSTANCES.map(({ instanceName }, i) => [instanceName, rendered[i]!]));
}

const start = (instance: Instance, strategy: Strategy): Promise<INestApplicationContext> => {
  const module =
    strategy === 'nearest' ? AppModule.withNearest(instance) : AppModule.with(instance, strategy);
  return NestFactory.createApplicationContext(module, { logger: ['warn', 'error'] });
};

async function send(broker: BrokerClient, strategy: Strategy, half: Frame['half']): Promise<void> {
  const films = [...FILMS];
  for (let at = 0; at < TASKS; at += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, i) => films[(at + i) % films.length]!);
    await broker.enqueueMany(
      batch.map(([film, region]) => ({
        name: 'frames.render',
        data: { film, half } satisfies Frame,
        options: {
          headers: { region },
          // all frames of a film in one instance, which has its scenes in memory
          ...(strategy === 'consistent_hash' ? { key: film } : {}),
        },
      })),
    );
    await pause(5);
  }
}
