import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './files.js';
import { MAX_KEY_BYTES, SERVICE_FOLDER, compareKeys, isFileKey } from './object-key.js';
import type { ObjectFiles } from './object-files.js';

export interface WalkOptions {
  readonly files: ObjectFiles;
  /** Keys that lie as blobs. */
  readonly blobs: Iterable<string>;
  readonly prefix: string;
  /** Only keys behind this one. */
  readonly after: string;
}

/**
 * The keys of a bucket, in the order of their UTF-8 bytes. Only folders that can hold such keys are read. A folder sorts as its
 * name with `/`, since that is how its keys begin: `a-b` stands before `a/b`, and `a0` behind.
 */
export class KeyWalk {
  /** Keys that begin with this are passed over, and folders of such keys not read; the caller sets it on the way. */
  skip: string | undefined;
  readonly #options: WalkOptions;

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  async *keys(): AsyncGenerator<string> {
    const { blobs, prefix } = this.#options;
    const waiting = [...blobs].filter((key) => key.startsWith(prefix) && this.#wanted(key)).sort(compareKeys);
    let next = 0;
    let last: string | undefined;
    for await (const key of this.#files()) {
      for (let blob = waiting[next]; blob !== undefined && compareKeys(blob, key) <= 0; blob = waiting[++next]) {
        last = blob;
        if (this.#wanted(blob)) yield blob;
      }
      // a file that was put beside a blob of the same key is behind it
      if (key !== last && this.#wanted(key)) yield key;
    }
    for (const blob of waiting.slice(next)) if (this.#wanted(blob)) yield blob;
  }

  async *#files(): AsyncGenerator<string> {
    const { files, prefix } = this.#options;
    const base = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    if (base !== '' && !(isFileKey(base.slice(0, -1)) && files.isFolder(join(files.folder, base.slice(0, -1))))) return;
    const frames = [{ names: await this.#namesIn(base), next: 0 }];
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const name = frame.names[frame.next++];
      if (name === undefined) frames.pop();
      else if (!name.endsWith('/')) yield name;
      else if (this.#wanted(name)) frames.push({ names: await this.#namesIn(name), next: 0 });
    }
  }

  /** The keys of files and the beginnings of keys (with `/`) in one folder, in order. */
  async #namesIn(base: string): Promise<string[]> {
    const { files, prefix } = this.#options;
    const entries = (await unlessMissing(readdir(join(files.folder, base), { withFileTypes: true }))) ?? [];
    const names: string[] = [];
    for (const entry of entries) {
      if (base === '' && entry.name.toLowerCase() === SERVICE_FOLDER) continue;
      const name = `${base}${entry.name}${entry.isDirectory() ? '/' : ''}`;
      if (!entry.isDirectory() && !entry.isFile()) continue;
      if (!name.startsWith(prefix) && !(entry.isDirectory() && prefix.startsWith(name))) continue;
      if (Buffer.byteLength(name) > MAX_KEY_BYTES || !this.#wanted(name)) continue;
      names.push(name);
    }
    return names.sort(compareKeys);
  }

  /** Whether a key, or a folder's keys, lie behind the start and are not passed over. */
  #wanted(name: string): boolean {
    if (this.skip !== undefined && name.startsWith(this.skip)) return false;
    const { after } = this.#options;
    return compareKeys(name, after) > 0 || (name.endsWith('/') && after.startsWith(name));
  }
}
