import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { FleetError, UsageError, codeOf } from '@wikifleet/domain/errors';

/** Longer than clients keep an idle connection, so that they close it and not we while a request is on its way. */
const KEEP_ALIVE_MS = 75_000;

export class BodyTooLargeError extends FleetError {
  constructor(limit: number) {
    super('BODY_TOO_LARGE', `The request body is longer than ${limit} bytes`);
  }
}

/** A request's whole body, at most `limit` bytes. @throws BodyTooLargeError, or the connection's error. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // read on to the end, so that the client hears the answer; nothing of it is kept
    if (bytes <= limit) chunks.push(chunk);
    else chunks.length = 0;
  }
  if (bytes > limit) throw new BodyTooLargeError(limit);
  return Buffer.concat(chunks, bytes);
}

/** Answers a request; a rejection ends the connection. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTP server that listens. */
export class HttpEndpoint {
  readonly #server: Server;
  readonly port: number;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /**
   * Requests that a web page may have sent are refused, see `refusalOf`.
   * @throws UsageError PORT_IN_USE naming the port.
   */
  static async listen(handler: Handler, host: string, port: number): Promise<HttpEndpoint> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
      const refusal = refusalOf(request.headers, host);
      if (refusal !== null) return refuse(request, response, refusal);
      handler(request, response).catch(() => request.socket.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(listenError(error, host, port)));
      server.listen(port, host, resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string')
      throw new FleetError('NO_PORT', `${host}: the server has no port`);
    return new HttpEndpoint(server, address.port);
  }

  /** Takes no more requests, lets running ones end for at most `graceMs` milliseconds, then cuts them. May be called twice. */
  async close(graceMs: number): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      const cut = setTimeout(() => this.#server.closeAllConnections(), graceMs);
      // a connection whose last answer goes out after close() stays open as idle: look again
      const idle = setInterval(() => this.#server.closeIdleConnections(), 20);
      this.#server.close(() => {
        clearTimeout(cut);
        clearInterval(idle);
        resolve();
      });
    });
  }
}

/**
 * Why a request is refused; null where it is not. Nothing here checks signatures, so a page in a browser on this machine must not
 * get through: by DNS rebinding its requests carry its own host name, and from another origin they carry `Origin`. Clients of AWS
 * send neither. Addresses are taken as they are: a rebound name is none.
 */
export function refusalOf({ host, origin }: IncomingHttpHeaders, listensOn: string): string | null {
  if (origin !== undefined) return 'requests of web pages are not answered here';
  if (host === undefined) return null;
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
  if (isIP(name) !== 0 || name === listensOn.toLowerCase()) return null;
  // and buckets as part of the host name
  if (name === 'localhost' || name.endsWith('.localhost')) return null;
  return 'this host name is not answered here: expected an address, or localhost';
}

function refuse(request: IncomingMessage, response: ServerResponse, why: string): void {
  response.writeHead(403, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(`${why}\n`),
  });
  response.end(request.method === 'HEAD' ? undefined : `${why}\n`);
  request.resume();
}

function listenError(error: Error, host: string, port: number): Error {
  if (codeOf(error) !== 'EADDRINUSE') return error;
  return new UsageError(
    'PORT_IN_USE',
    `Port ${port} on ${host} is in use: stop what listens there, or choose another port`,
    {
      cause: error,
    },
  );
}
