import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call of a program: its name as terraform/iam-actions.json has it, and the object, queue or nothing it is for. */
export interface Call {
  readonly name: string;
  readonly target: string;
}

/**
 * What a request to S3 in path style asks for; several deletions are a call each. A request of another operation keeps its method and
 * path, and is then in no map.
 */
export function s3Calls(method: string, url: URL, body: string): Call[] {
  const [, , ...rest] = url.pathname.split('/');
  const key = rest.map(decodeURIComponent).join('/');
  const has = (name: string): boolean => url.searchParams.has(name);
  const one = (operation: string): Call[] => [{ name: `S3.${operation}`, target: key }];
  if (key === '') {
    if (method === 'HEAD') return one('HeadBucket');
    if (method === 'GET' && has('uploads')) return one('ListMultipartUploads');
    if (method === 'GET' && has('list-type')) return one('ListObjectsV2');
    if (method === 'POST' && has('delete')) {
      return [...body.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, name = '']) => ({
        name: 'S3.DeleteObjects',
        target: name,
      }));
    }
  } else if (has('uploadId')) {
    const operation = { PUT: 'UploadPart', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' }[method];
    if (operation !== undefined) return one(operation);
  } else if (method === 'POST' && has('uploads')) return one('CreateMultipartUpload');
  else if (url.search === '' || has('x-id')) {
    const operation = { PUT: 'PutObject', GET: 'GetObject', HEAD: 'HeadObject', DELETE: 'DeleteObject' }[method];
    if (operation !== undefined) return one(operation);
  }
  return [{ name: `${method} ${url.pathname}${url.search}`, target: '' }];
}

function sqsCall(operation: string, body: string): Call {
  const { QueueUrl = '' } = JSON.parse(body) as { QueueUrl?: string };
  return { name: `SQS.${operation}`, target: QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1) };
}

/**
 * Stands between one program and the loopback cloud and writes down what the program calls. CloudWatch and the agent of
 * ECS, which the loopback cloud has not, are answered here.
 */
export class Recorder {
  readonly calls: Call[] = [];
  readonly #server: Server;
  readonly #cloud: URL;

  private constructor(cloud: string) {
    this.#cloud = new URL(cloud);
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => request.socket.destroy());
    });
  }

  static async listen(cloud: string): Promise<Recorder> {
    const recorder = new Recorder(cloud);
    recorder.#server.listen(0, '127.0.0.1');
    await once(recorder.#server, 'listening');
    return recorder;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What the agent's endpoint is to a task. */
  get agent(): string {
    return `${this.endpoint}/agent`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.resolve();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { method = '' } = request;
    const url = new URL(request.url ?? '/', this.endpoint);
    const target = String(request.headers['x-amz-target'] ?? '');
    if (url.pathname === '/agent/task-protection/v1/state') {
      this.calls.push({ name: `ECSAgent.${method === 'PUT' ? 'Put' : 'Get'}TaskProtection`, target: '' });
      const { ProtectionEnabled } = JSON.parse(body.toString() || '{}') as { ProtectionEnabled?: boolean };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ protection: { ProtectionEnabled, TaskArn: 'some-task' } }));
      return;
    }
    // CloudWatch's name of old
    const metrics = /^GraniteServiceVersion20100801\.(\w+)$/.exec(target)?.[1];
    if (metrics !== undefined) {
      this.calls.push({ name: `CloudWatch.${metrics}`, target: '' });
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end('{}');
      return;
    }
    if (target.startsWith('AmazonSQS.')) this.calls.push(sqsCall(target.slice('AmazonSQS.'.length), body.toString()));
    else this.calls.push(...s3Calls(method, url, body.toString()));
    await this.#pass(request, response, body);
  }

  /** Host and all headers as they came: nothing is signed anew. */
  async #pass(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
    const { method, url: path, headers } = request;
    const passed = send({ host: this.#cloud.hostname, port: this.#cloud.port, method, path, headers });
    // a program that gives up its long poll gives it up at the cloud too
    response.on('close', () => passed.destroy());
    passed.end(body);
    const [answer] = (await once(passed, 'response')) as [IncomingMessage];
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    for await (const chunk of answer as AsyncIterable<Buffer>) response.write(chunk);
    response.end();
  }
}
