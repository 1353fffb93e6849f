import type { Queue } from '@wikifleet/queue/queue';
import { CloudWatchMetrics } from './cloudwatch-metrics.js';
import type { CloudWatchPlace } from './cloudwatch-metrics.js';
import { DepthPublisher } from './depth-publisher.js';
import type { DepthPublisherOptions } from './depth-publisher.js';
import type { Log } from './log.js';
import type { ReleaseStack } from './release-stack.js';
import { wantsMetrics } from './service-options.js';
import type { MetricsSettings } from './service-options.js';

/** A publisher of the queues' depth where the environment wants metrics; null where nobody would read them. */
export function openDepthPublisher(
  settings: MetricsSettings & CloudWatchPlace,
  queues: readonly Queue[],
  log: Log,
  releases: ReleaseStack,
  options: DepthPublisherOptions = {},
): DepthPublisher | null {
  if (!wantsMetrics(settings)) return null;
  const metrics = releases.defer(new CloudWatchMetrics(settings), async (m) => await m.close());
  const put = async (...args: Parameters<CloudWatchMetrics['put']>): Promise<void> => await metrics.put(...args);
  return releases.defer(new DepthPublisher(queues, put, log, options), async (p) => await p.close());
}
