import { FTPError, FileType } from 'basic-ftp';
import type { FileInfo } from 'basic-ftp';
import type { MirrorConfig } from '@wikifleet/config/mirrors';
import { isName } from '@wikifleet/domain/names';
import { FtpConnection } from './ftp-connection.js';
import { MAX_LISTING_ENTRIES } from './mirror.js';
import type { CallOptions, Mirror, MirrorEntry, MirrorOptions, OpenOptions, ReadTextOptions } from './mirror.js';
import { checkSize, mirrorError, notFound } from './mirror-error.js';
import { absolutePath, urlOf } from './mirror-path.js';
import { MirrorStream, emptyStream } from './mirror-stream.js';
import { readText } from './read-text.js';
import { Slots } from './slots.js';

/** A mirror that speaks FTP: anonymous, binary, passive. */
export class FtpMirror implements Mirror {
  readonly name: string;
  readonly connections: number;
  refusedNames = 0;
  readonly #config: MirrorConfig;
  readonly #options: MirrorOptions;
  readonly #slots: Slots;
  readonly #open = new Set<FtpConnection>();

  constructor(config: MirrorConfig, options: MirrorOptions) {
    this.name = config.name;
    this.connections = config.connections;
    this.#config = config;
    this.#options = options;
    this.#slots = new Slots(config.connections);
  }

  async list(path: string, options: CallOptions = {}): Promise<MirrorEntry[]> {
    const [absolute, place] = this.#locate(path);
    const found = await this.#call(place, options.signal, async ({ client }) => {
      // vsftpd lists a folder that is missing as an empty one: entering it tells.
      const reply = await client.sendIgnoringError(`CWD ${absolute}`);
      if (reply.code === 550) throw notFound(place);
      if (reply.code >= 400) throw new FTPError(reply);
      return client.list();
    });
    return this.#entriesOf(found, place);
  }

  #entriesOf(found: readonly FileInfo[], place: string): MirrorEntry[] {
    if (found.length > MAX_LISTING_ENTRIES) {
      throw mirrorError(
        'MIRROR_REFUSED',
        place,
        `expected ${MAX_LISTING_ENTRIES} entries at most, received ${found.length}`,
      );
    }
    const entries = new Map<string, MirrorEntry>();
    for (const { name, type, size } of found) {
      const directory = type === FileType.Directory;
      // Links are not followed, and what is neither file nor folder is nothing for us.
      if (!isName(name) || (!directory && type !== FileType.File)) this.refusedNames += 1;
      else if (!entries.has(name)) {
        const known = !directory && Number.isSafeInteger(size) && size >= 0;
        entries.set(name, { name, size: known ? size : null, directory });
      }
    }
    return [...entries.values()];
  }

  async size(path: string, options: CallOptions = {}): Promise<number | null> {
    const [absolute, place] = this.#locate(path);
    const size = await this.#call(place, options.signal, (connection) => connection.size(absolute));
    if (size === 'unknown') throw mirrorError('MIRROR_REFUSED', place, 'the mirror does not know SIZE');
    return size;
  }

  async open(path: string, options: OpenOptions = {}): Promise<MirrorStream> {
    const { offset = 0, expectedSize = null, signal } = options;
    const [absolute, place] = this.#locate(path);
    const connection = await this.#connect(place, signal);
    try {
      // Asked first, since some servers answer RETR of a missing file by resetting the data connection.
      const answer = await connection.size(absolute);
      if (answer === null) throw notFound(place);
      const size = answer === 'unknown' ? expectedSize : answer;
      checkSize(place, size, expectedSize, offset);
      if (size !== null && size === offset) {
        await connection.quit();
        return emptyStream(place, size, offset);
      }
      const { stallMs = 15_000, minBytesPerSecond = 1024 } = this.#options;
      const cut = (): void => connection.cut(signal?.reason);
      const stream = new MirrorStream({ place, offset, size, stallMs, minBytesPerSecond, cut });
      void this.#download(connection, absolute, stream);
      return stream;
    } catch (error) {
      throw await connection.fail(error);
    }
  }

  /** Runs beside the reader; whatever happens is told by the stream. */
  async #download(connection: FtpConnection, absolute: string, stream: MirrorStream): Promise<void> {
    connection.clearDeadline();
    try {
      // Resolves on both proofs: the data ended, and the server confirmed it.
      await connection.client.downloadTo(stream.sink(), absolute, stream.offset);
      stream.finish();
      await connection.quit();
    } catch (error) {
      const reason = connection.errorOf(error);
      stream.destroy(reason instanceof Error ? reason : new Error('aborted', { cause: reason }));
      connection.cut(reason);
    }
  }

  readText(path: string, options: ReadTextOptions): Promise<string | null> {
    return readText(this, path, options);
  }

  close(): Promise<void> {
    const closed = mirrorError(
      'MIRROR_CLOSED',
      urlOf(this.#config, absolutePath(this.#config, '')),
      'the mirror was closed',
    );
    this.#slots.close(closed);
    for (const connection of this.#open) connection.cut(closed);
    return Promise.resolve();
  }

  async #call<T>(
    place: string,
    signal: AbortSignal | undefined,
    work: (connection: FtpConnection) => Promise<T>,
  ): Promise<T> {
    const connection = await this.#connect(place, signal);
    try {
      const result = await work(connection);
      await connection.quit();
      return result;
    } catch (error) {
      throw await connection.fail(error);
    }
  }

  #connect(place: string, signal: AbortSignal | undefined): Promise<FtpConnection> {
    const { contact, userAgent, stallMs = 15_000, callMs = 120_000, lingerMs = 250 } = this.#options;
    const password = contact ?? userAgent.replaceAll(/[^\u0021-\u007e]+/g, '-');
    const shared = { config: this.#config, slots: this.#slots, open: this.#open };
    return FtpConnection.open({ ...shared, password, stallMs, callMs, lingerMs, place, signal });
  }

  #locate(path: string): [absolute: string, place: string] {
    const absolute = absolutePath(this.#config, path);
    return [absolute, urlOf(this.#config, absolute)];
  }
}
