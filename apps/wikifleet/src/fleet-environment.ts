const ACCOUNT = '000000000000';

/** What every program of the fleet reads to find bucket and queues at an endpoint that is not AWS. */
export interface FleetEnvironment {
  readonly AWS_ENDPOINT_URL: string;
  readonly AWS_REGION: string;
  readonly AWS_ACCESS_KEY_ID: string;
  readonly AWS_SECRET_ACCESS_KEY: string;
  readonly WIKIFLEET_BUCKET: string;
  readonly WIKIFLEET_DOWNLOAD_QUEUE_URL: string;
  readonly WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL: string;
  readonly WIKIFLEET_CONVERT_QUEUE_URL: string;
  readonly WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL: string;
}

/** The loopback cloud and LocalStack name their queues alike, so that no program has to ask for them. */
export function fleetEnvironment(endpoint: string): FleetEnvironment {
  const queue = (name: string): string => `${endpoint}/${ACCOUNT}/${name}`;
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    WIKIFLEET_BUCKET: 'wikifleet',
    WIKIFLEET_DOWNLOAD_QUEUE_URL: queue('wikifleet-download'),
    WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL: queue('wikifleet-download-dead-letter'),
    WIKIFLEET_CONVERT_QUEUE_URL: queue('wikifleet-convert'),
    WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL: queue('wikifleet-convert-dead-letter'),
  };
}

/** Lines for a POSIX shell. The values hold no character that a shell would read. */
export function exportLines(environment: FleetEnvironment): string[] {
  return Object.entries(environment).map(([name, value]) => `export ${name}=${value}`);
}
