import type { Log } from './log.js';
import { EmbeddedMetrics, NO_METRICS } from './metrics.js';
import type { Metrics } from './metrics.js';
import type { ReleaseStack } from './release-stack.js';
import type { ServiceOptions } from './service.js';
import { NO_PROTECTION, TaskProtection } from './task-protection.js';

/** What the environment says of a worker, as `readSettings` gives it. */
export interface WorkerSettings {
  readonly AWS_ENDPOINT_URL?: string | undefined;
  readonly WIKIFLEET_METRICS?: 'emf' | 'none' | undefined;
  readonly WIKIFLEET_VISIBILITY_SECONDS: number;
  readonly WIKIFLEET_HEARTBEAT_FILE?: string | undefined;
  readonly ECS_AGENT_URI?: string | undefined;
}

/** The options of a service, with its metrics as well for whoever counts something beside the jobs. */
export function serviceOptions(
  settings: WorkerSettings,
  log: Log,
  releases: ReleaseStack,
): Omit<ServiceOptions, 'graceMs'> & { readonly metrics: Metrics } {
  const { AWS_ENDPOINT_URL: endpoint, ECS_AGENT_URI: agentUri } = settings;
  // elsewhere nobody reads them out of the log
  const wanted = settings.WIKIFLEET_METRICS ?? (endpoint === undefined ? 'emf' : 'none');
  return {
    log,
    metrics: wanted === 'emf' ? releases.defer(new EmbeddedMetrics(log), (m) => m.close()) : NO_METRICS,
    protection: agentUri === undefined ? NO_PROTECTION : new TaskProtection(agentUri, log),
    heartbeatFile: settings.WIKIFLEET_HEARTBEAT_FILE,
    lease: { visibilitySeconds: settings.WIKIFLEET_VISIBILITY_SECONDS },
  };
}
