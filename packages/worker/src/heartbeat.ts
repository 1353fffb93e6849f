import { rm, writeFile } from 'node:fs/promises';
import { codeOf, messageOf } from '@wikifleet/domain/errors';
import type { Log } from './log.js';

const EVERY_MS = 10_000;

/**
 * A file that is written again every ten seconds while the service lives: the container's health check looks at its age
 * (`check-heartbeat`). Many times the interval may pass before that calls it dead, so that a busy processor never looks
 * so. A file that cannot be written is said once, and ends nothing.
 */
export class Heartbeat {
  readonly #path: string;
  readonly #log: Log;
  readonly #isAlive: () => boolean;
  readonly #timer: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();
  #said = false;

  constructor(path: string, log: Log, isAlive: () => boolean, everyMs = EVERY_MS) {
    this.#path = path;
    this.#log = log;
    this.#isAlive = isAlive;
    this.#timer = setInterval(() => this.#beat(), everyMs);
    this.#timer.unref();
    this.#beat();
  }

  #beat(): void {
    if (!this.#isAlive()) return;
    this.#writing = this.#writing.then(async () => {
      try {
        await writeFile(this.#path, `${new Date().toISOString()}\n`);
      } catch (error) {
        if (this.#said) return;
        this.#said = true;
        this.#log.warn({ event: 'heartbeat not written', code: codeOf(error) }, messageOf(error));
      }
    });
  }

  /** Takes the file away; may be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
    await rm(this.#path, { force: true }).catch(() => {});
  }
}
