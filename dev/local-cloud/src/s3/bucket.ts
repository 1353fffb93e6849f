import { randomBytes } from 'node:crypto';
import { lstatSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, readdir, realpath, rename, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pruneFolders, readJson, removeAll, renameInto, unlessMissing } from './files.js';
import { KeyLocks } from './key-locks.js';
import { KeyWalk } from './key-walk.js';
import { MultipartUploads } from './multipart-uploads.js';
import { SERVICE_FOLDER, isFileKey, keyHash } from './object-key.js';
import { ObjectFiles } from './object-files.js';
import { ObjectRecords, asRecord, matches } from './object-records.js';
import { S3Error } from './s3-error.js';
import { storedObject } from './stored-object.js';
import type { ObjectDraft, ObjectRecord, StoredObject } from './stored-object.js';

/** Below `.wikifleet/`; see `Bucket`. */
export const OWN_FOLDERS = ['tmp', 'intents', 'blobs', 'uploads', 'meta'] as const;

/** Looks at the object that is there, and throws where it must not be replaced or deleted. */
export type Check = (current: StoredObject | undefined) => void;

/** `uploadId`: the multipart upload that ends with this object. */
export interface CommitOptions {
  readonly check?: Check;
  readonly uploadId?: string;
}

/**
 * A folder whose files are objects. Everything else lies in its `.wikifleet/`: `meta/` (records), `blobs/` (objects whose keys cannot
 * be files), `uploads/`, `tmp/`, and `intents/`.
 *
 * A commit is three steps: the new record is written as an intent, the data is renamed into place, the intent is renamed to be the
 * record. An intent that is found at the next start is finished where the data in place is its own, else dropped; so is a delete, whose
 * intent is the old record. Nothing is synced to the disk: this outlives the death of the process, not of the machine.
 */
export class Bucket {
  readonly name: string;
  readonly files: ObjectFiles;
  readonly uploads: MultipartUploads;
  readonly locks = new KeyLocks();
  /** Set by DeleteBucket: nothing is committed any more. */
  deleted = false;
  readonly #records: ObjectRecords;
  /** Keys of blobs. */
  readonly #blobs = new Set<string>();
  readonly #watches = new Set<DeleteWatch>();

