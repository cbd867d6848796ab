import {
  Inject,
  Module,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModuleRef, ModulesContainer } from '@nestjs/core';
import { getOptionsToken, getServerToken, type ResolvedOptions } from '../config/index.js';
import { HandlerExplorer, type BrokerServer } from '../server/index.js';

const OPTIONS = 'nestjs-broker:runner:options';
const SERVER = 'nestjs-broker:runner:server';
const EXPLORER = 'nestjs-broker:runner:explorer';

const EXPLORER_PROVIDER: Provider = {
  provide: EXPLORER,
  inject: [ModuleRef, ModulesContainer, ApplicationConfig, HttpAdapterHost],
  useFactory: (
    moduleRef: ModuleRef,
    modules: ModulesContainer,
    config: ApplicationConfig,
    http: HttpAdapterHost,
  ) => new HandlerExplorer({ moduleRef, modules, config, http }),
};

/**
 * Starts the handlers of one broker after everything else of the app was initialised, and drains them before
 * anything else of the app is destroyed. Its hooks come last and first, because no module is nearer to the root.
 */
@Module({})
export class BrokerRunnerModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private exploring: Promise<void> | undefined;

  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(EXPLORER) private readonly explorer: HandlerExplorer,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
    @Inject(SERVER) private readonly server: BrokerServer,
  ) {
    for (const module of modules.values()) {
      if (module.metatype === BrokerRunnerModule) module.distance = -1;
    }
  }

  static for(name: string): DynamicModule {
    return {
      module: BrokerRunnerModule,
      providers: [
        { provide: OPTIONS, useExisting: getOptionsToken(name) },
        EXPLORER_PROVIDER,
        { provide: SERVER, useExisting: getServerToken(name) },
      ],
    };
  }

  /** Nest can call it twice (a microservice with deferred initialisation). */
  async onModuleInit(): Promise<void> {
    await (this.exploring ??= this.explore());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.server.ready(this.options.autoStart);
  }

  async onModuleDestroy(): Promise<void> {
    await this.server.close();
  }

  private async explore(): Promise<void> {
    const { server, explorer, options } = this;
    const { inheritsAppConfig, offered } = server;
    server.addFound(await explorer.find(options.name, inheritsAppConfig, offered));
  }
}
