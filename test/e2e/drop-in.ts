import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  ClientsModule,
  Transport,
  type ClientProvider,
  type ClientProxy,
  type CustomClientOptions,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { BrokerClient, BrokerStrategy, type BrokerOptions } from 'nestjs-broker';
import { sharedRedis } from '../support/redis-server.js';
import { brokerOptions, closing, moduleOf, modes, quiet, type Mode } from '../support/test-app.js';

/** Where one and the same app of Nest runs: with us on both backends, and with Nest's own Redis transport. */
export const transports = [...modes, "Nest's own"] as const;
export type DropIn = Mode | "Nest's own";

export interface Ends {
  readonly server: MicroserviceOptions;
  readonly client: ClientProvider;
}

/** The two lines in which such apps differ. */
export function endsOf(dropIn: DropIn, both: BrokerOptions = {}): Ends {
  if (dropIn === "Nest's own") {
    const { hostname: host, port } = new URL(sharedRedis().url);
    const redis = { transport: Transport.REDIS, options: { host, port: Number(port) } } as const;
    return { server: redis, client: redis };
  }
  const options = brokerOptions(dropIn, both);
  return {
    server: { strategy: new BrokerStrategy(options) },
    client: { customClass: BrokerClient, options },
  };
}

/** A client without an app. */
export const madeBy = ({ client }: Ends): ClientProxy =>
  ClientProxyFactory.create(client as CustomClientOptions);

/** Both ends of an app: a microservice with these handlers, and its client; closed with the test. */
export async function dropIn(ends: Ends, metadata: ModuleMetadata): Promise<ClientProxy> {
  const module = moduleOf({
    ...metadata,
    imports: [
      ...(metadata.imports ?? []),
      ClientsModule.register([{ name: 'CLIENT', ...ends.client }]),
    ],
  });
  const app = closing(
    await NestFactory.createMicroservice<MicroserviceOptions>(module, { ...ends.server, ...quiet }),
  );
  await app.listen();
  return app.get<ClientProxy>('CLIENT');
}
