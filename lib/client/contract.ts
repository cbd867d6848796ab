import type { ClientProxy } from '@nestjs/microservices';
import type { BrokerRecord } from './broker-record.js';
import type { EnqueueOptions, PublishOptions, RequestOptions } from './call-options.js';

/**
 * What the names of an app stand for, for the compiler alone: payloads of tasks and events by name, and of requests
 * `{ payload, reply }`. A kind that is left out has no names.
 * @publicApi
 */
export interface BrokerContract {
  /** `{ '<name>': <payload> }`. */
  readonly tasks?: object;
  /** `{ '<name>': <payload> }`. */
  readonly events?: object;
  /** `{ '<name>': { payload: <payload>; reply: <value> } }`; either can be left out. */
  readonly requests?: object;
}

type Kinds = keyof BrokerContract;

/** Whether nobody gave a contract: then every name is allowed, with any payload. */
type IsFree<C> = BrokerContract extends C ? true : false;
type Section<C, K extends Kinds> = K extends keyof C ? NonNullable<C[K]> : object;
type Entry<C, K extends Kinds, N> = N extends keyof Section<C, K> ? Section<C, K>[N] : undefined;

export type Name<C, K extends Kinds> =
  IsFree<C> extends true ? string : keyof Section<C, K> & string;
export type Payload<C, K extends Kinds, N> =
  IsFree<C> extends true
    ? unknown
    : K extends 'requests'
      ? Entry<C, K, N> extends { readonly payload: infer P }
        ? P
        : undefined
      : Entry<C, K, N>;
export type Reply<C, N> = Entry<C, 'requests', N> extends { readonly reply: infer R } ? R : void;

/** `any`, as Nest declares its patterns and results. */
export type Loose = Parameters<ClientProxy['send']>[0];
/** What stands for a name where there is no contract; nothing, where there is one. */
export type FreeName<C> = IsFree<C> extends true ? string : never;
export type FreePattern<C> = IsFree<C> extends true ? Loose : never;

type Sent<P> = P | BrokerRecord<P>;
/** A payload that can be `undefined` can be left out. */
type Rest<P, O> = undefined extends P
  ? [data?: Sent<P>, options?: O]
  : [data: Sent<P>, options?: O];
export type TaskArguments<C, N> = Rest<Payload<C, 'tasks', N>, EnqueueOptions>;
export type EventArguments<C, N> = Rest<Payload<C, 'events', N>, PublishOptions>;
export type RequestArguments<C, N> = Rest<Payload<C, 'requests', N>, RequestOptions>;
export type NestData<C, K extends Kinds, N> = Sent<Payload<C, K, N>>;

type Batched<P> = undefined extends P ? { readonly data?: Sent<P> } : { readonly data: Sent<P> };

/** One task of a batch. @publicApi */
export type TaskMessage<C extends BrokerContract = BrokerContract> = {
  [N in Name<C, 'tasks'>]: Batched<Payload<C, 'tasks', N>> & {
    readonly name: N;
    readonly options?: EnqueueOptions;
  };
}[Name<C, 'tasks'>];

type Stripped<S, G extends string> = {
  readonly [N in keyof S as N extends `${G}.${infer R}` ? R : never]: S[N];
};

/** The part of a contract whose names begin with a group, without it. */
export type InGroup<C extends BrokerContract, G extends string> =
  IsFree<C> extends true ? BrokerContract : { readonly [K in Kinds]: Stripped<Section<C, K>, G> };
