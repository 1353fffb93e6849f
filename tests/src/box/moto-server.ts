import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { until } from '../end-to-end/programs.js';
import { freePort } from '../tools/free-port.js';

/** `moto_server`, installed with `tests/tools/moto-requirements.txt`; empty where the environment does not name it. */
export const MOTO = process.env['WIKIFLEET_MOTO'] ?? '';

/** moto's server on a free port of 127.0.0.1, with nothing in it. */
export class MotoServer {
  readonly endpoint: string;
  readonly #child: ChildProcess;

  private constructor(endpoint: string, child: ChildProcess) {
    this.endpoint = endpoint;
    this.#child = child;
  }

  static async start(): Promise<MotoServer> {
    const port = await freePort();
    const child = spawn(MOTO, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' });
    const endpoint = `http://127.0.0.1:${port}`;
    const server = new MotoServer(endpoint, child);
    try {
      await until("moto's server answers", async () => (await status(`${endpoint}/moto-api/data.json`)) === 200, 60);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** Deletes everything in it. */
  async reset(): Promise<void> {
    await fetch(`${this.endpoint}/moto-api/reset`, { method: 'POST' });
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

async function status(url: string): Promise<number> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return 0;
  }
}
