import { InvalidNameError } from '../../../errors/index.js';
import { checkName } from '../../../message/index.js';
import { Keys } from '../keys.js';

/** The names around a stream that is shared with Go-Broker: everything of ours lies in the slot of that stream. */
export class SharedKeys extends Keys {
  readonly root: string;
  override readonly streams: readonly string[];
  readonly #stream: string;

  /** @throws InvalidNameError when no other key can lie in the slot of such a stream */
  constructor(stream: string) {
    super();
    this.#stream = stream;
    this.streams = [stream];
    this.root = rootOf(stream);
  }

  stream(): string {
    return this.#stream;
  }

  /** Go-Broker's events have the bare name, and its callers listen to all of `reply:*`. */
  channel(kind: 'event' | 'reply' | 'control', name = ''): string {
    if (kind === 'event') return name;
    return kind === 'reply' ? `${this.root}rpl:${name}` : `${this.root}ctl`;
  }
}

/** A hash tag that is what the stream is hashed by: its own one, else its whole name. */
function rootOf(stream: string): string {
  checkName('stream', stream);
  const tag = /^[^{]*\{([^}]+)\}/.exec(stream)?.[1];
  if (tag !== undefined) return `{${tag}}:${stream}:`;
  if (!stream.includes('}')) return `{${stream}}:`;
  throw new InvalidNameError(
    `stream must not contain a closing brace outside of a hash tag: "${stream}"`,
  );
}
