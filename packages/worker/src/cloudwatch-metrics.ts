import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { METRIC_NAMESPACE } from '@wikifleet/scaling/metrics';
import type { MetricDatum } from '@wikifleet/queue/publish-outstanding';

export interface CloudWatchPlace {
  readonly AWS_ENDPOINT_URL?: string | undefined;
  readonly AWS_REGION: string;
}

/** The fleet's namespace in CloudWatch; its client is loaded and made with the first value. */
export class CloudWatchMetrics {
  readonly #place: CloudWatchPlace;
  #client: Promise<CloudWatchClient> | undefined;

  constructor(place: CloudWatchPlace) {
    this.#place = place;
  }

  /** Puts one value; throws what the SDK throws. */
  async put(datum: MetricDatum, signal: AbortSignal): Promise<void> {
    const { PutMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
    this.#client ??= this.#connect();
    const client = await this.#client;
    await client.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData: [datum] }), {
      abortSignal: signal,
    });
  }

  async #connect(): Promise<CloudWatchClient> {
    const { CloudWatchClient } = await import('@aws-sdk/client-cloudwatch');
    const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = this.#place;
    return new CloudWatchClient({ region, ...(endpoint === undefined ? {} : { endpoint }) });
  }

  /** May be called twice. */
  async close(): Promise<void> {
    (await this.#client)?.destroy();
    this.#client = undefined;
  }
}