  private constructor(name: string, folder: string) {
    this.name = name;
    this.files = new ObjectFiles(folder);
    this.#records = new ObjectRecords(folder);
    this.uploads = new MultipartUploads(this.#own('uploads'), this.#own('tmp'));
  }

  /** Opens the folder, makes it where it is missing, finishes or undoes what a crash left, and clears temporary files. */
  static async open(name: string, folder: string): Promise<Bucket> {
    await mkdir(folder, { recursive: true });
    const bucket = new Bucket(name, await realpath(folder));
    await bucket.#recover();
    return bucket;
  }

  get folder(): string {
    return this.files.folder;
  }

  /** A path for a new temporary file, removed at the next start. */
  temporary(): string {
    return this.#own('tmp', randomBytes(12).toString('hex'));
  }

  /** `walked`: the key comes from a walk just now. */
  async head(key: string, walked = false): Promise<StoredObject | undefined> {
    return this.locks.run(key, () => this.#current(key, walked));
  }

  /** The object and its open file, from one and the same version; the caller closes the handle. */
  async open(key: string): Promise<{ object: StoredObject; handle: FileHandle } | undefined> {
    return this.locks.run(key, async () => {
      const blob = this.#blobs.has(key);
      if (!blob && !isFileKey(key)) return undefined;
      const opened = await this.files.open(this.files.pathOf(key, blob));
      if (opened === undefined) return undefined;
      return { object: storedObject(await this.#records.of(key, opened.stats, blob)), handle: opened.handle };
    });
  }

  walk(prefix: string, after: string): KeyWalk {
    return new KeyWalk({ files: this.files, blobs: this.#blobs, prefix, after });
  }

  /** Makes a finished file, in `.wikifleet/` of this bucket, the object of that key. */
  async commit(key: string, source: string, draft: ObjectDraft, options: CommitOptions = {}): Promise<StoredObject> {
    return this.locks.run(key, async () => {
      if (this.deleted) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist');
      options.check?.(await this.#current(key));
      const { mtimeNs } = lstatSync(source, { bigint: true });
      await this.#records.prepare(key);
      const intent = this.#own('intents', `${randomBytes(12).toString('hex')}.put`);
      let record: ObjectRecord = { ...draft, key, mtimeNs: String(mtimeNs), blob: this.#blobs.has(key) };
      if (!isFileKey(key)) record = { ...record, blob: true };
      const write = async (): Promise<void> =>
        writeFile(intent, JSON.stringify({ ...record, uploadId: options.uploadId }));
      try {
        await write();
        if (!(await this.files.place(source, key, record.blob))) {
          record = { ...record, blob: true };
          await write();
          await this.files.place(source, key, true);
        }
      } catch (error) {
        await removeAll(intent);
        throw error;
      }
      this.#records.remember(record);
      if (record.blob) this.#blobs.add(key);
      if (options.uploadId !== undefined) await this.uploads.discard(options.uploadId);
      await rename(intent, this.#records.pathOf(key));
      return storedObject(record);
    });
  }

  /** Deletes an object; false where there was none. */
  async delete(key: string, check?: Check): Promise<boolean> {
    return this.locks.run(key, async () => {
      const current = await this.#current(key);
      check?.(current);
      if (current === undefined) return false;
      const intent = this.#own('intents', `${randomBytes(12).toString('hex')}.delete`);
      await unlessMissing(rename(this.#records.pathOf(key), intent));
      await this.#removeData(key, current.blob);
      this.#records.forget(key);
      await unlessMissing(unlink(intent));
      for (const watch of this.#watches) if (watch.key === key) watch.deleted = true;
      return true;
    });
  }

  /** Sees whether the key is deleted before `close()`; a conditional write must then be a conflict. */
  watchDeletes(key: string): DeleteWatch {
    const watch = { key, deleted: false, close: () => void this.#watches.delete(watch) };
    this.#watches.add(watch);
    return watch;
  }

  async #current(key: string, walked = false): Promise<StoredObject | undefined> {
    const blob = this.#blobs.has(key);
    if (!blob && !isFileKey(key)) return undefined;
    const stats = this.files.stat(this.files.pathOf(key, blob), walked);
    return stats === undefined ? undefined : storedObject(await this.#records.of(key, stats, blob));
  }

  async #removeData(key: string, blob: boolean): Promise<void> {
    const path = this.files.pathOf(key, blob);
    await unlessMissing(unlink(path));
    if (blob) this.#blobs.delete(key);
    else await pruneFolders(dirname(path), this.folder);
  }

  async #recover(): Promise<void> {
    await removeAll(this.#own('tmp'));
    for (const folder of OWN_FOLDERS) await mkdir(this.#own(folder), { recursive: true });
    for (const name of await readdir(this.#own('intents'))) await this.#settle(this.#own('intents', name));
    for (const hash of await readdir(this.#own('blobs'))) {
      const record = asRecord(await readJson(this.#own('meta', hash.slice(0, 2), `${hash}.json`)));
      if (record !== undefined && keyHash(record.key) === hash) this.#blobs.add(record.key);
      else await removeAll(this.#own('blobs', hash));
    }
    await this.uploads.load();
  }

  /** Finishes what an intent says where its data is in place, else undoes it. */
  async #settle(intent: string): Promise<void> {
    const value = await readJson(intent);
    const record = asRecord(value);
    const place = record === undefined ? undefined : this.files.pathOf(record.key, record.blob);
    const safe = record !== undefined && (record.blob || isFileKey(record.key));
    const stats = safe && place !== undefined ? this.files.stat(place) : undefined;
    if (record !== undefined && place !== undefined && stats !== undefined && matches(record, stats)) {
      if (intent.endsWith('.put')) {
        const { uploadId } = value as { uploadId?: unknown };
        if (typeof uploadId === 'string') await this.uploads.discard(uploadId);
        return renameInto(intent, this.#records.pathOf(record.key));
      }
      await this.#removeData(record.key, record.blob);
    } else if (safe && place !== undefined && !record.blob) {
      await pruneFolders(dirname(place), this.folder);
    }
    return removeAll(intent);
  }

  #own(...names: string[]): string {
    return join(this.folder, SERVICE_FOLDER, ...names);
  }
}

export interface DeleteWatch {
  readonly key: string;
  deleted: boolean;
  close(): void;
}
