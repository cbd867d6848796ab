import type { ApplicationConfig, ModulesContainer, NestContainer } from '@nestjs/core';
import { GuardsConsumer } from '@nestjs/core/guards/guards-consumer.js';
import { GuardsContextCreator } from '@nestjs/core/guards/guards-context-creator.js';
import { Injector } from '@nestjs/core/injector/injector.js';
import { InterceptorsConsumer } from '@nestjs/core/interceptors/interceptors-consumer.js';
import { InterceptorsContextCreator } from '@nestjs/core/interceptors/interceptors-context-creator.js';
import { PipesConsumer } from '@nestjs/core/pipes/pipes-consumer.js';
import { PipesContextCreator } from '@nestjs/core/pipes/pipes-context-creator.js';
import { ExceptionFiltersContext } from '@nestjs/microservices/context/exception-filters-context.js';
import { RpcContextCreator } from '@nestjs/microservices/context/rpc-context-creator.js';
import { DEFAULT_CALLBACK_METADATA } from '@nestjs/microservices/context/rpc-metadata-constants.js';
import { RpcProxy } from '@nestjs/microservices/context/rpc-proxy.js';
import { RpcParamtype } from '@nestjs/microservices/enums/rpc-paramtype.enum.js';
import { ListenersController } from '@nestjs/microservices/listeners-controller.js';
import { throwError } from 'rxjs';
import type { Call } from './found-handler.js';

// All that this package takes from inside Nest, and the only file that may. The paths and names are the same in
// Nest 11 and 12. Should they change, the classic form (`brokerMicroservice()`) works without this file.

type NestModule = ModulesContainer extends Map<string, infer M> ? M : never;
export type InstanceWrapper = NestModule['controllers'] extends Map<unknown, infer W> ? W : never;
type Method = (...args: unknown[]) => never;
type FilterContext = ExceptionFiltersContext['create'];

/** A method of a class that Nest holds. */
export interface Target {
  readonly wrapper: InstanceWrapper;
  readonly moduleKey: string;
  readonly method: string;
  /** What request-scoped providers see as the pattern of the message. */
  readonly pattern: string;
}

/** Lets the error of a handler through as it was thrown, where Nest's own makes "Internal server error" of it. */
class OriginalErrorFilters extends ExceptionFiltersContext {
  override create(...args: Parameters<FilterContext>): ReturnType<FilterContext> {
    const handler = super.create(...args);
    handler.handle = (error, host) =>
      handler.invokeCustomFilters(error, host) ?? throwError(() => error as unknown);
    return handler;
  }

  isEmptyFor(instance: object, method: Method, moduleKey: string): boolean {
    return super.create(instance, method, moduleKey)['filters'].length === 0;
  }
}

/** Puts Nest's guards, pipes, interceptors and filters around handlers; where there are none, nothing. */
export class NestPipeline {
  readonly #container: NestContainer;
  readonly #config: ApplicationConfig;
  readonly #filters: OriginalErrorFilters;
  readonly #pipes: PipesContextCreator;
  readonly #guards: GuardsContextCreator;
  readonly #interceptors: InterceptorsContextCreator;
  readonly #contexts: RpcContextCreator;

  /** @param config which global enhancers count */
  constructor(container: NestContainer, config: ApplicationConfig) {
    this.#container = container;
    this.#config = config;
    this.#filters = new OriginalErrorFilters(container, config);
    this.#pipes = new PipesContextCreator(container, config);
    this.#guards = new GuardsContextCreator(container, config);
    this.#interceptors = new InterceptorsContextCreator(container, config);
    this.#contexts = new RpcContextCreator(
      new RpcProxy(),
      this.#filters,
      this.#pipes,
      new PipesConsumer(),
      this.#guards,
      new GuardsConsumer(),
      this.#interceptors,
      new InterceptorsConsumer(),
      config,
    );
  }

  /** How to call a handler with payload and context. */
  callOf(target: Target): Call {
    if (!target.wrapper.isDependencyTreeStatic()) return this.#requestScoped(target);
    const { wrapper, moduleKey, method } = target;
    const instance = wrapper.instance as Record<string, Method>;
    const callback = instance[method] as Method;
    return (
      this.#direct(instance, method, moduleKey) ??
      this.#contexts.create(instance, callback, moduleKey, method)
    );
  }

  /** A bare method call, for handlers that nothing stands before. */
  #direct(instance: Record<string, Method>, method: string, moduleKey: string): Call | undefined {
    const callback = instance[method] as Method;
    if (!this.#isBare(instance, callback, moduleKey)) return undefined;
    const { getParamsMetadata } = this.#contexts.getMetadata(
      instance,
      method,
      DEFAULT_CALLBACK_METADATA,
      'rpc',
    );
    const places: Place[] = [];
    for (const { index, type, data, pipes, schema } of getParamsMetadata(
      moduleKey,
    ) as Parameter[]) {
      const isKnown = type === RpcParamtype.PAYLOAD || type === RpcParamtype.CONTEXT;
      if (!isKnown || pipes.length > 0 || schema !== undefined) return undefined;
      places[index] = type === RpcParamtype.CONTEXT ? CONTEXT : (data ?? PAYLOAD);
    }
    return bind(instance, callback, places);
  }

  #isBare(instance: object, callback: Method, moduleKey: string): boolean {
    const creators = [this.#pipes, this.#guards, this.#interceptors];
    const hooks = (
      this.#config as { getGlobalPreRequestHooks?(): unknown[] }
    ).getGlobalPreRequestHooks?.();
    return (
      (hooks ?? []).length === 0 &&
      creators.every((creator) => creator.create(instance, callback, moduleKey).length === 0) &&
      this.#filters.isEmptyFor(instance, callback, moduleKey)
    );
  }

  #requestScoped({ wrapper, moduleKey, method, pattern }: Target): Call {
    const { contextOptions } = this.#container;
    const instanceDecorator = contextOptions?.instrument?.instanceDecorator;
    const injector = new Injector({
      preview: false,
      ...(instanceDecorator === undefined ? {} : { instanceDecorator }),
    });
    const listeners = new ListenersController(
      undefined as never,
      this.#contexts,
      this.#container,
      injector,
      undefined as never,
      this.#filters,
      undefined as never,
    );
    const module = this.#container.getModuleByKey(moduleKey) as NestModule;
    return listeners.createRequestScopedHandler(wrapper, pattern, module, moduleKey, method);
  }
}

interface Parameter {
  readonly index: number;
  readonly type: unknown;
  readonly data?: string;
  readonly pipes: readonly unknown[];
  readonly schema?: unknown;
}

const PAYLOAD = Symbol('payload');
const CONTEXT = Symbol('context');
/** What a parameter gets; a text names a field of the payload. */
type Place = typeof PAYLOAD | typeof CONTEXT | string | undefined;

function bind(instance: object, callback: Method, places: readonly Place[]): Call {
  const [first, second] = places;
  if (first === PAYLOAD && places.length === 1) return (data) => callback.call(instance, data);
  if (first === PAYLOAD && second === CONTEXT && places.length === 2) {
    return (data, context) => callback.call(instance, data, context);
  }
  return (data, context) =>
    callback.apply(
      instance,
      Array.from(places, (place) => valueFor(place, data, context)),
    );
}

function valueFor(place: Place, data: unknown, context: unknown): unknown {
  if (place === PAYLOAD) return data;
  if (place === CONTEXT) return context;
  return place === undefined ? undefined : (data as Record<string, unknown> | undefined)?.[place];
}
