import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HttpEndpoint } from '../http.js';
import { SqsService } from '../sqs/sqs-service.js';

export type Json = Readonly<Record<string, unknown>>;

/** Calls an operation over HTTP without an SDK; an error's `__type` is the message of what is thrown. */
export async function call(endpoint: string, operation: string, input: Json): Promise<Json> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'X-Amz-Target': `AmazonSQS.${operation}`, 'Content-Type': 'application/x-amz-json-1.0' },
    body: JSON.stringify(input),
  });
  const body: unknown = await response.json();
  assert.ok(isJson(body));
  if (!response.ok) throw new Error(`${String(body['__type'])}: ${String(body['message'])}`);
  return body;
}

/** The messages of a receive that asks for up to ten and all system attributes. */
export async function receive(endpoint: string, url: string, more: Json = {}): Promise<Json[]> {
  const input = { QueueUrl: url, MaxNumberOfMessages: 10, AttributeNames: ['All'], ...more };
  const messages = (await call(endpoint, 'ReceiveMessage', input))['Messages'] ?? [];
  assert.ok(Array.isArray(messages));
  return messages.filter(isJson);
}

export async function createQueue(endpoint: string, name: string, attributes: Json = {}): Promise<string> {
  const { QueueUrl: url } = await call(endpoint, 'CreateQueue', { QueueName: name, Attributes: attributes });
  assert.ok(typeof url === 'string');
  return url;
}

export async function counts(endpoint: string, url: string): Promise<Json> {
  const names = ['', 'NotVisible', 'Delayed'].map((suffix) => `ApproximateNumberOfMessages${suffix}`);
  const { Attributes: attributes } = await call(endpoint, 'GetQueueAttributes', {
    QueueUrl: url,
    AttributeNames: names,
  });
  assert.ok(isJson(attributes));
  const [visible, inflight, delayed] = names.map((name) => Number(attributes[name]));
  return { visible, inflight, delayed };
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A service with a server in front. */
export interface RunningSqs {
  readonly service: SqsService;
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

export async function startSqs(directory: string): Promise<RunningSqs> {
  let endpoint = '';
  const service = await SqsService.open({ directory, endpoint: () => endpoint });
  const server = await HttpEndpoint.listen(
    async (request, response) => service.handle(request, response),
    '127.0.0.1',
    0,
  );
  endpoint = `http://127.0.0.1:${server.port}`;
  const close = async (): Promise<void> => {
    service.endPolls();
    await server.close(200);
    await service.close();
  };
  return { service, endpoint, close };
}

/** Runs with a folder that goes afterwards. */
export async function withDirectory(run: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'wikifleet-sqs-'));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

const moduleUrl = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** A service in a process of its own, to be killed by SIGKILL; when tests end without, it is killed too. */
export async function startChild(directory: string): Promise<{ endpoint: string; kill: () => Promise<void> }> {
  const script = `
    const { SqsService } = await import(${moduleUrl('../sqs/sqs-service.js')});
    const { HttpEndpoint } = await import(${moduleUrl('../http.js')});
    const service = await SqsService.open({ directory: ${JSON.stringify(directory)}, endpoint: () => 'http://127.0.0.1' });
    const server = await HttpEndpoint.listen((request, response) => service.handle(request, response), '127.0.0.1', 0);
    console.log(server.port);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(child.stdout);
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  children.add(child);
  const kill = async (): Promise<void> => {
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    children.delete(child);
  };
  return { endpoint: `http://127.0.0.1:${port}`, kill };
}
