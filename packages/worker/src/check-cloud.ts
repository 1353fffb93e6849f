import type { Queue } from '@wikifleet/queue/queue';
import type { Check } from './check-program.js';
import type { Cloud } from './connect.js';

/** Checks of a bucket and of queues: each is reached, and no message is taken. */
export function checkCloud(store: Cloud['store'], queues: readonly Queue[]): Check[] {
  return [
    {
      name: `bucket ${store.bucket}`,
      run: async () => {
        await store.check();
        return 'reached';
      },
    },
    ...queues.map((queue) => ({
      name: `queue ${queue.name}`,
      run: async () => {
        const { visible, inFlight, delayed } = await queue.depth();
        return `${visible} visible, ${inFlight} in flight, ${delayed} delayed`;
      },
    })),
  ];
}
