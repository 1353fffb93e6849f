import type { Queue } from '@wikifleet/queue/queue';
import { CloudWatchMetrics } from './cloudwatch-metrics.js';
import type { CloudWatchPlace } from './cloudwatch-metrics.js';
import { DepthPublisher } from './depth-publisher.js';
import type { DepthPublisherOptions, DepthReports } from './depth-publisher.js';
import type { ReleaseStack } from './release-stack.js';

export interface DepthSettings extends CloudWatchPlace {
  readonly WIKIFLEET_PUBLISH_DEPTH?: 'on' | 'off' | undefined;
}

/** Elsewhere than on AWS nothing scales by it, unless somebody wants it. */
function publishesDepth({ AWS_ENDPOINT_URL: endpoint, WIKIFLEET_PUBLISH_DEPTH: wish }: DepthSettings): boolean {
  return (wish ?? (endpoint === undefined ? 'on' : 'off')) === 'on';
}

/** A publisher of the queues' depth; null where nobody would read it. */
export function openDepthPublisher(
  settings: DepthSettings,
  queues: readonly Queue[],
  reports: DepthReports,
  releases: ReleaseStack,
  options: DepthPublisherOptions = {},
): DepthPublisher | null {
  if (!publishesDepth(settings)) return null;
  const metrics = releases.defer(new CloudWatchMetrics(settings), async (m) => await m.close());
  const put = async (...args: Parameters<CloudWatchMetrics['put']>): Promise<void> => await metrics.put(...args);
  return releases.defer(new DepthPublisher(queues, put, reports, options), async (p) => await p.close());
}
