import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { FleetError, codeOf } from '@wikifleet/domain/errors';

/**
 * Keeps a second process from opening the same folder: what the one writes, the other would take for leftovers and
 * remove. The lock is a local socket, so it ends with its process, however that ends.
 */
export class FolderLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `folder` is a real path. Throws FleetError FOLDER_IN_USE. */
  static async take(folder: string): Promise<FolderLock> {
    const name = `wikifleet-s3-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`;
    // an abstract socket leaves no file behind
    const abstract = process.platform === 'linux';
    const path = abstract ? `\0${name}` : join(tmpdir(), `${name}.sock`);
    const inUse = (): FleetError => new FleetError('FOLDER_IN_USE', `${folder} is open in another S3 service`);
    for (let attempt = 1; ; attempt++) {
      const server = createServer((socket) => void socket.destroy());
      try {
        server.listen(path);
        await once(server, 'listening');
        server.unref();
        return new FolderLock(server);
      } catch (error) {
        if (codeOf(error) !== 'EADDRINUSE') throw error;
        if (abstract || attempt > 1 || (await answers(path))) throw inUse();
        await unlink(path);
      }
    }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    await new Promise<void>((done) => void this.#server.close(() => done()));
  }
}

/** Whether a process listens there; a dead one's socket file stays behind. */
async function answers(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
