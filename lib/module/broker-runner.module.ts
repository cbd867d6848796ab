import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef } from '@nestjs/core';
import { getOptionsToken, getServerToken, type ResolvedOptions } from '../config/index.js';
import {
  HandlerExplorer,
  modulesOf,
  type BrokerServer,
  type ExploredApp,
} from '../server/index.js';

const OPTIONS = 'nestjs-broker:runner:options';
const SERVER = 'nestjs-broker:runner:server';
const APP = 'nestjs-broker:runner:app';

const APP_PROVIDER: Provider = {
  provide: APP,
  inject: [ModuleRef, ApplicationConfig, HttpAdapterHost],
  useFactory: (
    moduleRef: ModuleRef,
    config: ApplicationConfig,
    http: HttpAdapterHost,
  ): ExploredApp => ({ moduleRef, config, http }),
};

/**
 * Starts the handlers of one broker after everything else of the app was initialised, and drains them before
 * anything else of the app is destroyed. Its hooks come last and first, because no module is nearer to the root.
 */
@Module({})
export class BrokerRunnerModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private exploring: Promise<void> | undefined;

  constructor(
    @Inject(APP) private readonly app: ExploredApp,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SERVER) private readonly server: BrokerServer,
  ) {
    for (const module of modulesOf(app.moduleRef).values()) {
      if (module.metatype === BrokerRunnerModule) module.distance = -1;
    }
  }

  static for(name: string): DynamicModule {
    return {
      module: BrokerRunnerModule,
      providers: [
        { provide: OPTIONS, useExisting: getOptionsToken(name) },
        APP_PROVIDER,
        { provide: SERVER, useExisting: getServerToken(name) },
      ],
    };
  }

  /** Nest can call it twice (a microservice with deferred initialisation). */
  async onModuleInit(): Promise<void> {
    await (this.exploring ??= this.explore());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.orClose(this.server.ready(this.options.autoStart));
  }

  async onModuleDestroy(): Promise<void> {
    await this.server.close();
  }

  private async explore(): Promise<void> {
    const { inheritsAppConfig, offered } = this.server;
    const explorer = new HandlerExplorer(this.app);
    const found = explorer.find(this.options.name, inheritsAppConfig, offered);
    await this.orClose(found.then((handlers) => this.server.addFound(handlers)));
  }

  /** An app that does not start is closed by nobody: no connection may keep its process alive. */
  private async orClose(step: Promise<void>): Promise<void> {
    try {
      await step;
    } catch (error) {
      await this.server.abandon();
      throw error;
    }
  }
}
