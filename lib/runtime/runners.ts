import type { Backend, Clock } from '../backend/index.js';
import type { PayloadEncoder } from './payload-encoder.js';
import { RequestRunner } from './request-runner.js';
import type { RuntimeSettings } from './settings.js';
import { TaskRunner } from './task-runner.js';

export interface RunnersParts {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly settings: RuntimeSettings;
  readonly payloads: PayloadEncoder;
}

/** What runs the handlers of each kind. */
export const newRunners = (
  { backend, clock, payloads, settings }: RunnersParts,
  onError: (error: unknown) => void,
) => ({
  tasks: new TaskRunner({ clock, payloads, defaults: settings.tasks }),
  requests: new RequestRunner({
    bus: backend.bus,
    clock,
    payloads,
    sendTimeout: settings.sendTimeout,
    onError,
  }),
});
