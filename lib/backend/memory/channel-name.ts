import type { ChannelKind } from '../index.js';

/** The namespace that an app's names live in. */
export interface App {
  readonly prefix: string;
  readonly appName: string;
}

/** The full name of a channel of the app. */
export function channelName({ prefix, appName }: App, kind: ChannelKind, name = ''): string {
  if (kind === 'control') return `${prefix}:${appName}:ctl`;
  return `${prefix}:${appName}:${kind === 'event' ? 'ev' : 'rpl'}:${name}`;
}
