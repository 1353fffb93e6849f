import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FtpFaults } from './ftp-faults.js';
import { FtpSession } from './ftp-session.js';
import type { FtpSettings } from './ftp-session.js';
import type { FtpTree } from './ftp-tree.js';
import type { PortRange } from './passive-listener.js';

export interface FtpServerOptions {
  readonly tree: FtpTree;
  /** `127.0.0.1` by default. */
  readonly host?: string;
  /** A free one by default. */
  readonly port?: number;
  /** Control connections at a time; no limit but `MAX_CONNECTIONS` by default. */
  readonly maxConnections?: number;
  /** How one too many is told: 421 at once (vsftpd, the default), or 530 at login (proftpd). */
  readonly refusal?: 421 | 530;
  /** The most that one connection gets; no limit by default. */
  readonly bytesPerSecond?: number;
  readonly faults?: FtpFaults;
  /** Where data connections are taken, as a firewall may want it; any free port by default. */
  readonly passivePorts?: PortRange;
  /** Milliseconds until the greeting; 0 by default. */
  readonly greetingDelay?: number;
  /** Milliseconds without a command, or without progress of a transfer; 300,000 by default. */
  readonly idleMs?: number;
  /** Milliseconds to wait for a data connection; 30,000 by default. */
  readonly acceptMs?: number;
}

export interface FtpServer {
  readonly host: string;
  readonly port: number;
  /** Control connections that were let in: now and at most; and how many were turned away. */
  readonly connections: { readonly now: number; readonly peak: number; readonly refused: number };
  /** Ends all connections; may be called twice. */
  close(): Promise<void>;
}

/** Whatever the options say. */
const MAX_CONNECTIONS = 1000;

/** Starts a read-only FTP server for anonymous users, with passive data connections only. */
export async function startFtpServer(options: FtpServerOptions): Promise<FtpServer> {
  const { host = '127.0.0.1', port = 0, refusal = 421, greetingDelay = 0 } = options;
  const limit = Math.min(options.maxConnections ?? MAX_CONNECTIONS, MAX_CONNECTIONS);
  const attempts = new Map<string, number>();
  const settings: FtpSettings = {
    tree: options.tree,
    faults: options.faults ?? {},
    passivePorts: options.passivePorts ?? null,
    bytesPerSecond: options.bytesPerSecond ?? null,
    idleMs: options.idleMs ?? 300_000,
    acceptMs: options.acceptMs ?? 30_000,
    countAttempt(path) {
      // Only tests with faults look at the number; without them nothing grows.
      if (options.faults?.transfer === undefined) return 1;
      const attempt = (attempts.get(path) ?? 0) + 1;
      attempts.set(path, attempt);
      return attempt;
    },
  };
  const open = new Set<FtpSession>();
  const counts = { now: 0, peak: 0, refused: 0 };

  async function serve(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    const surplus = counts.now >= limit;
    if (surplus) counts.refused += 1;
    if (surplus && (refusal === 421 || open.size >= 2 * MAX_CONNECTIONS)) {
      socket.end('421 There are too many connections, please try later.\r\n');
      socket.setTimeout(1000, () => socket.destroy());
      socket.resume();
      return;
    }
    const session = new FtpSession(socket, settings, surplus, () => {
      if (open.delete(session) && !surplus) counts.now -= 1;
    });
    open.add(session);
    if (!surplus) counts.peak = Math.max(counts.peak, (counts.now += 1));
    if (greetingDelay > 0) await sleep(greetingDelay);
    await session.run();
  }

  const server = createServer({ noDelay: true }, (socket) => {
    // What ends a session early is its peer: nobody else is to know.
    serve(socket).catch(() => socket.destroy());
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await listen(server, host, port);
  let closing: Promise<void> | null = null;
  return {
    host,
    port: (server.address() as AddressInfo).port,
    connections: counts,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of open) session.destroy();
        for (const socket of sockets) socket.destroy();
      });
      return closing;
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
