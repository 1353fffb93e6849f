import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readJson } from './files.js';
import { SERVICE_FOLDER, keyHash } from './object-key.js';
import type { ObjectRecord } from './stored-object.js';

/** Records kept in memory, the most recently used. */
const CACHED_RECORDS = 10_000;

/** The records of a bucket's objects: `.wikifleet/meta/<2 hex>/<hash of the key>.json`. */
export class ObjectRecords {
  readonly #folder: string;
  readonly #cache = new Map<string, ObjectRecord>();
  readonly #shards = new Set<string>();

  constructor(bucketFolder: string) {
    this.#folder = join(bucketFolder, SERVICE_FOLDER, 'meta');
  }

  pathOf(key: string): string {
    const hash = keyHash(key);
    return join(this.#folder, hash.slice(0, 2), `${hash}.json`);
  }

  /** Makes the folder a record will be renamed into. */
  async prepare(key: string): Promise<void> {
    const shard = dirname(this.pathOf(key));
    if (this.#shards.has(shard)) return;
    await mkdir(shard, { recursive: true });
    this.#shards.add(shard);
  }

  remember(record: ObjectRecord): void {
    this.#cache.delete(record.key);
    this.#cache.set(record.key, record);
    if (this.#cache.size <= CACHED_RECORDS) return;
    const [oldest] = this.#cache.keys();
    if (oldest !== undefined) this.#cache.delete(oldest);
  }

  forget(key: string): void {
    this.#cache.delete(key);
  }

  /**
   * The record of a file in this state. A file without one, or changed since (size or time of change differ), was put
   * there by hand: it is an object too, with an ETag made of size and time, in the form of a multipart upload's, so
   * that nobody takes it for an MD5.
   */
  async of(key: string, stats: BigIntStats, blob: boolean): Promise<ObjectRecord> {
    const cached = this.#cache.get(key);
    if (cached !== undefined && matches(cached, stats)) {
      this.remember(cached);
      return cached;
    }
    const kept = asRecord(await readJson(this.pathOf(key)));
    if (kept !== undefined && kept.key === key && matches(kept, stats)) {
      this.remember(kept);
      return kept;
    }
    const size = Number(stats.size);
    const mtimeNs = String(stats.mtimeNs);
    const etag = `${createHash('md5').update(`${size} ${mtimeNs}`).digest('hex')}-1`;
    return { key, size, mtimeNs, etag, headers: {}, blob };
  }
}

/** Whether a record speaks of a file in this state. */
export function matches(record: ObjectRecord, stats: BigIntStats): boolean {
  return BigInt(record.size) === stats.size && record.mtimeNs === String(stats.mtimeNs);
}

/** A record as it was written by us; undefined for anything else. */
export function asRecord(value: unknown): ObjectRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { key, size, mtimeNs, etag, headers, blob } = value as Partial<ObjectRecord>;
  const whole =
    typeof key === 'string' &&
    Number.isSafeInteger(size) &&
    typeof mtimeNs === 'string' &&
    /^\d+$/.test(mtimeNs) &&
    typeof etag === 'string' &&
    typeof headers === 'object' &&
    typeof blob === 'boolean';
  return whole ? (value as ObjectRecord) : undefined;
}
