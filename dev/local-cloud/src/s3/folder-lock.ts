import { createHash } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { UsageError, codeOf } from '@wikifleet/domain/errors';

/**
 * Keeps a second process from opening the same folder: what the one writes, the other would take for leftovers and
 * remove. The lock is a local socket, so it ends with its process, however that ends.
 */
export class FolderLock {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `folder` is a real path; `use` is what it is locked for, as `S3 service`. Throws UsageError FOLDER_IN_USE. */
  static async take(folder: string, use = 'S3 service'): Promise<FolderLock> {
    const name = `wikifleet-${use.replaceAll(' ', '-')}-${createHash('sha256').update(folder).digest('hex').slice(0, 24)}`;
    // an abstract socket leaves no file behind
    const abstract = process.platform === 'linux';
    const path = abstract ? `\0${name}` : join(tmpdir(), `${name}.sock`);
    const inUse = (): UsageError => new UsageError('FOLDER_IN_USE', `${folder} is in use by another ${use}`);
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
