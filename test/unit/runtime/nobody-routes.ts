import { Router } from '../../../lib/runtime/router.js';
import { ManualClock } from '../../support/manual-clock.js';

/** A router that has no proposals, as where nobody asks its senders for any. */
export const nobodyRoutes = (): Router =>
  new Router({
    queue: undefined as never,
    clock: new ManualClock(),
    own: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
