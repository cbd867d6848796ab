import { beforeEach, describe, expect, it } from 'vitest';
import { Handover } from '../../../../lib/backend/memory/handover.js';
import type { MessageStream } from '../../../../lib/backend/memory/message-stream.js';
import { StoredMessage } from '../../../../lib/backend/memory/stored-message.js';
import { Streams } from '../../../../lib/backend/memory/streams.js';
import type { Waiter } from '../../../../lib/backend/memory/waiter.js';

let streams: Streams;
let handover: Handover;
let served: string[];
let serial = 0;

const turn = async (): Promise<void> => await new Promise(setImmediate);

function put(id: string): void {
  const envelope = { unique: String(serial++), address: 't:a' } as const;
  const stream = streams.of(id);
  stream.put(new StoredMessage(serial, envelope, Buffer.alloc(0)));
  handover.arrived(stream);
}

/** Takes one message from the first of its streams that has one; counts how often it is asked. */
function waiter(name: string, ...ids: string[]) {
  const made = {
    asked: 0,
    sources: (): readonly MessageStream[] => ids.map((id) => streams.of(id)),
    serve(): boolean {
      made.asked++;
      const stream = ids.map((id) => streams.find(id)).find((each) => (each?.size ?? 0) > 0);
      if (stream === undefined) return false;
      stream.shift();
      streams.prune(stream);
      served.push(name);
      return true;
    },
  } satisfies Waiter<MessageStream> & { asked: number };
  return made;
}

describe('Handover', () => {
  beforeEach(() => {
    streams = new Streams();
    handover = new Handover(streams);
    served = [];
  });

  it('serves what is there in the next turn, not before', async () => {
    put('t:a');
    handover.ask(waiter('w', 't:a'));
    expect(served).toEqual([]);
    await turn();
    expect(served).toEqual(['w']);
  });

  it('serves the one that has waited longest, wherever it waits', async () => {
    handover.ask(waiter('first', 't:a', 't:b'));
    handover.ask(waiter('second', 't:b'));
    handover.ask(waiter('third', 't:a', 't:b'));
    await turn();
    for (const id of ['t:b', 't:b', 't:a']) {
      put(id);
      await turn();
    }
    expect(served).toEqual(['first', 'second', 'third']);
  });

  it('prefers those who waited to those who have just come', async () => {
    handover.ask(waiter('waiting', 't:a'));
    await turn();
    handover.ask(waiter('newcomer', 't:a'));
    put('t:a');
    await turn();
    expect(served).toEqual(['waiting']);
  });

  it('asks nobody without need', async () => {
    const [waiting, other, third] = [
      waiter('waiting', 't:a'),
      waiter('other', 't:b'),
      waiter('third', 't:b'),
    ];
    for (const each of [waiting, other, third]) handover.ask(each);
    await turn();
    put('t:b');
    put('t:c');
    await turn();
    await turn();
    expect([waiting.asked, other.asked, third.asked]).toEqual([1, 2, 1]);
  });

  it('serves nobody who has left', async () => {
    const [early, late] = [waiter('early', 't:a'), waiter('late', 't:a')];
    handover.ask(early);
    await turn();
    handover.ask(late);
    handover.leave(early);
    handover.leave(late);
    put('t:a');
    await turn();
    expect([served, early.asked, late.asked]).toEqual([[], 1, 0]);
  });

  it('asks again those who wait at a stream when told to', async () => {
    const waiting = waiter('waiting', 't:a');
    handover.ask(waiting);
    await turn();
    handover.recheck(streams.of('t:a'));
    await turn();
    expect(waiting.asked).toBe(2);
  });

  it('forgets the streams that nobody needs any more', async () => {
    const waiters = [waiter('one', 't:a', 't:b'), waiter('two', 't:b', 't:c')];
    for (const each of waiters) handover.ask(each);
    await turn();
    expect([...streams.all()]).toHaveLength(3);
    put('t:b');
    await turn();
    handover.leave(waiters[1]!);
    expect([...streams.all()]).toEqual([]);
    expect([...streams.waiting.names()]).toEqual([]);
  });
});
