import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '@wikifleet/domain/errors';
import { accessKeyOf, callsOf } from './calls.js';
import type { AwsCall, CallNeeds } from './calls.js';
import { allows } from './policies.js';
import type { Access, Statement } from './policies.js';

/** An answer that the box gives instead of moto. */
export interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

/** What the gateway asks the box. */
export interface GatewayHandlers {
  /** The policies of whoever has the access key; null for Terraform, which may do everything. Throws where nobody has it. */
  readonly policiesOf: (accessKey: string) => readonly Statement[] | null;
  /** What a call needs beside its own actions: `RunTask` passes roles. */
  readonly alsoNeeds: (call: AwsCall) => Promise<readonly Access[]>;
  /** Changes the parameters of a call, or answers it; undefined passes it on as it is. */
  readonly before: (call: AwsCall) => Promise<{ parameters: unknown } | Answer | undefined>;
  /** Sees an answer that moto gave with 200, and may replace its body. */
  readonly after: (call: AwsCall, body: string) => Promise<string>;
  /** Requests below `/agent/`. */
  readonly agent: (path: string, method: string, body: string) => Promise<Answer>;
}

/** A call that IAM would refuse. */
export interface Refusal {
  readonly accessKey: string;
  readonly call: string;
  readonly needs: string;
}

/** Stands before moto's server: every call passes here, and is allowed by the caller's own policies or refused. */
export class Gateway {
  readonly refusals: Refusal[] = [];
  /** Requests that it could not answer. */
  readonly problems: string[] = [];
  /** Names of calls, by access key. */
  readonly calls = new Map<string, Set<string>>();
  readonly #server: Server;
  readonly #moto: URL;
  readonly #needs: CallNeeds;
  readonly #handlers: GatewayHandlers;

  private constructor(moto: string, needs: CallNeeds, handlers: GatewayHandlers) {
    this.#moto = new URL(moto);
    this.#needs = needs;
    this.#handlers = handlers;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        // a program that gives up its long poll gives it up at moto too
        if (!response.closed) this.problems.push(messageOf(error));
        request.socket.destroy();
      });
    });
  }

  static async listen(moto: string, needs: CallNeeds, handlers: GatewayHandlers): Promise<Gateway> {
    const gateway = new Gateway(moto, needs, handlers);
    gateway.#server.listen(0, '127.0.0.1');
    await once(gateway.#server, 'listening');
    return gateway;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await Promise.resolve();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    let body = Buffer.concat(chunks);
    const { method = '' } = request;
    const url = new URL(request.url ?? '/', this.endpoint);
    if (url.pathname.startsWith('/agent/')) {
      const { status = 200, body: said } = await this.#handlers.agent(url.pathname, method, body.toString());
      return reply(response, status, said);
    }
    const accessKey = accessKeyOf(request.headers);
    const policies = this.#handlers.policiesOf(accessKey);
    if (policies === null) return await this.#pass(request, response, body);
    const calls = callsOf(method, url, request.headers, body.toString('latin1'));
    const made = this.calls.get(accessKey) ?? new Set();
    this.calls.set(accessKey, made);
    for (const call of calls) {
      made.add(call.name);
      const needed = [...this.#needs.of(call), ...(await this.#handlers.alsoNeeds(call))];
      const missing = needed.find((access) => !allows(policies, access));
      if (missing === undefined) continue;
      this.refusals.push({ accessKey, call: call.name, needs: `${missing.action} on ${missing.resource}` });
      return refuse(response, call, `${missing.action} on ${missing.resource} is not allowed`);
    }
    const [call] = calls;
    const changed = call === undefined ? undefined : await this.#handlers.before(call);
    if (changed !== undefined && 'body' in changed) return reply(response, changed.status ?? 200, changed.body);
    if (changed !== undefined) body = Buffer.from(JSON.stringify(changed.parameters));
    await this.#pass(request, response, body, call);
  }

  /** Host and headers stay: moto makes the URLs of queues from them. */
  async #pass(request: IncomingMessage, response: ServerResponse, body: Buffer, call?: AwsCall): Promise<void> {
    const { method, url: path } = request;
    const headers = { ...request.headers, 'content-length': String(body.length) };
    const passed = send({ host: this.#moto.hostname, port: this.#moto.port, method, path, headers });
    response.on('close', () => passed.destroy());
    passed.end(body);
    const [answer] = (await once(passed, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks);
    const json = call !== undefined && Object.keys(call.parameters).length > 0 && answer.statusCode === 200;
    const said = json ? Buffer.from(await this.#handlers.after(call, text.toString())) : text;
    const kept = { ...answer.headers };
    // a HEAD names the length of what it does not send
    if (method !== 'HEAD') kept['content-length'] = String(said.length);
    delete kept['transfer-encoding'];
    response.writeHead(answer.statusCode ?? 502, kept);
    response.end(said);
  }
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, { name }: AwsCall, message: string): void {
  if (name.startsWith('S3.')) {
    response.writeHead(403, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`);
    return;
  }
  response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(JSON.stringify({ __type: 'AccessDeniedException', message }));
}
