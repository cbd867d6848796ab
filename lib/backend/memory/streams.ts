import { MessageStream } from './message-stream.js';
import { Tally } from './tally.js';

const LANE = 'lane:';

/** The id of a consumer's lane for one of its groups; a name's stream has its address for an id. */
export const laneId = (consumer: string, group: string): string =>
  LANE + JSON.stringify([consumer, group]);

/** Whose lane it is; `undefined`: it is the stream of a name. */
export const ownerOf = (id: string): string | undefined =>
  isLane(id) ? (JSON.parse(id.slice(LANE.length)) as [string, string])[0] : undefined;

export const isLane = (id: string): boolean => id.startsWith(LANE);

/** Every stream and lane that holds or awaits something; the others take no room. */
export class Streams {
  /** Ready messages by address, wherever they lie. */
  readonly waiting = new Tally();
  readonly #streams = new Map<string, MessageStream>();

  find(id: string): MessageStream | undefined {
    return this.#streams.get(id);
  }

  /** The stream, made if need be. Use it at once: an idle one is forgotten. */
  of(id: string): MessageStream {
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      stream = new MessageStream(id, this.waiting);
      this.#streams.set(id, stream);
    }
    return stream;
  }

  /** Forgets the stream if nothing lies in it and nobody waits at it. */
  prune(stream: MessageStream): void {
    if (stream.size === 0 && stream.waiters.size === 0) this.#streams.delete(stream.id);
  }

  all(): Iterable<MessageStream> {
    return this.#streams.values();
  }
}
