import { type Address, addressKind } from '../../message/index.js';
import type { NewMessage } from '../index.js';
import { ENTRY_FIELD, type Layout } from './layout.js';
import type { RedisLink } from './link.js';
import { isPlain, packEntry } from './pack-groups.js';
import { toQuietBytes } from './wire-command.js';

/** How long, in ms, it counts how many a script found room for. */
const HOLDS = 1_000;
/** How long, in ms, what was added waits to be looked at together with others. */
const SOON = 10;
/** The claims on a name that one group handles, whoever of it is free: that group and its bounds. */
const OPEN = 2;

interface Room {
  readonly until: number;
  left: number;
}

interface Added {
  readonly address: Address;
  readonly id: Buffer;
  readonly resolve: (stays: boolean) => void;
}

/**
 * How a lone request is added in the mode `fast`: by XADD. add.lua would take several times as long, and of a name that it
 * found open a moment ago it has nothing to decide. A moment later it is looked whether the name is still open; if not, the
 * request is taken back, unless somebody holds it by then. It has no number, so it must not be sent again where it may have
 * arrived; nobody relies on such a request after the connection of its caller broke.
 */
export class ShortWay {
  readonly #link: RedisLink;
  readonly #layout: Layout;
  readonly #countOne: Buffer;
  readonly #rooms = new Map<Address, Room>();
  #added: Added[] = [];

  constructor(link: RedisLink, layout: Layout) {
    this.#link = link;
    this.#layout = layout;
    this.#countOne = toQuietBytes('HINCRBY', [layout.keys.key('counters'), 'added', 1]);
  }

  /** A script found the name open, with room for so many more. */
  note(address: Address, left: number): void {
    if (left > 0) this.#rooms.set(address, { until: performance.now() + HOLDS, left });
  }

  /** Whether this message may go this way; if so, it has to. */
  takes(message: NewMessage): boolean {
    const { address, keepReply } = message.envelope;
    if (addressKind(address) !== 'request' || keepReply !== undefined) return false;
    if (!isPlain(message) || message.proposal !== undefined) return false;
    return this.#link.quiet && this.#hasRoom(address);
  }

  /** @returns the id of the entry; `null` when there is no stream, and it was not added */
  add(message: NewMessage): Promise<unknown> {
    const { keys } = this.#layout;
    const stream = keys.stream(message.envelope.address);
    this.#link.tell(this.#countOne);
    return this.#link.call('XADD', [stream, 'NOMKSTREAM', '*', ENTRY_FIELD, packEntry(message)]);
  }

  /** Resolves when it is known whether what was added stays; `false`: it was taken back. */
  async stays({ envelope: { address } }: NewMessage, id: Buffer | null): Promise<boolean> {
    if (id === null) return !(await this.#takeBack(address, ''));
    return await new Promise((resolve) => {
      if (this.#added.push({ address, id, resolve }) > 1) return;
      setTimeout(() => void this.#look(), SOON);
    });
  }

  async #look(): Promise<void> {
    const list = this.#added;
    this.#added = [];
    const isOpen = new Map<Address, boolean>();
    for (const { address, id, resolve } of list) {
      if (!isOpen.has(address)) isOpen.set(address, await this.#isOpen(address));
      resolve(isOpen.get(address) === true || !(await this.#takeBack(address, id)));
    }
  }

  async #isOpen(address: Address): Promise<boolean> {
    try {
      return (await this.#link.call('HLEN', [this.#layout.keys.key('claims', address)])) === OPEN;
    } catch {
      // then it lies where it lies: its caller has its time-out
      return true;
    }
  }

  #hasRoom(address: Address): boolean {
    const room = this.#rooms.get(address);
    if (room === undefined) return false;
    room.left -= 1;
    if (room.left >= 0 && performance.now() < room.until) return true;
    this.#rooms.delete(address);
    return false;
  }

  async #takeBack(address: Address, id: Buffer | ''): Promise<boolean> {
    this.#rooms.delete(address);
    const { keys, scripts } = this.#layout;
    try {
      return Number(await this.#link.run(scripts.takeBack, [keys.root, address, id])) === 1;
    } catch {
      // one that lies there must not be added a second time
      return id === '';
    }
  }
}
