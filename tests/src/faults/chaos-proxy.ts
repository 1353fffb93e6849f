import { createServer, request as send } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosRandom } from './chaos-random.js';
import { pickFault } from './chaos-requests.js';
import type { RequestFault } from './chaos-requests.js';
import type { ChaosTally } from './chaos-tally.js';

export interface ChaosProxyOptions {
  /** Where SQS and S3 are spoken in truth. */
  readonly target: string;
  readonly random: ChaosRandom;
  readonly tally: ChaosTally;
  /** Of the workers' leases: an acknowledgement is late when it comes after it. */
  readonly visibilitySeconds: number;
  /** Makes a message that was just received visible again. */
  readonly redeliver: (queueUrl: string, receiptHandle: string) => Promise<void>;
}

const SLOW_DOWN =
  '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';
const UNAVAILABLE = '{"__type":"com.amazonaws.sqs#ServiceUnavailable","message":"try again later"}';
/** Headers of one connection, not of the request. */
const OF_CONNECTION = ['connection', 'keep-alive', 'expect', 'transfer-encoding'];

/** A proxy between the fleet and its cloud: it passes everything on, but for faults. */
export class ChaosProxy {
  readonly #server: Server;
  readonly #options: ChaosProxyOptions;
  /** Timers of what is done later. */
  readonly #late = new Set<NodeJS.Timeout>();
  #calm = false;

