import { ScriptPacker, writeHeader } from '../../codec/index.js';
import { addressKind, addressName } from '../../message/index.js';
import type { NewMessage } from '../index.js';
import type { Keys } from './keys.js';

/** How much longer than its caller waits a repeatable request counts as being on its way, in ms. */
const KEEP = 1_000;

/** `{ m = { address, entry, options, … }, g = sizes, r = proposals }`, see add.lua. */
export function packGroups(groups: readonly (readonly NewMessage[])[], keys: Keys): Buffer {
  const packer = new ScriptPacker();
  const single = groups.every((group) => group.length === 1);
  const proposals = new Proposals();
  const messages = groups.flat();
  const numbers = messages.map(({ proposal }) => proposals.numberOf(proposal));
  packer.map(1 + (single ? 0 : 1) + (proposals.list.length > 0 ? 1 : 0));
  packer.text('m');
  packer.list(3 * messages.length);
  messages.forEach((message, i) => {
    const { address } = message.envelope;
    const isEvent = addressKind(address) === 'event';
    const channel = isEvent ? toChannel(keys, addressName(address)) : undefined;
    packMessage(packer, message, channel ?? numbers[i]);
  });
  if (proposals.list.length > 0) {
    packer.text('r');
    packer.value(proposals.list);
  }
  if (!single) {
    packer.text('g');
    packer.value(groups.map((group) => group.length));
  }
  return packer.finish();
}

/** What an entry holds. */
export function packEntry(message: NewMessage): Buffer {
  const packer = new ScriptPacker();
  writeEntry(packer, message);
  return packer.finish();
}

/** Whether a message needs nothing but an entry. */
export function isPlain({ envelope, delay, dedupe }: NewMessage): boolean {
  const { key, target, repeatable } = envelope;
  return key === undefined && target === undefined && !delay && !dedupe && !repeatable;
}

/** Where an event goes beside the queue: `s` = to a shard alone. */
type Channel = { readonly e: string; readonly s?: true };

function toChannel(keys: Keys, event: string): Channel {
  const e = keys.channel('event', event);
  return keys.sharded ? { e, s: true } : { e };
}

function packMessage(
  packer: ScriptPacker,
  message: NewMessage,
  extra: Channel | number | undefined,
): void {
  packer.text(message.envelope.address);
  packer.nested(() => writeEntry(packer, message));
  // an event's channel, or the number of a proposal
  if (typeof extra === 'object') return packer.value(extra);
  if (isPlain(message)) return packer.value(extra ?? false);
  const { delay, dedupe } = message;
  const { unique: i, repeatable, ttl = 0 } = message.envelope;
  const q = repeatable === true ? ttl + KEEP : undefined;
  packer.value({ i, d: delay || undefined, u: dedupe?.id, w: dedupe?.window, q, r: extra });
}

function writeEntry(packer: ScriptPacker, { envelope, payload }: NewMessage): void {
  packer.sized(() => writeHeader(packer, envelope));
  packer.raw(payload);
}

/** The different proposals of a batch, numbered from 1. */
class Proposals {
  readonly list: (readonly [consumer: string, epoch: string])[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(proposal: NewMessage['proposal']): number | undefined {
    if (proposal === undefined) return undefined;
    const { consumer, epoch } = proposal;
    const text = `${epoch} ${consumer}`;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.list.push([consumer, String(epoch)]));
    return this.list.length;
  }
}
