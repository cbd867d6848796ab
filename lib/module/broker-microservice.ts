import type { CustomStrategy } from '@nestjs/microservices';
import { getServerToken, type PacketDeserializer, type PacketSerializer } from '../config/index.js';
import type { BrokerServer } from '../server/index.js';

/** How the handlers of a microservice run. @publicApi */
export interface BrokerMicroserviceOptions {
  /** Say it here too when `connectMicroservice` gets it: handlers then run behind the app's global enhancers. Default `false`. */
  readonly inheritAppConfig?: boolean;
  /** As of Nest's own servers: makes replies. Default: a reply is the data. */
  readonly serializer?: PacketSerializer;
  /** As of Nest's own servers: reads messages. */
  readonly deserializer?: PacketDeserializer;
}

/** What Nest's `createMicroservice` and `connectMicroservice` take: the strategy is the app's own broker. @publicApi */
export interface BrokerMicroservice {
  /** The token of the broker's server. */
  inject: string[];
  /** Called by Nest. */
  useFactory: (server: BrokerServer) => CustomStrategy;
}

/**
 * The classic form: `NestFactory.createMicroservice(AppModule, brokerMicroservice())`, or
 * `app.connectMicroservice(brokerMicroservice())`. Nothing is handled twice where the module starts handlers, too.
 * @param name which broker; default `default`
 * @publicApi
 */
export const brokerMicroservice = (
  name?: string,
  { inheritAppConfig = false, serializer, deserializer }: BrokerMicroserviceOptions = {},
): BrokerMicroservice => ({
  inject: [getServerToken(name)],
  useFactory: (server) => {
    server.attach();
    server.usePackets({ serializer, deserializer });
    if (inheritAppConfig) server.inheritAppConfig();
    return { strategy: server };
  },
});
