import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request as send } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { Store } from '../store.js';

export const BUCKET = 'bucket';

// nothing on loopback checks them, but the SDK does not send without
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

export interface LoopbackS3 {
  readonly endpoint: string;
  /** The folder whose files are the objects. */
  readonly objects: string;
  readonly store: Store;
  readonly client: S3Client;
  /** Keys of the multipart uploads that are under way. */
  readonly uploads: () => Promise<(string | undefined)[]>;
  readonly close: () => Promise<void>;
}

export async function startS3(): Promise<LoopbackS3> {
  const directory = await mkdtemp(join(tmpdir(), 'wikifleet-store-'));
  const objects = join(directory, 'objects');
  const buckets = { [BUCKET]: objects };
  const cloud = await startLocalCloud({ directory: join(directory, 'cloud'), buckets, port: 0 });
  const place = { region: 'us-east-1', endpoint: cloud.endpoint };
  const client = new S3Client({ ...place, forcePathStyle: true });
  const store = Store.connect({ ...place, bucket: BUCKET });
  return {
    endpoint: cloud.endpoint,
    objects,
    store,
    client,
    uploads: async () => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }));
      return Uploads.map(({ Key }) => Key);
    },
    close: async () => {
      store.close();
      client.destroy();
      await cloud.close();
      await rm(directory, { recursive: true });
    },
  };
}

export interface HttpServer {
  readonly endpoint: string;
  /** A store that speaks to this server. */
  readonly store: Store;
  readonly close: () => Promise<void>;
}

export async function startHttp(listener: RequestListener, idleMs?: number): Promise<HttpServer> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const store = Store.connect({
    bucket: BUCKET,
    region: 'us-east-1',
    endpoint,
    ...(idleMs === undefined ? {} : { idleMs }),
  });
  return {
    endpoint,
    store,
    close: async () => {
      store.close();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a proxy does with a request: false has it forwarded. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** A proxy before `target`. `onBody` may cut the answer: it is given each chunk and returns what is sent of it. */
export async function startProxy(
  target: string,
  intercept: Intercept,
  onAnswer?: (request: IncomingMessage, answer: IncomingMessage, response: ServerResponse) => void,
): Promise<HttpServer> {
  return await startHttp((request, response) => {
    void (async () => {
      if (await intercept(request, response)) return;
      const { method, headers, url = '/' } = request;
      const forwarded = send(new URL(url, target), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        if (onAnswer === undefined) answer.pipe(response);
        else onAnswer(request, answer, response);
      });
      forwarded.on('error', () => response.destroy());
      request.pipe(forwarded);
    })();
  });
}

/** Answers as S3 does where it refuses. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number, code: string): true {
  request.resume();
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}, says the test</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? '' : body);
  return true;
}
