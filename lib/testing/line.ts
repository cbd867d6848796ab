import { BackendUnavailableError, ClosedError, type SendOutcome } from '../errors/index.js';

/** The way from the brokers of a harness to their backend, which can be cut. */
export class Line {
  readonly #listeners = new Set<() => void>();
  #lost: SendOutcome | undefined;
  #calls = 0;

  get isUp(): boolean {
    return this.#lost === undefined;
  }

  /** How often it was used: what does not grow any more has come to rest. */
  get calls(): number {
    return this.#calls;
  }

  cut(outcome: SendOutcome): void {
    const wasUp = this.isUp;
    this.#lost = outcome;
    if (wasUp) this.#tell();
  }

  mend(): void {
    if (this.isUp) return;
    this.#lost = undefined;
    this.#tell();
  }

  /** Told when it is cut, and when it is there again. @returns ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Makes a call, if it gets through. With an unknown outcome it does get through, and its answer does not come back.
   * @throws BackendUnavailableError
   */
  call<T>(call: () => T): T | Promise<never> {
    this.#calls += 1;
    if (this.#lost === undefined) return call();
    const lost = new BackendUnavailableError('the test has cut the connection to the backend', {
      outcome: this.#lost,
    });
    if (this.#lost === 'not-sent') return Promise.reject(lost);
    const reject = (): never => {
      throw lost;
    };
    return Promise.resolve(call()).then(reject, reject);
  }

  /** Resolves once it is up. @throws what a signal says that aborts before; ClosedError if it says nothing */
  up(...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
    if (this.isUp) return Promise.resolve();
    const given = signals.filter((signal) => signal !== undefined);
    return new Promise((resolve, reject: (reason: unknown) => void) => {
      const end = (): void => {
        off();
        for (const signal of given) signal.removeEventListener('abort', giveUp);
      };
      const giveUp = (): void => {
        end();
        const reason: unknown = given.find(({ aborted }) => aborted)?.reason;
        reject(reason instanceof Error ? reason : new ClosedError());
      };
      const off = this.onChange(() => {
        if (!this.isUp) return;
        end();
        resolve();
      });
      for (const signal of given) signal.addEventListener('abort', giveUp);
      if (given.some(({ aborted }) => aborted)) giveUp();
    });
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
