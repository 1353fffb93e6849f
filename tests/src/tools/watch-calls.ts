import { once } from 'node:events';
import { createServer, request } from 'node:http';

const MINUTE_MS = 60_000;

/** Stands before a cloud and counts what passes. */
export interface CallCounter {
  readonly endpoint: string;
  /** The most calls within any minute so far. */
  readonly mostAMinute: (service: 's3' | 'sqs') => number;
  readonly close: () => Promise<void>;
}

export async function countCalls(cloud: string): Promise<CallCounter> {
  const times: { at: number; service: 's3' | 'sqs' }[] = [];
  const server = createServer((incoming, response) => {
    const sqs = String(incoming.headers['x-amz-target'] ?? '').startsWith('AmazonSQS.');
    times.push({ at: performance.now(), service: sqs ? 'sqs' : 's3' });
    const { method, headers, url } = incoming;
    const outgoing = request(new URL(url ?? '/', cloud), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  const mostAMinute = (service: 's3' | 'sqs'): number => {
    const own = times.filter((call) => call.service === service).map(({ at }) => at);
    return own.reduce(
      (most, from) => Math.max(most, own.filter((at) => at >= from && at < from + MINUTE_MS).length),
      0,
    );
  };
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { endpoint: `http://127.0.0.1:${address.port}`, mostAMinute, close };
}
