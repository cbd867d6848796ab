import { BrokerClient } from 'nestjs-broker';

/** Hands a parcel over and waits until it was sent. */
export async function parcelSent(broker: BrokerClient): Promise<void> {
  const sent = new Promise<void>((resolve) => {
    const end = broker.observe({
      handling: ({ kind }) => ({
        ended({ outcome }) {
          if (kind !== 'task' || outcome !== 'done') return;
          end();
          resolve();
        },
      }),
    });
  });
  await broker.enqueue('parcels.send', { id: 1, grams: 800 });
  await sent;
}
