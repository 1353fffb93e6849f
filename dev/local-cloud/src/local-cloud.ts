import { join } from 'node:path';
import { FleetError, UsageError, messageOf } from '@wikifleet/domain/errors';
import { HttpEndpoint } from './http.js';
import type { Handler } from './http.js';
import { S3Service } from './s3/s3-service.js';
import { SqsService } from './sqs/sqs-service.js';

export interface LocalCloudOptions {
  /** Where queues and the S3 service's own state are kept; one process at a time. */
  readonly directory: string;
  /** Bucket name to the folder whose files are its objects. */
  readonly buckets?: Readonly<Record<string, string>>;
  /** Default `127.0.0.1`: nothing here checks signatures, so that a wider address opens it to everybody there. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Told of errors that clients see as an internal error: `what` could not be done. */
  readonly onFault?: (what: string, error: unknown) => void;
}

/** SQS and S3 on one address. */
export interface LocalCloud {
  /** As in `http://127.0.0.1:4566`: the `endpoint` of every client. */
  readonly endpoint: string;
  readonly port: number;
  /** Ends open long polls at once, lets running requests end for a second, flushes. May be called twice. */
  readonly close: () => Promise<void>;
}

/** What a request gets to end in when the cloud closes, in milliseconds. */
const GRACE_MS = 1_000;

/**
 * Starts both services on one port; SQS by its header, everything else is S3's.
 * @throws UsageError PORT_IN_USE, CLOUD_UNWRITABLE, or DIRECTORY_IN_USE when another process has the directory.
 */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  try {
    return await open(options);
  } catch (error) {
    throw unwritable(options.directory, error);
  }
}

async function open(options: LocalCloudOptions): Promise<LocalCloud> {
  const { directory, buckets = {}, host = '127.0.0.1', port = 0, onFault = () => {} } = options;
  let endpoint = '';
  // first, as it locks the directory for both
  const sqs = await SqsService.open({ directory: join(directory, 'sqs'), endpoint: () => endpoint, onFault });
  let s3: S3Service | undefined;
  try {
    s3 = await S3Service.open({ directory: join(directory, 's3'), buckets, onFault });
    const server = await HttpEndpoint.listen(route(sqs, s3), host, port);
    endpoint = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
    return { endpoint, port: server.port, close: closer(server, s3, sqs) };
  } catch (error) {
    await s3?.close();
    await sqs.close();
    throw error;
  }
}

/** What the system says of a folder (that its disk is full, say) names no file. */
function unwritable(directory: string, error: unknown): unknown {
  if (error instanceof FleetError || !(error instanceof Error) || !('errno' in error)) return error;
  return new UsageError('CLOUD_UNWRITABLE', `${directory} cannot be written: ${messageOf(error)}`, { cause: error });
}

function route(sqs: SqsService, s3: S3Service): Handler {
  return async (request, response) => {
    const target = request.headers['x-amz-target'];
    const forSqs =
      (typeof target === 'string' && target.startsWith('AmazonSQS.')) ||
      (request.method === 'POST' && request.headers['content-type'] === 'application/x-amz-json-1.0');
    await (forSqs ? sqs.handle(request, response) : s3.handle(request, response));
  };
}

function closer(server: HttpEndpoint, s3: S3Service, sqs: SqsService): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    sqs.endPolls();
    // the lock, which SQS holds, goes last
    try {
      await server.close(GRACE_MS);
      await s3.close();
    } finally {
      await sqs.close();
    }
  };
  return async () => {
    closing ??= close();
    return closing;
  };
}
