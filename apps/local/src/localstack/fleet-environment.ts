/** What every program of the fleet reads to find LocalStack on a port of this machine. */
export function fleetEnvironment(port: number): Readonly<Record<string, string>> {
  const endpoint = `http://127.0.0.1:${port}`;
  // LocalStack's account; every queue URL follows from it, and no program has to ask
  const queue = (name: string) => `${endpoint}/000000000000/${name}`;
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
export function exportLines(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}=${value}\n`)
    .join('');
}
