/** The real one, also for users whose tests replace timers later: time may stand still, messages move. */
const { setImmediate } = globalThis;

/**
 * Work that is done once in the next turn of the event loop, however often it is asked for. A turn, not a microtask:
 * a worker with a full queue must not keep timers and sockets of the process waiting.
 */
export class NextTurn {
  readonly #work: () => void;
  #asked = false;

  constructor(work: () => void) {
    this.#work = work;
  }

  ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    setImmediate(() => {
      this.#asked = false;
      this.#work();
    });
  }
}
