/** What every program is told of a cloud at `endpoint`; bucket and queues are there already. */
export function cloudEnvironment(endpoint: string, account = '000000000000'): Record<string, string> {
  const queue = (name: string): string => `${endpoint}/${account}/wikifleet-${name}`;
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    WIKIFLEET_BUCKET: 'wikifleet',
    WIKIFLEET_DOWNLOAD_QUEUE_URL: queue('download'),
    WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL: queue('download-dead-letter'),
    WIKIFLEET_CONVERT_QUEUE_URL: queue('convert'),
    WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL: queue('convert-dead-letter'),
  };
}
