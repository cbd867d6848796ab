import { Logger, type LoggerService } from '@nestjs/common';
import type { ResolvedOptions } from '../../config/index.js';
import type { Runtime } from '../../runtime/index.js';
import { MonitorActions } from './actions.js';
import { EVERY, LivePictures, SPAN } from './live-pictures.js';
import { MessageSearch } from './message-search.js';
import { MessageViews } from './message-view.js';
import type { MonitorOptions } from './options.js';
import { PageFiles } from './page-files.js';

/** Under which the controllers of one monitor find what they are made of. */
export const MONITOR_PARTS = 'nestjs-broker:monitor:parts';

export interface MonitorParts {
  readonly title: string;
  readonly files: PageFiles;
  readonly live: LivePictures;
  readonly search: MessageSearch;
  readonly actions: MonitorActions;
}

/** What the module of a broker provides. */
export interface BrokerParts {
  readonly runtime: Runtime;
  readonly options: Pick<ResolvedOptions, 'appName' | 'mode' | 'codec'>;
}

export function makeParts(
  { runtime, options: { appName, mode, codec } }: BrokerParts,
  { title = appName, readOnly, redact }: MonitorOptions,
  log: Pick<LoggerService, 'log' | 'error'> = new Logger('BrokerMonitor'),
): MonitorParts {
  const onError = (error: unknown): void =>
    log.error(`redact failed, the message is not shown: ${String(error)}`);
  const views = new MessageViews(codec, redact, onError);
  const about = { title, app: appName, mode, readOnly, every: EVERY, span: SPAN };
  return {
    title,
    files: new PageFiles(),
    live: new LivePictures(runtime, about),
    search: new MessageSearch(runtime, views),
    actions: new MonitorActions(runtime, log),
  };
}
