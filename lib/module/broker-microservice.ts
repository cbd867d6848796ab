import type { CustomStrategy } from '@nestjs/microservices';
import { getServerToken } from '../config/index.js';
import type { BrokerServer } from '../server/index.js';

/** @publicApi */
export interface BrokerMicroserviceOptions {
  /** Say it here too when `connectMicroservice` gets it: handlers then run behind the app's global enhancers. */
  readonly inheritAppConfig?: boolean;
}

/** What Nest's `createMicroservice` and `connectMicroservice` take: the strategy is the app's own broker. @publicApi */
export interface BrokerMicroservice {
  inject: string[];
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
  { inheritAppConfig = false }: BrokerMicroserviceOptions = {},
): BrokerMicroservice => ({
  inject: [getServerToken(name)],
  useFactory: (server) => {
    server.attach();
    if (inheritAppConfig) server.inheritAppConfig();
    return { strategy: server };
  },
});
