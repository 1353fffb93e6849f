import { mkdir, readdir, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { randomBytes } from 'node:crypto';
import { UsageError } from '@wikifleet/domain/errors';
import { Bucket, OWN_FOLDERS } from './bucket.js';
import { pruneFolders, readJson, removeAll } from './files.js';
import { FolderLock } from './folder-lock.js';
import { SERVICE_FOLDER } from './object-key.js';
import { S3Error } from './s3-error.js';

const TRASH_PREFIX = '.deleted-';
const BUCKET_FILE = 'bucket.json';
/** What a bucket keeps below its `.wikifleet/`. */
const OWN_NAMES = [...OWN_FOLDERS, BUCKET_FILE] as const;

export interface BucketsOptions {
  /** Buckets made by CreateBucket are its subfolders; nothing else belongs there. */
  readonly directory: string;
  /** Bucket name to the folder whose files are its objects. */
  readonly buckets: Readonly<Record<string, string>>;
}

interface Entry {
  readonly bucket: Bucket;
  readonly lock: FolderLock;
  readonly created: Date;
  /** The LocationConstraint; empty for us-east-1. */
  readonly location: string;
  /** Given by the caller: its folder is not ours to remove. */
  readonly given: boolean;
}

/** The buckets there are. */
export class Buckets {
  readonly #home: string;
  readonly #entries = new Map<string, Entry>();

  private constructor(home: string) {
    this.#home = home;
  }

  /** Throws UsageError for a name that cannot be one, or folders whose objects would mix; FleetError FOLDER_IN_USE. */
  static async open({ directory, buckets }: BucketsOptions): Promise<Buckets> {
    const opened = new Buckets(resolve(directory));
    await mkdir(opened.#home, { recursive: true });
    try {
      for (const [name, folder] of Object.entries(buckets)) await opened.#open(name, resolve(folder), true);
      for (const entry of await readdir(opened.#home, { withFileTypes: true })) {
        const folder = join(opened.#home, entry.name);
        if (entry.name.startsWith(TRASH_PREFIX)) await removeAll(folder);
        else if (entry.isDirectory() && isBucketName(entry.name) && !opened.#entries.has(entry.name))
          await opened.#open(entry.name, folder, false);
      }
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** Throws S3Error NoSuchBucket. */
  get(name: string): Bucket {
    return this.entry(name).bucket;
  }

  entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.bucket.deleted)
      throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { BucketName: name });
    return entry;
  }

  /** By name. */
  all(): { name: string; created: Date }[] {
    const names = [...this.#entries.keys()].sort();
    return names.map((name) => ({ name, created: this.entry(name).created }));
  }

  /** False where the bucket is there already. Throws S3Error InvalidBucketName. */
  async create(name: string, location: string): Promise<boolean> {
    if (!isBucketName(name))
      throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.', { BucketName: name });
    if (this.#entries.has(name)) return false;
    const folder = join(this.#home, name);
    await mkdir(join(folder, SERVICE_FOLDER), { recursive: true });
    await writeFile(
      join(folder, SERVICE_FOLDER, BUCKET_FILE),
      JSON.stringify({ created: new Date().toISOString(), location }),
    );
    await this.#open(name, folder, false);
    return true;
  }

  /** Deletes an empty bucket, with its uploads in progress. Throws S3Error BucketNotEmpty, NoSuchBucket. */
  async delete(name: string): Promise<void> {
    const { bucket, lock, given } = this.entry(name);
    bucket.deleted = true;
    try {
      // what is being committed ends before we look, and nothing new begins
      await bucket.locks.idle();
      for await (const key of bucket.walk('', '').keys())
        throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty', {
          BucketName: name,
          FirstKey: key,
        });
    } catch (error) {
      bucket.deleted = false;
      throw error;
    }
    this.#entries.delete(name);
    await lock.close();
    if (given) {
      // other buckets, and the queues, may be there too
      for (const own of OWN_NAMES) await removeAll(join(bucket.folder, SERVICE_FOLDER, own));
      await pruneFolders(join(bucket.folder, SERVICE_FOLDER), bucket.folder);
      return;
    }
    const trash = join(this.#home, `${TRASH_PREFIX}${randomBytes(8).toString('hex')}`);
    await rename(bucket.folder, trash);
    await removeAll(trash);
    await pruneFolders(trash, this.#home);
  }

  async close(): Promise<void> {
    for (const { lock, bucket } of this.#entries.values()) {
      await bucket.locks.idle();
      await lock.close();
    }
    this.#entries.clear();
  }

  async #open(name: string, folder: string, given: boolean): Promise<void> {
    if (!isBucketName(name))
      throw new UsageError('BUCKET_NAME', `bucket ${JSON.stringify(name)}: expected 3 to 63 of a-z, 0-9, "." and "-"`);
    await mkdir(folder, { recursive: true });
    const real = await realpath(folder);
    for (const [other, { bucket }] of this.#entries)
      if (overlap(real, bucket.folder) || overlap(bucket.folder, real))
        throw new UsageError('BUCKET_FOLDERS', `buckets ${other} and ${name}: ${bucket.folder} and ${real} overlap`);
    const lock = await FolderLock.take(real);
    try {
      const bucket = await Bucket.open(name, real);
      const kept = (await readJson(join(real, SERVICE_FOLDER, BUCKET_FILE))) as
        | { created?: unknown; location?: unknown }
        | undefined;
      const created = new Date(typeof kept?.created === 'string' ? kept.created : (await stat(real)).birthtimeMs);
      const location = typeof kept?.location === 'string' ? kept.location : '';
      this.#entries.set(name, { bucket, lock, created, location, given });
    } catch (error) {
      await lock.close();
      throw error;
    }
  }
}

/** S3's rules, as far as they are about letters and length. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..') && !/^\d+\.\d+\.\d+\.\d+$/.test(name);
}

/**
 * Whether objects of one bucket could be objects of the other. Below a bucket's own `.wikifleet/` nothing is an object: beside what the
 * bucket keeps there itself, others may have their folders.
 */
function overlap(inner: string, outer: string): boolean {
  if (inner === outer) return true;
  if (!inner.startsWith(outer + sep)) return false;
  const [first = '', second = ''] = inner.slice(outer.length + 1).split(sep);
  return first !== SERVICE_FOLDER || second === '' || (OWN_NAMES as readonly string[]).includes(second);
}
