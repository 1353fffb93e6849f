import type { CloudSettings } from '@wikifleet/worker/connect';
import { connect } from '@wikifleet/worker/connect';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';
import type { WatchedCloud } from '@wikifleet/dashboard/fleet-watcher';
import { Uploads } from '@wikifleet/dashboard/uploads';

/** Clients of all that is watched; what is not there is a `UsageError`. */
export async function connectWatched(settings: CloudSettings, releases: ReleaseStack): Promise<WatchedCloud> {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint, WIKIFLEET_BUCKET: bucket } = settings;
  const uploads = releases.defer(Uploads.connect({ bucket, region, endpoint }), (client) => client.close());
  return { ...(await connect(settings, releases)), uploads };
}
