import type { BaseRpcContext } from '@nestjs/microservices';

type StartHook = (
  transportId: symbol,
  context: BaseRpcContext,
  done: () => Promise<unknown>,
) => unknown;
type EndHook = (transportId: symbol, context: BaseRpcContext) => unknown;

/** The two hooks of a Nest server, around each message. Without any, a message costs nothing more. */
export class ProcessingHooks {
  readonly #transportId: symbol;
  #start: StartHook | undefined;
  #end: EndHook | undefined;

  constructor(transportId: symbol) {
    this.#transportId = transportId;
  }

  set start(hook: StartHook) {
    this.#start = hook;
  }

  set end(hook: EndHook) {
    this.#end = hook;
  }

  get isEmpty(): boolean {
    return this.#start === undefined && this.#end === undefined;
  }

  /** Runs `handle` between the hooks; the end hook runs once, whatever comes of it. */
  around(context: BaseRpcContext, handle: () => unknown): Promise<unknown> {
    return new Promise((resolve, reject: (reason: Error) => void) => {
      const done = async (): Promise<void> => {
        try {
          resolve(await handle());
        } catch (error) {
          reject(error as Error);
        } finally {
          this.#end?.(this.#transportId, context);
        }
      };
      if (this.#start === undefined) void done();
      // a start hook that fails before it calls `done` fails the message
      else Promise.resolve(this.#start(this.#transportId, context, done)).catch(reject);
    });
  }
}
