/** A pending call; `cancel` is safe at any time. */
export interface Timer {
  cancel(): void;
}

/** Time as the runtime and the memory backend see it. Tests hand in one they can turn by hand. */
export interface Clock {
  /** Milliseconds since the epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds that only ever grow; leases and time-outs are measured with it. */
  monotonic(): number;
  /** Calls `callback` once, after `delay` milliseconds. Does not keep the process alive. */
  after(delay: number, callback: () => void): Timer;
}

/** Longest delay a timer of Node can carry; longer waits are made of several. */
const MAX_DELAY = 2 ** 31 - 1;

/** The real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, callback) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      timer = setTimeout(
        () => (left > MAX_DELAY ? arm(left - MAX_DELAY) : callback()),
        Math.min(Math.max(0, left), MAX_DELAY),
      );
      timer.unref();
    };
    arm(delay);
    return { cancel: () => clearTimeout(timer) };
  },
};
