import type { Backend, Clock } from '../backend/index.js';
import type { PayloadEncoder } from './payload-encoder.js';
import { HandlingObserver, type HandlingObserverParts } from './handling-observer.js';
import { RequestRunner } from './request-runner.js';
import type { RuntimeSettings } from './settings.js';
import { TaskRunner } from './task-runner.js';

export interface RunnersParts extends Omit<HandlingObserverParts, 'queue'> {
  readonly backend: Backend;
  readonly clock: Clock;
  readonly settings: RuntimeSettings;
  readonly payloads: PayloadEncoder;
}

/** What runs the handlers of each kind. */
export function newRunners(parts: RunnersParts, onError: (error: unknown) => void) {
  const { backend, clock, payloads, settings, observers, server } = parts;
  const { bus, queue } = backend;
  const watch = new HandlingObserver({ observers, queue, server });
  const { sendTimeout } = settings;
  return {
    tasks: new TaskRunner({ clock, payloads, defaults: settings.tasks, watch }),
    requests: new RequestRunner({ bus, clock, payloads, sendTimeout, watch, onError }),
  };
}
