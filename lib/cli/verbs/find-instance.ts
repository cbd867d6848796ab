import type { ConsumerInfo } from '../../backend/index.js';
import type { BrokerBalancer } from '../../client/index.js';
import { FailedError } from '../cli-errors.js';

/**
 * The one running instance that somebody means: by its id, its name, or the beginning of its id.
 * @throws FailedError when there is none, or several
 */
export async function findInstance(balancer: BrokerBalancer, word: string): Promise<ConsumerInfo> {
  const all = await balancer.consumers();
  const exact = all.filter(({ id }) => id === word);
  const named = all.filter(({ instanceName }) => instanceName === word);
  const begun = all.filter(({ id }) => id.startsWith(word));
  const found = [exact, named, begun].find((some) => some.length > 0) ?? [];
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const running = all.map(({ instanceName, id }) => `${instanceName} (${id})`).join(', ');
  if (only === undefined) {
    throw new FailedError(
      `no running instance is called "${word}", running: ${running === '' ? 'none' : running}`,
    );
  }
  const ids = found.map(({ id }) => id).join(', ');
  throw new FailedError(`"${word}" stands for ${found.length} instances, say one id: ${ids}`);
}
