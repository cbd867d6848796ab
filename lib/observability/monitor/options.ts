import type { CanActivate, ModuleMetadata, Type } from '@nestjs/common';
import { InvalidConfigError, type PlainError } from '../../errors/index.js';
import type { Kind } from '../../message/index.js';

/** A guard of Nest, as `@UseGuards()` takes it. @publicApi */
export type MonitorGuard = CanActivate | Type<CanActivate>;

/** What the monitor shows of a message, and searches. @publicApi */
export interface MonitoredMessage {
  readonly id: string;
  readonly name: string;
  readonly kind: Kind;
  readonly key: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The decoded payload; `undefined` if there is none or it cannot be decoded. */
  readonly data: unknown;
  /** Of a dead letter. */
  readonly error?: PlainError;
}

/** @publicApi */
export interface BrokerMonitorModuleOptions {
  /** Where it is served, after the app's global prefix. Default `broker`. */
  readonly path?: string;
  /** Who may see it: asked before the page, its API and its stream. Needed, unless `unguarded` is true. */
  readonly guards?: readonly MonitorGuard[];
  /** Modules that export what the guards inject. */
  readonly imports?: ModuleMetadata['imports'];
  /** `true`: without a guard, for whoever reaches the port. Default false. */
  readonly unguarded?: boolean;
  /** `true`: shows, and changes nothing. Default false. */
  readonly readOnly?: boolean;
  /**
   * Called with every message before it is shown or searched; what it returns is shown in its place. When it throws,
   * key, headers, payload and error are withheld. A payload that cannot be decoded is not shown then. Default: all is shown.
   */
  readonly redact?: (message: MonitoredMessage) => MonitoredMessage;
  /** What the page calls itself. Default: the `appName`. */
  readonly title?: string;
  /** Which broker, as in `BrokerModule.forRoot({ name })`; each needs a path of its own. Default: the default one. */
  readonly broker?: string;
}

/** The options, complete. */
export interface MonitorOptions {
  readonly path: string;
  readonly guards: readonly MonitorGuard[];
  readonly readOnly: boolean;
  readonly redact: BrokerMonitorModuleOptions['redact'];
  readonly title: string | undefined;
}

/** @throws InvalidConfigError */
export function resolveMonitorOptions(options: BrokerMonitorModuleOptions): MonitorOptions {
  const { path = 'broker', guards = [], unguarded = false, readOnly = false } = options;
  const { redact, title } = options;
  if (guards.length === 0 && !unguarded) {
    throw new InvalidConfigError(
      'BrokerMonitorModule.forRoot needs guards: it shows payloads and can drop messages. ' +
        'Give { guards: [YourGuard] }, or { unguarded: true } where nobody else reaches the port',
    );
  }
  if (!/^[\w.~/-]+$/.test(path) || path.replaceAll('/', '') === '') {
    throw new InvalidConfigError(
      `the path of the monitor is "${path}", allowed: letters, digits and . _ ~ - between slashes`,
    );
  }
  return { path: path.replace(/^\/+|\/+$/g, ''), guards, readOnly, redact, title };
}
