import { Queue } from '@wikifleet/queue/queue';
import { Store } from '@wikifleet/store/store';
import type { ReleaseStack } from './release-stack.js';

/** What the environment says of the cloud, as `readSettings` gives it. */
export interface CloudSettings {
  readonly AWS_ENDPOINT_URL?: string | undefined;
  readonly AWS_REGION: string;
  readonly WIKIFLEET_BUCKET: string;
  readonly WIKIFLEET_DOWNLOAD_QUEUE_URL: string;
  readonly WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL: string;
  readonly WIKIFLEET_CONVERT_QUEUE_URL: string;
  readonly WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL: string;
}

export interface Cloud {
  readonly store: Store;
  readonly downloads: Queue;
  readonly converts: Queue;
}

/** Clients of the bucket and both queues, each reached once: what is not there is a `UsageError` at the start. */
export async function connect(settings: CloudSettings, releases: ReleaseStack): Promise<Cloud> {
  const cloud = openCloud(settings, releases);
  await Promise.all([cloud.store.check(), cloud.downloads.check(), cloud.converts.check()]);
  return cloud;
}

/** The clients alone; nothing is reached. */
export function openCloud(settings: CloudSettings, releases: ReleaseStack): Cloud {
  const place = { region: settings.AWS_REGION, endpoint: settings.AWS_ENDPOINT_URL };
  const store = releases.defer(Store.connect({ bucket: settings.WIKIFLEET_BUCKET, ...place }), (s) => s.close());
  const downloads = releases.defer(
    Queue.connect({
      url: settings.WIKIFLEET_DOWNLOAD_QUEUE_URL,
      deadLetterUrl: settings.WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL,
      ...place,
    }),
    (queue) => queue.close(),
  );
  const converts = releases.defer(
    Queue.connect({
      url: settings.WIKIFLEET_CONVERT_QUEUE_URL,
      deadLetterUrl: settings.WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL,
      ...place,
    }),
    (queue) => queue.close(),
  );
  return { store, downloads, converts };
}
