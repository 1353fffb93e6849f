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
 * After a failed write nothing is accepted any more: what is in memory would no longer be what a restart finds.
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
      return new Journal(path, file, kept ?? 0, snapshot);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Takes a record, in order; throws where an earlier write failed. */
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

  /** Writes what is pending and closes the file. May be called twice. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      while (this.#running !== undefined) await this.#running;
    } finally {
      await this.#file.close();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #run(): Promise<void> {
    try {
      // the records of one turn of the event loop go out in one write
      await Promise.resolve();
      while (this.#pending.lines.length > 0) {
        this.#writing = this.#pending;
        this.#pending = new Batch();
        if (this.#bytes > this.#compactAt) await this.#compact();
        else this.#bytes += await writeLines(this.#file, this.#writing.lines);
        this.#writing.resolve();
      }
    } catch (cause) {
      this.#failure ??= new FleetError('JOURNAL_FAILED', `${this.#path}: cannot be written: ${messageOf(cause)}`, {
        cause,
      });
      this.#writing?.reject(this.#failure);
      this.#pending.reject(this.#failure);
    } finally {
      this.#writing = undefined;
      this.#running = undefined;
    }
  }

  async #compact(): Promise<void> {
    const temporary = `${this.#path}.new`;
    // taken at once, while the records to write and the state agree: it replaces them
    const records = [...this.#snapshot()];
    const file = await open(temporary, 'w');
    try {
      const bytes = await writeLines(file, withHeader(records));
      await rename(temporary, this.#path);
      await this.#file.close();
      this.#file = file;
      this.#bytes = bytes;
      this.#compactAt = Math.max(MIN_COMPACTION_BYTES, 2 * bytes);
    } catch (error) {
      await file.close();
      await rm(temporary, { force: true });
      throw error;
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
