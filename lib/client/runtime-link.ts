import { BackendUnavailableError, ClosedError } from '../errors/index.js';
import type { Runtime } from '../runtime/index.js';
import type { RuntimeSource } from './runtime-source.js';

/** How long a question for the health waits for the first connection, in ms. */
const PATIENCE = 2_000;

/** A client's way to its runtime: makes it when it is first needed, connects it, closes it. */
export class RuntimeLink {
  readonly #source: RuntimeSource;
  readonly #onCreated: (runtime: Runtime) => void;
  #creating: Promise<Runtime> | undefined;
  #connecting: Promise<Runtime> | undefined;
  readonly #waiting = new Set<(reason: Error) => void>();
  #connected: Runtime | undefined;
  #closing: Promise<void> | undefined;

  /** @param onCreated called once, before the first connection */
  constructor(source: RuntimeSource, onCreated: (runtime: Runtime) => void) {
    this.#source = source;
    this.#onCreated = onCreated;
    if (source.shared !== undefined) {
      this.#creating = Promise.resolve(source.shared);
      onCreated(source.shared);
    }
  }

  /** The runtime, once it was connected. */
  get connected(): Runtime | undefined {
    return this.#connected;
  }

  /** @throws ClosedError after {@link close} */
  create(): Promise<Runtime> {
    if (this.#creating === undefined) {
      if (this.#closing !== undefined) return Promise.reject(new ClosedError());
      this.#creating = this.#source.create().then((runtime) => {
        this.#onCreated(runtime);
        return runtime;
      });
      // a failed try is no answer to the next one
      this.#creating.catch(() => (this.#creating = undefined));
    }
    return this.#creating;
  }

  /** Callers that wait for one connection go on in the order they came. */
  connect(): Promise<Runtime> {
    if (this.#connected !== undefined) return Promise.resolve(this.#connected);
    if (this.#connecting === undefined) {
      this.#connecting = this.#connect();
      this.#connecting.catch(() => (this.#connecting = undefined));
    }
    return this.#connecting;
  }

  /** @throws BackendUnavailableError after `limit` ms, while the connection is tried on; ClosedError after {@link close} */
  async connectWithin(limit: number): Promise<Runtime> {
    if (this.#connected !== undefined) return this.#connected;
    let timer: NodeJS.Timeout | undefined;
    let giveUp: ((reason: Error) => void) | undefined;
    const given = new Promise<never>((_, reject) => {
      timer = setTimeout(() => void this.#lateness(limit).then(reject), limit);
      giveUp = reject;
      this.#waiting.add(reject);
    });
    try {
      return await Promise.race([this.connect(), given]);
    } finally {
      clearTimeout(timer);
      if (giveUp !== undefined) this.#waiting.delete(giveUp);
    }
  }

  /** For who asks how it is: a failure to connect is what its health then tells. @throws ClosedError after {@link close} */
  async tryToConnect(): Promise<Runtime> {
    const runtime = await this.create();
    await this.connectWithin(PATIENCE).catch(() => undefined);
    return runtime;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #connect(): Promise<Runtime> {
    const runtime = await this.create();
    await runtime.connect();
    this.#connected = runtime;
    return runtime;
  }

  async #lateness(limit: number): Promise<BackendUnavailableError> {
    const health = await this.#creating?.then(async (runtime) => await runtime.health());
    const reason = health?.reason ?? 'it is still being set up';
    const message = `no connection within ${limit} ms: ${reason}`;
    return new BackendUnavailableError(message, { outcome: 'not-sent' });
  }

  async #close(): Promise<void> {
    for (const giveUp of this.#waiting) giveUp(new ClosedError());
    // what could not be made need not be closed; whoever asked for it was told why
    const runtime = await this.#creating?.catch(() => undefined);
    await runtime?.close();
  }
}
