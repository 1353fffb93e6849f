import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, UsageError } from '@wikifleet/domain/errors';
import { kindSchema } from '@wikifleet/domain/run';
import type { SampleFile } from './sample-file.js';
import type { SampleParameters } from './sample-options.js';

/** The file that says whose the folder is; it is there from the beginning, and calls the sample done at the very end. */
export const STAMP_NAME = '.wikifleet-sample.json';
const STAMP_PART = `${STAMP_NAME}.part`;
/** Changes whenever the same parameters give other bytes. */
const SAMPLE_VERSION = 1;

interface SampleStamp extends SampleParameters {
  readonly version: number;
  readonly state: 'writing' | 'done';
  /** The dump files. */
  readonly files: readonly SampleFile[];
  /** Bytes of every file, also of those that are no dumps, by paths with `/`. */
  readonly sizes: Readonly<Record<string, number>>;
}

/**
 * Claims `out` for a sample. Returns its files where it is there already, whole and with the same parameters, and null where
 * it is to be written: the folder is empty, or holds this very sample unfinished. All else is a `UsageError`.
 */
export async function beginStamp(out: string, parameters: SampleParameters): Promise<readonly SampleFile[] | null> {
  const names = (await readdir(out)).filter((name) => name !== STAMP_PART);
  if (names.length === 0) {
    await writeStamp(out, { version: SAMPLE_VERSION, ...parameters, state: 'writing', files: [], sizes: {} });
    return null;
  }
  if (!names.includes(STAMP_NAME)) {
    throw refused(out, 'an empty folder or a sample', `a folder with ${names.slice(0, 3).join(', ')}`);
  }
  const stamp = parseStamp(await readFile(join(out, STAMP_NAME), 'utf8'));
  if (stamp === null) {
    throw refused(join(out, STAMP_NAME), `the stamp of a sample of version ${SAMPLE_VERSION}`, 'something else');
  }
  if (describe(stamp) !== describe(parameters)) {
    throw refused(out, `a sample with ${describe(parameters)}`, `one with ${describe(stamp)}`);
  }
  if (stamp.state === 'writing') return null;
  for (const [path, size] of Object.entries(stamp.sizes)) {
    const received = await sizeOf(join(out, path));
    if (received !== size)
      throw refused(join(out, path), `${size} bytes`, received === null ? 'no file' : `${received}`);
  }
  return stamp.files;
}

/** Marks the sample as whole: all that is in `folders` below `out`. */
export async function endStamp(
  out: string,
  parameters: SampleParameters,
  folders: readonly string[],
  files: readonly SampleFile[],
): Promise<void> {
  const sizes: Record<string, number> = {};
  for (const folder of folders) {
    for (const name of (await readdir(join(out, folder))).toSorted()) {
      sizes[`${folder}/${name}`] = (await stat(join(out, folder, name))).size;
    }
  }
  await writeStamp(out, { version: SAMPLE_VERSION, ...parameters, state: 'done', files, sizes });
}

async function writeStamp(out: string, stamp: SampleStamp): Promise<void> {
  // A stamp that was cut would make the folder nobody's.
  const part = join(out, STAMP_PART);
  // not through a link that may lie there
  await rm(part, { force: true });
  await writeFile(part, `${JSON.stringify(stamp, undefined, 2)}\n`, { flag: 'wx' });
  await rename(part, join(out, STAMP_NAME));
}

/** The stamp, or null for what is none of this version. */
function parseStamp(text: string): SampleStamp | null {
  try {
    const value: unknown = JSON.parse(text);
    return isStamp(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function isStamp(value: unknown): value is SampleStamp {
  if (!isRecord(value) || value['version'] !== SAMPLE_VERSION) return false;
  const { megabytes, seed, date, state, files, sizes } = value;
  if (typeof megabytes !== 'number' || typeof seed !== 'number' || typeof date !== 'string') return false;
  if (state !== 'writing' && state !== 'done') return false;
  if (!isRecord(sizes) || !Object.entries(sizes).every(([path, size]) => isBelow(path) && isCount(size))) return false;
  return Array.isArray(files) && files.every(isSampleFile);
}

function isSampleFile(value: unknown): value is SampleFile {
  if (!isRecord(value) || !kindSchema.safeParse(value['kind']).success) return false;
  const { wiki, name, path, size, xmlBytes, pages, rows, firstPage, lastPage } = value;
  if (![wiki, name].every((text) => typeof text === 'string') || !isBelow(path)) return false;
  return [size, xmlBytes, pages, rows, firstPage, lastPage].every(isCount);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Whether a path stays in the sample's folder. */
function isBelow(path: unknown): boolean {
  return (
    typeof path === 'string' && !path.includes('\\') && path.split('/').every((part) => !['', '.', '..'].includes(part))
  );
}

function describe({ megabytes, seed, date }: SampleParameters): string {
  return `--megabytes ${megabytes} --seed ${seed} --date ${date}`;
}

function refused(place: string, expected: string, received: string): UsageError {
  const message = `${place}: expected ${expected}, received ${received}; remove the sample's folder or choose another --out`;
  return new UsageError('SAMPLE_FOLDER_REFUSED', message, { place, expected, received });
}

/** Bytes of a file, or null where there is none. */
async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}
