import { ApplicationConfig, type HttpAdapterHost, type ModuleRef } from '@nestjs/core';
import {
  BROKER_TRANSPORT,
  HandlerKeys,
  groupOf,
  handlersOf,
  type HandlerMetadata,
} from '../config/index.js';
import { InvalidConfigError } from '../errors/index.js';
import { joinName } from '../message/index.js';
import { modulesOf } from './modules-of.js';
import type { Call, FoundHandler } from './found-handler.js';
import type { InstanceWrapper, Target } from './nest-internals.js';

/** A handler of ours as Nest itself would call it. */
export interface OfferedHandler {
  readonly metadata: HandlerMetadata;
  readonly call: Call;
}

interface Place extends Omit<Target, 'pattern'> {
  /** Of its class and those around it. */
  readonly group: string;
  readonly metadata: HandlerMetadata;
  readonly broker: string;
  readonly origin: string;
  readonly isController: boolean;
}

/** Which app to look through. */
export interface ExploredApp {
  readonly moduleRef: ModuleRef;
  /** Holds the app's global enhancers. */
  readonly config: ApplicationConfig;
  readonly http: HttpAdapterHost;
}

/** Finds the decorated methods of all controllers and providers, and puts Nest's enhancers around them. */
export class HandlerExplorer {
  readonly #app: ExploredApp;
  readonly #load: () => Promise<typeof import('./nest-internals.js')>;

  /** @param load brings what is taken from inside Nest; it may fail in a Nest that does not exist yet */
  constructor(app: ExploredApp, load = () => import('./nest-internals.js')) {
    this.#app = app;
    this.#load = load;
  }

  /**
   * @param inheritsGlobals whether the app's global enhancers stand before the handlers of an HTTP app, too
   * @param offered what Nest itself handed over, used where nothing can be taken from inside Nest
   * @param keys what the broker's options say of handlers
   */
  async find(
    broker: string,
    inheritsGlobals: boolean,
    offered: readonly OfferedHandler[],
    keys = new HandlerKeys(),
  ): Promise<FoundHandler[]> {
    // as in Nest's hybrid apps: what is global in an HTTP app is meant for HTTP, unless somebody says otherwise
    const useGlobals = inheritsGlobals || (this.#app.http.httpAdapter ?? null) === null;
    const places = [...this.#places()];
    if (!places.some((place) => place.broker === broker)) return [];
    if (useGlobals) this.#refuseScopedGlobals(places);
    const callOf = await this.#calls(useGlobals, offered);
    // of every broker: where handlers are offered by Nest, all are told apart by their order
    const claimed = places.map((place) => ({ ...place, claim: callOf(place) }));
    return claimed.flatMap(({ claim, ...place }) => {
      if (place.broker !== broker) return [];
      const { group, origin } = place;
      const metadata = keys.of(place.metadata, origin);
      const { declaredOn: _, key: __, kind, name: own, ...policy } = metadata;
      const name = joinName(group, own);
      return [{ kind, name, origin, call: claim(name), ...policy }];
    });
  }

  async #calls(
    useGlobals: boolean,
    offered: readonly OfferedHandler[],
  ): Promise<(place: Place) => (pattern: string) => Call> {
    try {
      const { NestPipeline } = await this.#load();
      const config = useGlobals ? this.#app.config : new ApplicationConfig();
      const pipeline = new NestPipeline(this.#app.moduleRef['container'], config);
      return (place) => (pattern) => pipeline.callOf({ ...place, pattern });
    } catch (cause) {
      return offeredCalls(offered, cause);
    }
  }

  *#places(): Iterable<Place> {
    for (const [moduleKey, module] of modulesOf(this.#app.moduleRef)) {
      for (const collection of [module.controllers, module.providers]) {
        for (const wrapper of collection.values()) {
          yield* placesIn(wrapper as InstanceWrapper, moduleKey, collection === module.controllers);
        }
      }
    }
  }

  /** Nest binds request-scoped global enhancers to controllers only: a provider would run without its guard. */
  #refuseScopedGlobals(places: readonly Place[]): void {
    const { config } = this.#app;
    const scoped = [
      ...config.getGlobalRequestGuards(),
      ...config.getGlobalRequestPipes(),
      ...config.getGlobalRequestInterceptors(),
      ...config.getGlobalRequestFilters(),
    ];
    const provider = places.find(({ isController }) => !isController);
    if (scoped.length > 0 && provider !== undefined) {
      throw new InvalidConfigError(
        `${provider.origin}: request-scoped global enhancers do not reach handlers of providers; put it into a controller`,
      );
    }
  }
}

function* placesIn(
  wrapper: InstanceWrapper,
  moduleKey: string,
  isController: boolean,
): Iterable<Place> {
  if (wrapper.isAlias) return;
  const prototype = prototypeOf(wrapper);
  if (prototype === undefined) return;
  for (const [method, metadata] of handlersOf(prototype)) {
    const { constructor } = prototype;
    const { prefix, broker } = groupOf(constructor);
    const origin = `${constructor.name}.${method}`;
    refuseUnusable(wrapper, origin, isController);
    refuseOverwritten((prototype as Record<string, object>)[method], origin);
    yield { wrapper, moduleKey, method, group: prefix, metadata, broker, origin, isController };
  }
}

function prototypeOf(wrapper: InstanceWrapper): object | undefined {
  if (!wrapper.isDependencyTreeStatic()) {
    return (wrapper.metatype as { readonly prototype?: object } | null)?.prototype;
  }
  const instance: unknown = wrapper.instance;
  const isObject = typeof instance === 'object' && instance !== null;
  return isObject ? (Reflect.getPrototypeOf(instance) ?? undefined) : undefined;
}

function refuseUnusable(wrapper: InstanceWrapper, origin: string, isController: boolean): void {
  if (!isController && (wrapper.isTransient || !wrapper.isDependencyTreeStatic())) {
    throw new InvalidConfigError(
      `${origin}: a provider with handlers cannot be request-scoped or transient; make it a controller`,
    );
  }
}

/** A pattern decorator of Nest above ours took its place. */
function refuseOverwritten(method: object | undefined, origin: string): void {
  if (method === undefined || !Reflect.hasMetadata('microservices:handler_type', method)) return;
  if (Reflect.getMetadata('microservices:transport', method) !== BROKER_TRANSPORT) {
    throw new InvalidConfigError(
      `${origin}: the method has a pattern of Nest too; give each pattern a method of its own`,
    );
  }
}

/** Nest offers the handlers of controllers in the order in which they are found here. */
function offeredCalls(
  offered: readonly OfferedHandler[],
  cause: unknown,
): (place: Place) => () => Call {
  const left = [...offered];
  return ({ metadata, origin }) => {
    const index = left.findIndex((candidate) => candidate.metadata === metadata);
    const [found] = index < 0 ? [] : left.splice(index, 1);
    if (found === undefined) {
      throw new InvalidConfigError(
        `${origin}: this version of Nest is not known yet, so handlers start only in controllers and with brokerMicroservice()`,
        { cause },
      );
    }
    return () => found.call;
  };
}
