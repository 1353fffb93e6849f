import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChecksumAlgorithm, ChecksumType } from './checksums.js';
import { readJson, removeAll, unlessMissing } from './files.js';
import { KeyLocks } from './key-locks.js';
import { asPart, concatenate } from './part-files.js';
import type { PartFile } from './part-files.js';
import { noSuchUpload } from './s3-error.js';

/** Parts of the same size are written to their place in this one file, which then *is* the object. */
const ASSEMBLY = 'assembly';
const MAX_ASSEMBLY_BYTES = 5 * 1024 ** 4;

export interface UploadInfo {
  readonly id: string;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly initiated: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly algorithm: ChecksumAlgorithm;
  readonly type: ChecksumType;
  /** Whether the client asked for that checksum; else it is S3's default. */
  readonly asked: boolean;
  /** The object of that key at the start, `writeOf` it; null where there was none. */
  readonly before: string | null;
}

export interface Upload {
  readonly info: UploadInfo;
  readonly folder: string;
  /** Finished parts by number. */
  readonly parts: Map<number, PartFile>;
  /** Completed or aborted: a part that finishes now is of no use. */
  gone: boolean;
  /** Being completed: the assembly takes no more parts. */
  completing: boolean;
  /** The size of a slot in the assembly: that of the first part that came. */
  slotBytes: number | undefined;
  readonly slotsTaken: Set<number>;
  slotWriters: number;
  lastSequence: number;
}

/** Writes a part's bytes to a file from a position on, and says what they were. */
export type PartWriter = (handle: FileHandle, position: number) => Promise<{ etag: string; checksum: string }>;

/**
 * A bucket's multipart uploads in progress, each a folder with `upload.json`, the data, and a record a part. A part counts when
 * its record is there, and the record is written last.
 */
export class MultipartUploads {
  readonly locks = new KeyLocks();
  readonly #folder: string;
  readonly #temporary: string;
  readonly #uploads = new Map<string, Upload>();

  constructor(folder: string, temporary: string) {
    this.#folder = folder;
    this.#temporary = temporary;
  }

