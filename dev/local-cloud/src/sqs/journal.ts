import { open, rename, rm, truncate } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { FleetError, messageOf } from '@wikifleet/domain/errors';
import type { JournalRecord } from './journal-record.js';
import { HEADER, replay } from './journal-replay.js';

const CHUNK_CHARACTERS = 1_048_576;
/** Below this no journal is worth writing anew. */
const MIN_COMPACTION_BYTES = 8 * 1_048_576;

/** Lines that go out in one write, and the promise that they are out. */
class Batch {
  readonly lines: string[] = [];
  readonly written: Promise<void>;
  resolve!: () => void;
  reject!: (error: Error) => void;

  constructor() {
    this.written = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // nobody may be waiting when it fails: the next append says so
    this.written.catch(() => undefined);
  }
}

/**
 * An append-only file of records, one JSON line each. What `settled` confirmed is with the operating system: it survives the death of
 * this process, by any signal (not a loss of power: nothing is fsynced). Appends that come while a write runs go out together with
 * the next. When the file is more than twice what the state needs, it is written anew from a snapshot and renamed into place.
 *
 * After a failed write (a full disk, say) nothing is accepted until `recover` has written what failed: what is in memory would
 * no longer be what a restart finds.
 */
export class Journal {
  readonly #path: string;
  readonly #snapshot: () => Iterable<JournalRecord>;
  #file: FileHandle;
  #bytes: number;
  #compactAt: number;
  /** Records not yet being written, and those that are. */
  #pending = new Batch();
  #writing: Batch | undefined;
  #running: Promise<void> | undefined;
  #failure: FleetError | undefined;
  /** Lines of the records that are in memory and not in the file, after a failure. */
  #unwritten: string[] = [];
  #recovering: Promise<void> | undefined;
  #closed = false;

  private constructor(path: string, file: FileHandle, bytes: number, snapshot: () => Iterable<JournalRecord>) {
    this.#path = path;
    this.#file = file;
    this.#bytes = bytes;
    this.#compactAt = MIN_COMPACTION_BYTES;
    this.#snapshot = snapshot;
  }

  /**
   * Replays the file into `apply`, then opens it for appending. A last line without its end, which a killed process leaves, is cut
   * off: nobody was told that it was kept. `snapshot` gives the records of the whole state as it is when called; its records must
   * not change afterwards.
   * @throws FleetError JOURNAL_CORRUPT with file and line for any other line that is no record.
   */
  static async open(
    path: string,
    apply: (record: JournalRecord) => void,
    snapshot: () => Iterable<JournalRecord>,
  ): Promise<Journal> {
    const kept = await replay(path, apply);
    if (kept !== undefined) await truncate(path, kept);
    await rm(`${path}.new`, { force: true });
    const file = await open(path, 'a');
    try {
      if (kept === undefined || kept === 0) await file.appendFile(HEADER);
      return new Journal(path, file, kept === undefined || kept === 0 ? HEADER.length : kept, snapshot);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Takes a record, in order; throws `JOURNAL_FAILED` where an earlier write failed and `recover` did not mend it. */
  append(record: JournalRecord): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) throw new FleetError('JOURNAL_CLOSED', `${this.#path}: closed, no record can be appended`);
    this.#pending.lines.push(`${JSON.stringify(record)}\n`);
    this.#running ??= this.#run();
  }

  /** Resolves when all that was appended until now is in the file; what comes later is not waited for. */
  async settled(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#pending.lines.length > 0) await this.#pending.written;
    else await this.#writing?.written;
  }

  /** After a failed write: writes what failed, behind what is known to be good. Throws `JOURNAL_FAILED` while that fails too. */
  async recover(): Promise<void> {
    if (this.#failure === undefined || this.#closed) return;
    this.#recovering ??= this.#writeUnwritten().finally(() => {
      this.#recovering = undefined;
    });
    await this.#recovering;
  }

  async #writeUnwritten(): Promise<void> {
    try {
      // what the failed write left of them
      await this.#file.truncate(this.#bytes);
      this.#bytes += await writeLines(this.#file, this.#unwritten);
      this.#unwritten = [];
      this.#failure = undefined;
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  #failed(cause: unknown): FleetError {
    const message = `${this.#path}: cannot be written: ${messageOf(cause)}`;
    return new FleetError('JOURNAL_FAILED', message, { cause });
  }

  /** Writes what is pending and closes the file. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      while (this.#running !== undefined) await this.#running;
      if (this.#failure !== undefined) await this.#writeUnwritten();
    } finally {
      await this.#file.close();
    }
  }

  async #run(): Promise<void> {
    try {
      // the records of one turn of the event loop go out in one write
      await Promise.resolve();
      while (this.#pending.lines.length > 0) {
        this.#writing = this.#pending;
        this.#pending = new Batch();
        if (this.#bytes <= this.#compactAt || !(await this.#compact()))
          this.#bytes += await writeLines(this.#file, this.#writing.lines);
        this.#writing.resolve();
      }
    } catch (cause) {
      this.#failure = this.#failed(cause);
      for (const batch of [this.#writing, this.#pending]) {
        this.#unwritten.push(...(batch?.lines ?? []));
        batch?.reject(this.#failure);
      }
      this.#pending = new Batch();
    } finally {
      this.#writing = undefined;
      this.#running = undefined;
    }
  }

  /** Returns false where there is no room for a second file: then it is tried again much later. */
  async #compact(): Promise<boolean> {
    const temporary = `${this.#path}.new`;
    // taken at once, while the records to write and the state agree: it replaces them
    const records = [...this.#snapshot()];
    let file: FileHandle | undefined;
    try {
      file = await open(temporary, 'w');
      const bytes = await writeLines(file, withHeader(records));
      await rename(temporary, this.#path);
      const old = this.#file;
      this.#file = file;
      this.#bytes = bytes;
      this.#compactAt = Math.max(MIN_COMPACTION_BYTES, 2 * bytes);
      // it holds nothing any more
      await old.close().catch(() => {});
      return true;
    } catch {
      await file?.close().catch(() => {});
      await rm(temporary, { force: true }).catch(() => {});
      this.#compactAt = 2 * this.#bytes;
      return false;
    }
  }
}

function* withHeader(records: Iterable<JournalRecord>): Generator<string> {
  yield HEADER;
  for (const record of records) yield `${JSON.stringify(record)}\n`;
}

/** Writes in chunks of about a megabyte; returns the bytes. */
async function writeLines(file: FileHandle, lines: Iterable<string>): Promise<number> {
  let bytes = 0;
  let chunk: string[] = [];
  let characters = 0;
  const flush = async (): Promise<void> => {
    const buffer = Buffer.from(chunk.join(''));
    await file.appendFile(buffer);
    bytes += buffer.length;
    chunk = [];
    characters = 0;
  };
  for (const line of lines) {
    chunk.push(line);
    characters += line.length;
    if (characters >= CHUNK_CHARACTERS) await flush();
  }
  await flush();
  return bytes;
}
