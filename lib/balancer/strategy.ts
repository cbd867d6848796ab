/** A message on its way to an instance, as a strategy sees it. @publicApi */
export interface RouteMessage {
  /** Message id. */
  readonly id: string;
  readonly name: string;
  readonly kind: 'task' | 'event' | 'request';
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** A running instance that can take the message. @publicApi */
export interface RouteConsumer {
  readonly id: string;
  readonly instanceName: string;
  /** Above 0: drained ones are not shown. */
  readonly weight: number;
  /** What it holds and what waits in its lane: as of the last look, and what this process sent there since. */
  readonly load: number;
}

/** Who can take the message now. @publicApi */
export interface RouteView {
  readonly consumers: readonly RouteConsumer[];
}

/**
 * A user's own way to route. It runs in the instances of the service and in senders that are configured with it; what
 * it returns is verified when the message is placed. All instances of a queue must use a class of the same name.
 * @publicApi
 */
export interface BalanceStrategy {
  /** @returns the id of one of the view's consumers; anything else: whoever is free takes it */
  route(message: RouteMessage, view: RouteView): string | undefined;
}