  /** All of them, by key and then by start. Ids begin with the time, so they sort by it. */
  all(): Upload[] {
    return [...this.#uploads.values()];
  }

  /** Throws S3Error NoSuchUpload. */
  get(id: string, key: string): Upload {
    const upload = this.#uploads.get(id);
    if (upload === undefined || upload.info.key !== key || upload.gone) throw noSuchUpload(id);
    return upload;
  }

  async create(draft: Omit<UploadInfo, 'id' | 'initiated'>): Promise<Upload> {
    const initiated = Date.now();
    const id = initiated.toString(16).padStart(12, '0') + randomBytes(16).toString('hex');
    const upload = newUpload({ ...draft, id, initiated }, join(this.#folder, id));
    await mkdir(upload.folder, { recursive: true });
    await writeFile(join(upload.folder, 'upload.json'), JSON.stringify(upload.info));
    this.#uploads.set(id, upload);
    return upload;
  }

  /** Stores a part of `length` bytes; one of the same number is replaced when this one is whole. */
  async writePart(upload: Upload, number: number, length: number, write: PartWriter): Promise<PartFile> {
    const offset = takeSlot(upload, number, length);
    const file = offset === undefined ? `data-${randomBytes(12).toString('hex')}` : ASSEMBLY;
    let kept = false;
    try {
      const handle = await unlessMissing(openForWriting(join(upload.folder, file)));
      if (handle === undefined) throw noSuchUpload(upload.info.id);
      let written: { etag: string; checksum: string };
      try {
        written = await write(handle, offset ?? 0);
      } finally {
        await handle.close();
      }
      return await this.locks.run(upload.info.id, async () => {
        if (upload.gone) throw noSuchUpload(upload.info.id);
        const sequence = ++upload.lastSequence;
        const part = { ...written, number, sequence, size: length, modified: Date.now(), file, offset: offset ?? 0 };
        const slotBytes = upload.slotBytes;
        await writeFile(recordPath(upload, part), JSON.stringify({ ...part, slotBytes }));
        const old = upload.parts.get(number);
        upload.parts.set(number, part);
        kept = true;
        if (old !== undefined) await removePart(upload, old);
        return part;
      });
    } finally {
      if (offset !== undefined) {
        upload.slotWriters--;
        if (!kept) upload.slotsTaken.delete(number);
      } else if (!kept) await removeAll(join(upload.folder, file));
    }
  }

  /**
   * Lays the parts end to end and gives the path of that file: the assembly itself where it is just these parts, else a
   * copy at `temporary`. Call it under the upload's lock.
   */
  async assemble(upload: Upload, parts: readonly PartFile[], temporary: string): Promise<string> {
    const assembly = join(upload.folder, ASSEMBLY);
    let total = 0;
    const inPlace = parts.every((part) => {
      const fits = part.file === ASSEMBLY && part.offset === total;
      total += part.size;
      return fits;
    });
    if (inPlace && upload.slotWriters === 0 && (await stat(assembly)).size === total) return assembly;
    await concatenate(
      parts.map((part) => ({ path: join(upload.folder, part.file), offset: part.offset, size: part.size })),
      temporary,
    );
    return temporary;
  }

  async abort(upload: Upload): Promise<void> {
    await this.locks.run(upload.info.id, async () => {
      if (upload.gone) throw noSuchUpload(upload.info.id);
      await this.discard(upload.info.id);
    });
  }

  /** Makes an upload go away at once, whether it is known or only lies on the disk. */
  async discard(id: string): Promise<void> {
    const upload = this.#uploads.get(id);
    if (upload !== undefined) upload.gone = true;
    this.#uploads.delete(id);
    if (!/^[0-9a-f]{44}$/.test(id)) return;
    const trash = join(this.#temporary, `upload-${id}`);
    await unlessMissing(rename(join(this.#folder, id), trash));
    await removeAll(trash);
  }

  /** Reads what an earlier process left: whole parts stay, the rest is removed. */
  async load(): Promise<void> {
    for (const id of await readdir(this.#folder)) {
      const folder = join(this.#folder, id);
      const info = (await readJson(join(folder, 'upload.json'))) as UploadInfo | undefined;
      if (info?.id !== id) {
        await removeAll(folder);
        continue;
      }
      const upload = newUpload(info, folder);
      await loadParts(upload);
      this.#uploads.set(id, upload);
    }
  }
}

function newUpload(info: UploadInfo, folder: string): Upload {
  const counters = { gone: false, completing: false, slotBytes: undefined, slotWriters: 0, lastSequence: 0 };
  return { info, folder, parts: new Map(), slotsTaken: new Set(), ...counters };
}

/** The part's offset in the assembly; undefined where it needs a file of its own. */
function takeSlot(upload: Upload, number: number, length: number): number | undefined {
  if (upload.completing || length === 0 || upload.slotsTaken.has(number)) return undefined;
  upload.slotBytes ??= length;
  const offset = (number - 1) * upload.slotBytes;
  if (length > upload.slotBytes || offset + length > MAX_ASSEMBLY_BYTES) return undefined;
  upload.slotsTaken.add(number);
  upload.slotWriters++;
  return offset;
}

async function loadParts(upload: Upload): Promise<void> {
  const names = await readdir(upload.folder);
  for (const name of names.filter((entry) => /^part-\d+-\d+\.json$/.test(entry))) {
    const value = await readJson(join(upload.folder, name));
    const part = asPart(value);
    const data = part === undefined ? undefined : await unlessMissing(stat(join(upload.folder, part.file)));
    if (part === undefined || data === undefined || data.size < part.offset + part.size) {
      await removeAll(join(upload.folder, name));
      continue;
    }
    upload.lastSequence = Math.max(upload.lastSequence, part.sequence);
    const { slotBytes } = value as { slotBytes?: number };
    upload.slotBytes ??= slotBytes;
    if (part.file === ASSEMBLY) upload.slotsTaken.add(part.number);
    const other = upload.parts.get(part.number);
    const [newer, older] = other === undefined || other.sequence < part.sequence ? [part, other] : [other, part];
    upload.parts.set(part.number, newer);
    if (older !== undefined) await removePart(upload, older);
  }
  const used = new Set([...upload.parts.values()].map((part) => part.file));
  for (const name of names) if (name.startsWith('data-') && !used.has(name)) await removeAll(join(upload.folder, name));
}

async function removePart(upload: Upload, part: PartFile): Promise<void> {
  await removeAll(recordPath(upload, part));
  if (part.file !== ASSEMBLY) await removeAll(join(upload.folder, part.file));
}

function recordPath(upload: Upload, part: Pick<PartFile, 'number' | 'sequence'>): string {
  return join(upload.folder, `part-${part.number}-${part.sequence}.json`);
}

/** Opens without cutting off what is there, and makes the file where it is missing. */
async function openForWriting(path: string): Promise<FileHandle> {
  return open(path, constants.O_WRONLY | constants.O_CREAT);
}
