import { Client, FTPError } from 'basic-ftp';
import type { MirrorConfig } from '@wikifleet/config/mirrors';
import { codeOf } from '@wikifleet/domain/errors';
import { MAX_LISTING_BYTES } from './mirror.js';
import { mirrorError, networkError } from './mirror-error.js';
import { portOf } from './mirror-path.js';
import type { Slots } from './slots.js';

export interface FtpConnectionSettings {
  readonly config: MirrorConfig;
  readonly slots: Slots;
  /** The mirror's connections: this one is among them as long as it is open. */
  readonly open: Set<FtpConnection>;
  readonly password: string;
  readonly stallMs: number;
  readonly callMs: number;
  readonly lingerMs: number;
  /** The URL of what is asked for. */
  readonly place: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * The control connection says nothing during a transfer, and what lies between may forget one that is silent for minutes.
 * NOOP is no way out: basic-ftp takes its reply for the transfer's end. So TCP itself speaks, after so much silence.
 */
const KEEP_ALIVE_MS = 20_000;
/** How long QUIT may take. */
const QUIT_MS = 1000;

/** One control connection in one slot, used for one file or one listing. */
export class FtpConnection {
  readonly client: Client;
  readonly #settings: FtpConnectionSettings;
  readonly #release: () => void;
  readonly #deadline: NodeJS.Timeout;
  readonly #onAbort = (): void => this.cut(this.#settings.signal?.reason);
  #closed = false;
  #reason: unknown = null;

  private constructor(settings: FtpConnectionSettings, release: () => void) {
    this.#settings = settings;
    this.#release = release;
    settings.open.add(this);
    // One time for all: connecting, each reply, each pause of the data. It never sends data to another host.
    this.client = new Client(settings.stallMs, {
      allowSeparateTransferHost: false,
      maxListingBytes: MAX_LISTING_BYTES,
    });
    const late = `took longer than ${settings.callMs} ms`;
    this.#deadline = setTimeout(() => this.cut(mirrorError('MIRROR_STALLED', settings.place, late)), settings.callMs);
    settings.signal?.addEventListener('abort', this.#onAbort);
  }

  /** Waits for a slot, connects and logs in as anonymous; binary type from then on. */
  static async open(settings: FtpConnectionSettings): Promise<FtpConnection> {
    const { config, slots, password, signal } = settings;
    const release = await slots.acquire(signal);
    const connection = new FtpConnection(settings, release);
    try {
      await connection.client.access({ host: config.host, port: portOf(config), user: 'anonymous', password });
      connection.client.ftp.socket.setKeepAlive(true, KEEP_ALIVE_MS);
      return connection;
    } catch (error) {
      throw await connection.fail(error);
    }
  }

  /** Bytes of the file at `path`; null where the mirror says that it is not there, `unknown` where it cannot say. */
  async size(path: string): Promise<number | null | 'unknown'> {
    const reply = await this.client.sendIgnoringError(`SIZE ${path}`);
    const size = /^213 (\d{1,16})(?!\d)/.exec(reply.message)?.[1];
    if (size !== undefined && Number.isSafeInteger(Number(size))) return Number(size);
    // 550 is also what a server says that does not want to look.
    if (reply.code === 550 && !/ascii|denied|permission|temporar|busy/i.test(reply.message)) return null;
    if (reply.code === 500 || reply.code === 502) return 'unknown';
    throw new FTPError(reply);
  }

  /** No more bound on the time: a stream has a watch of its own. */
  clearDeadline(): void {
    clearTimeout(this.#deadline);
  }

  /** What to throw for `error`: the reason of the cut, where there was one. */
  errorOf(error: unknown): unknown {
    if (this.#reason !== null) return this.#reason;
    return networkError(this.#settings.place, error);
  }

  /** Ends the connection after `error`, and gives what to throw: politely where the mirror only gave an answer. */
  async fail(error: unknown): Promise<unknown> {
    const reason = this.errorOf(error);
    const code = codeOf(reason);
    if (code === 'MIRROR_NOT_FOUND' || code === 'MIRROR_SIZE_DIFFERS') await this.quit();
    else this.cut(reason);
    return reason;
  }

  /** Cuts both sockets off at once; the first reason stays. The slot is free when the mirror must have seen it. */
  cut(reason: unknown): void {
    if (this.#closed) return;
    this.#reason = reason;
    this.#end();
    setTimeout(this.#release, this.#settings.lingerMs);
  }

  /** Says QUIT and frees the slot when the mirror has ended the connection; never throws. */
  async quit(): Promise<void> {
    if (this.#closed) return;
    const timer = setTimeout(() => this.client.close(), QUIT_MS);
    const { socket } = this.client.ftp;
    const ended = new Promise((resolve) => socket.once('end', resolve).once('close', resolve));
    try {
      await this.client.send('QUIT');
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, QUIT_MS / 4).unref())]);
    } catch {
      // The work is done: how the connection ends is of no interest.
    } finally {
      clearTimeout(timer);
      if (!this.#closed) {
        this.#end();
        // vsftpd counts a connection a moment longer than it lasts.
        setTimeout(this.#release, this.#settings.lingerMs / 10);
      }
    }
  }

  #end(): void {
    this.#closed = true;
    this.#settings.open.delete(this);
    clearTimeout(this.#deadline);
    this.#settings.signal?.removeEventListener('abort', this.#onAbort);
    // Also after 421, which leaves the client open.
    this.client.close();
  }
}
