import type { S3Client } from '@aws-sdk/client-s3';

/** What went to S3 and came from it. */
export interface Traffic {
  /** Every attempt at a request. */
  requests: number;
  /** Bytes of bodies that answers announced. */
  bytes: number;
}

/** Counts a client's requests from now on, those that the SDK does again too. */
export function countTraffic(client: S3Client): Readonly<Traffic> {
  const traffic: Traffic = { requests: 0, bytes: 0 };
  client.middlewareStack.add(
    (next) => async (args) => {
      traffic.requests += 1;
      const answer = await next(args);
      traffic.bytes += bodyBytes(args.request, answer.response);
      return answer;
    },
    // behind the retries
    { step: 'finalizeRequest', priority: 'low' },
  );
  return traffic;
}

function bodyBytes(request: unknown, response: unknown): number {
  if ((request as { readonly method?: string }).method === 'HEAD') return 0;
  const { headers } = response as { readonly headers?: Readonly<Record<string, string>> };
  return Number(headers?.['content-length'] ?? 0);
}
