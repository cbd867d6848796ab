import type { Clock } from '../backend/index.js';

/** Whether `done` settles, which it must not do by rejecting, before `time` ms are over. */
export async function within(clock: Clock, done: Promise<unknown>, time: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const timer = clock.after(time, () => resolve(false));
    void done.then(() => {
      timer.cancel();
      resolve(true);
    });
  });
}
