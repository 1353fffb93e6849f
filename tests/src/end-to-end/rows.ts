import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A value as JSON with sorted keys and no spaces: as the digests of the expected rows are made. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
}

/** The number and the SHA-256 of rows, given as JSON lines. */
export function digestOf(lines: string): { rows: number; sha256: string } {
  const hash = createHash('sha256');
  let rows = 0;
  for (const line of lines.split('\n')) {
    if (line === '') continue;
    hash.update(`${canonical(JSON.parse(line))}\n`);
    rows += 1;
  }
  return { rows, sha256: hash.digest('hex') };
}

/** The rows of a file of a run, its parts in order; `folder` is `rows/kind=…/wiki_id=…/snapshot=…` below --out. */
export async function rowsOf(folder: string, file: string): Promise<string> {
  const parts = (await readdir(join(folder, file))).toSorted();
  const texts: string[] = [];
  for (const part of parts) {
    const bytes = await readFile(join(folder, file, part));
    texts.push((part.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8'));
  }
  return texts.join('');
}
