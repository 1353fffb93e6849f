/** The CloudWatch namespace of all that the fleet publishes. */
export const METRIC_NAMESPACE = 'Wikifleet';

/** The only dimension of what workers publish: each other value would be a billed metric of its own. */
export const SERVICE_DIMENSION = 'service';

/** What workers publish, with CloudWatch's names of the units; sums over what happened since the line before. */
export const WORKER_METRICS = {
  /** Messages acknowledged. */
  JobsDone: 'Count',
  /** Messages that went to the dead-letter queue. */
  JobsFailed: 'Count',
  /** Messages handed back to be tried again. */
  Retries: 'Count',
  /** How long each job took that ended in one of these three ways. */
  JobSeconds: 'Seconds',
  /** Bytes of dump files that were read: compressed ones. */
  BytesIn: 'Bytes',
  /** Bytes that were written: of raw objects, or of parts. */
  BytesOut: 'Bytes',
  /** Bytes of XML that were converted. */
  XmlBytes: 'Bytes',
  Rows: 'Count',
  /** Revisions, or remains of pages, that could not be read. */
  Quarantined: 'Count',
  /** How often a mirror was left alone for a while, because it was full or failed. */
  MirrorWaits: 'Count',
  MirrorWaitSeconds: 'Seconds',
  /** Tasks that began. */
  TaskStarts: 'Count',
  /** How long tasks ran: what is paid for. */
  TaskSeconds: 'Seconds',
} as const;

export type WorkerMetric = keyof typeof WORKER_METRICS;

/** Custom metrics of a fleet, each of which is billed: those of both services, and `Outstanding` of both queues. */
export const CUSTOM_METRICS = 2 * Object.keys(WORKER_METRICS).length + 2;
