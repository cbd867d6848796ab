/** A message on its way to an instance, as a strategy sees it. @publicApi */
export interface RouteMessage {
  /** Message id. */
  readonly id: string;
  /** With its group. */
  readonly name: string;
  /** `event`: a durable one, on its way to one service. */
  readonly kind: 'task' | 'event' | 'request';
  /** What its sender gave it. */
  readonly key: string | undefined;
  /** Those its sender gave it; empty where there are none. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A running instance that can take the message. @publicApi */
export interface RouteConsumer {
  /** What `route` returns to choose it. */
  readonly id: string;
  /** Its option `instanceName`. */
  readonly instanceName: string;
  /** Above 0: drained ones are not shown. */
  readonly weight: number;
  /** What it holds and what waits in its lane: as of the last look, and what this process sent there since. */
  readonly load: number;
}

/** Who can take the message now. @publicApi */
export interface RouteView {
  /** In no particular order; none while nobody lives who handles the name. */
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