  private constructor(options: ChaosProxyOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 0, keepAliveTimeout: 75_000 }, (request, response) => {
      const { socket } = request;
      // a fault ends in a broken connection, as does a cloud that is away: the client sees it, nobody else need
      this.#serve(request, response).catch(() => socket.destroy());
    });
  }

  static async listen(options: ChaosProxyOptions): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** No more faults. What was held back is still done in its time. */
  calm(): void {
    this.#calm = true;
  }

  /** Cuts everything; may be called twice. */
  async close(): Promise<void> {
    for (const timer of this.#late) clearTimeout(timer);
    this.#late.clear();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** How many held acknowledgements and second deliveries are still to come. */
  get pending(): number {
    return this.#late.size;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const action = actionOf(request);
    const fault = this.#calm ? null : pickFault(action, request.method ?? '', pathOf(request), this.#options.random);
    if (fault !== null) this.#options.tally.add(fault.name);
    if (action === 'ReceiveMessage' && fault === null) return await this.#receive(request, response);
    switch (fault?.kind) {
      case 'refuse':
        return await refuse(request, response, action !== null);
      case 'reset':
        throw new Error('reset');
      case 'late':
        return await this.#acknowledgeLate(request, response);
      case 'delay':
        return await this.#delay(request, response);
      case 'garble':
        return await this.#garble(request, response);
      default:
        return await this.#forward(request, response, fault);
    }
  }

  async #forward(request: IncomingMessage, response: ServerResponse, fault: RequestFault | null): Promise<void> {
    const upstream = this.#open(request);
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      upstream.once('response', resolve).once('error', reject);
    });
    answered.catch(() => {});
    if (fault?.kind === 'cut-request') return await cut(request, upstream);
    await pipeline(request, upstream);
    const answer = await answered;
    if (fault?.kind === 'lose-answer') {
      answer.destroy();
      throw new Error('lost');
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    if (fault?.kind === 'cut-answer') return await cut(answer, response);
    await pipeline(answer, response);
  }

  #open(request: IncomingMessage): ReturnType<typeof send> {
    const { hostname, port } = new URL(this.#options.target);
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !OF_CONNECTION.includes(name)),
    );
    // no kept connection: after the cloud's restart it would be a dead one, which is a fault nobody counted
    return send({ hostname, port, method: request.method, path: request.url, headers, agent: false });
  }

  /** A poll: what it brings may be brought to another worker too. */
  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { random, tally, redeliver } = this.#options;
    const body = await buffer(request);
    const upstream = this.#open(request);
    // who no longer polls must not be handed a message
    response.once('close', () => upstream.destroy());
    const answer = await exchange(upstream, body);
    const text = await buffer(answer);
    response.writeHead(answer.statusCode ?? 500, answer.headers).end(text);
    const [handle] = handlesOf(text);
    if (handle === undefined || this.#calm || !random.chance(0.08)) return;
    const { QueueUrl = '' } = JSON.parse(body.toString()) as { QueueUrl?: string };
    this.#later(random.between(20, 800), async () => {
      await redeliver(QueueUrl, handle);
      tally.add('message delivered twice');
    });
  }

  /** The worker hears at once that its message is deleted; it is, when others have received it meanwhile. */
  async #acknowledgeLate(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
    const { random, visibilitySeconds } = this.#options;
    this.#later(1000 * (visibilitySeconds + random.between(0.2, 2)), async () => {
      (await exchange(this.#open(request), body)).resume();
    });
  }

  /** Any request may arrive at any later time, up to past the lease of its sender, who may be dead by then. */
  async #delay(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { random, visibilitySeconds } = this.#options;
    const body = await buffer(request);
    const ms = random.chance(0.15) ? 1000 * (visibilitySeconds + random.between(0, 3)) : random.between(20, 600);
    await new Promise<void>((resolve, reject) => {
      this.#later(ms, async () => {
        try {
          const answer = await exchange(this.#open(request), body);
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          await pipeline(answer, response);
          resolve();
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  async #garble(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await exchange(this.#open(request), await buffer(request));
    const body = await buffer(answer);
    if (answer.statusCode === 200) body.fill('x', Math.floor(body.length / 3));
    const headers = Object.entries(answer.headers).filter(([name]) => !name.startsWith('x-amz-checksum'));
    response.writeHead(answer.statusCode ?? 500, Object.fromEntries(headers)).end(body);
  }

  #later(afterMs: number, act: () => Promise<void>): void {
    const timer = setTimeout(() => {
      // its message may be gone by now, or the cloud away
      void act()
        .catch(() => {})
        .finally(() => this.#late.delete(timer));
    }, afterMs);
    this.#late.add(timer);
  }
}

/** The SQS action of a request; null where it is S3's. */
function actionOf(request: IncomingMessage): string | null {
  const target = request.headers['x-amz-target'];
  return typeof target === 'string' && target.startsWith('AmazonSQS.') ? target.slice('AmazonSQS.'.length) : null;
}

/** The path of a request, without its query. */
function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://localhost').pathname;
}

function lengthOf(message: IncomingMessage): number {
  return Number(message.headers['content-length'] ?? 0);
}

async function exchange(upstream: ReturnType<typeof send>, body: Buffer): Promise<IncomingMessage> {
  return await new Promise((resolve, reject) => {
    upstream.once('response', resolve).once('error', reject).end(body);
  });
}

async function refuse(request: IncomingMessage, response: ServerResponse, isSqs: boolean): Promise<void> {
  for await (const _ of request) continue;
  const type = isSqs ? 'application/x-amz-json-1.0' : 'application/xml';
  response
    .writeHead(503, { 'content-type': type })
    .end(request.method === 'HEAD' ? '' : isSqs ? UNAVAILABLE : SLOW_DOWN);
}

/** Passes half of the bytes on; the error breaks the client's connection. */
async function cut(source: IncomingMessage, sink: Writable): Promise<void> {
  let left = Math.floor(lengthOf(source) / 2);
  for await (const chunk of source as AsyncIterable<Buffer>) {
    sink.write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) break;
  }
  // what was written leaves before the connection breaks
  await sleep(20);
  sink.destroy();
  throw new Error('cut');
}

function handlesOf(answer: Buffer): string[] {
  try {
    const { Messages = [] } = JSON.parse(answer.toString()) as { Messages?: { ReceiptHandle?: string }[] };
    return Messages.flatMap(({ ReceiptHandle }) => ReceiptHandle ?? []);
  } catch {
    return [];
  }
}
