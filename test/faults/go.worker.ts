import { answerCalls, childInput, tell } from '../support/child.js';
import { GoPeer, type GoPeerOptions } from '../support/go-peer.js';

/** A Go-Broker worker in a process of its own, whose handlers never end. */
const never = async (payload: Buffer): Promise<never> => {
  const { n } = JSON.parse(String(payload)) as { n: number };
  tell({ what: 'started', n });
  return await new Promise<never>(() => undefined);
};
const peer = new GoPeer(childInput<GoPeerOptions>());
peer.onTask('work', never);
peer.onRequest('ask', never);
answerCalls({});
void peer.run().then(() => tell({ what: 'ready' }));
