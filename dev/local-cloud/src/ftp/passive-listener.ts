import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { codeOf } from '@wikifleet/domain/errors';

/** `::ffff:127.0.0.1` and `127.0.0.1` are one address. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:/i, '');
}

/** Ports from `first` to `last`, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A port that waits for one data connection of one peer. */
export class PassiveListener {
  readonly port: number;
  readonly #server: Server;
  #socket: Socket | null = null;
  #waiting: ((socket: Socket | null) => void) | null = null;
  #closed = false;

  private constructor(server: Server, peer: string) {
    this.#server = server;
    // A server that listens on a port has an AddressInfo.
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#accept(socket, peer));
    // Errors of the listening socket after the bind end in the timeout of `take`.
    server.on('error', () => this.close());
  }

  /**
   * Listens at `address` for connections from `peer` alone: on any free port, or on the first free one of a range. Rejects
   * with EADDRINUSE where none of it is free.
   */
  static async open(address: string, peer: string, ports: PortRange | null = null): Promise<PassiveListener> {
    if (ports === null) return await PassiveListener.#listen(address, peer, 0);
    for (let port = ports.first; ; port += 1) {
      try {
        return await PassiveListener.#listen(address, peer, port);
      } catch (error) {
        if (codeOf(error) !== 'EADDRINUSE' || port >= ports.last) throw error;
      }
    }
  }

  static #listen(address: string, peer: string, port: number): Promise<PassiveListener> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: false, noDelay: true });
      server.once('error', reject);
      server.listen({ host: address, port, backlog: 4 }, () => {
        server.removeListener('error', reject);
        resolve(new PassiveListener(server, peer));
      });
    });
  }

  #accept(socket: Socket, peer: string): void {
    // Until somebody takes it, an error of the socket is of no interest.
    socket.on('error', () => socket.destroy());
    if (this.#closed || this.#socket !== null || plainAddress(socket.remoteAddress) !== peer) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    this.#server.close();
    this.#waiting?.(socket);
  }

  /** The data connection; null where none comes within `timeoutMs` or the listener is closed. */
  take(timeoutMs: number): Promise<Socket | null> {
    if (this.#socket !== null || this.#closed) return Promise.resolve(this.#closed ? null : this.#socket);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.close(), timeoutMs);
      this.#waiting = (socket) => {
        clearTimeout(timer);
        this.#waiting = null;
        resolve(socket);
      };
    });
  }

  /** Stops listening and ends the data connection; may be called twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    this.#socket?.destroy();
    this.#waiting?.(null);
  }
}
