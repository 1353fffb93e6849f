import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
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

  /** @throws UsageError PORT_IN_USE naming the port. */
  static async listen(handler: Handler, host: string, port: number): Promise<HttpEndpoint> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
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
