import { open, readdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { dateInName } from '@wikifleet/catalogue/dump-name';
import { unpack } from '@wikifleet/conversion/file-source';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import { isName } from '@wikifleet/domain/names';
import type { Kind, Run } from '@wikifleet/domain/run';
import { openFile } from '../local-file.js';

/** A dump file of a folder, with the run it joins. */
export interface FoundDump {
  readonly path: string;
  readonly file: string;
  readonly size: number;
  readonly run: Run;
}

export interface ScannedFolder {
  readonly dumps: readonly FoundDump[];
  /** What is no dump, and why. */
  readonly left: readonly { readonly name: string; readonly why: string }[];
  /** Dumps that cannot be taken, and why: these are failures. */
  readonly refused: readonly { readonly name: string; readonly why: string }[];
}

/** What a folder's files join where they do not say themselves. */
export interface ScanDefaults {
  readonly kind: Kind;
  readonly wiki: string | undefined;
  readonly date: string | undefined;
}

/** Without a `<page` in so many unpacked bytes a file is no dump: a head is never larger. */
const MAX_LOOK_BYTES = 1024 * 1024;

/** Finds the dump files of a folder by their content, not their names. Throws a `UsageError` where it cannot be read. */
export async function scanFolder(folder: string, defaults: ScanDefaults): Promise<ScannedFolder> {
  const dumps: FoundDump[] = [];
  const left: { name: string; why: string }[] = [];
  const refused: { name: string; why: string }[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const info = await stat(path).catch(() => null);
    if (info === null || !info.isFile()) {
      left.push({ name, why: info?.isDirectory() === true ? 'a folder' : 'no file' });
      continue;
    }
    const look = await lookInto(path);
    if (!('text' in look)) {
      left.push({ name, why: look.why });
      continue;
    }
    const problem = problemOfName(name, look.text);
    if (problem !== null) refused.push({ name, why: problem });
    else dumps.push({ path, file: name, size: info.size, run: runOf(name, look.text, defaults) });
  }
  return { dumps, left, refused };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (error) {
    throw new UsageError('FOLDER_UNREADABLE', `${folder} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function problemOfName(name: string, text: string): string | null {
  if (!isName(name)) {
    return 'a dump, but its name is refused: rename it to A-Z a-z 0-9 . _ - (200 at most, not beginning with a dot or a dash)';
  }
  const dbname = dbnameIn(text);
  return dbname === null || isName(dbname)
    ? null
    : `a dump, but its dbname is refused: ${JSON.stringify(dbname.slice(0, 100))}`;
}

function dbnameIn(text: string): string | null {
  return /<dbname>([^<]*)<\/dbname>/.exec(text)?.[1] ?? null;
}

function runOf(name: string, text: string, { kind, wiki, date }: ScanDefaults): Run {
  return { kind, wiki: dbnameIn(text) ?? wiki ?? 'unknown', date: dateInName(name) ?? date ?? '1970-01-01' };
}

/** The text of a file up to its first `<page`, where it is a dump; else why it is none. */
async function lookInto(path: string): Promise<{ text: string } | { why: string }> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    return { why: messageOf(error) };
  }
  try {
    const { size } = await handle.stat();
    const [text, why] = await firstText(handle, size);
    if (text.includes('<page') || text.includes('<mediawiki')) return { text };
    return { why: why ?? 'no dump: neither <mediawiki nor <page in it' };
  } finally {
    await handle.close();
  }
}

/** The beginning of a file as text, and what stood in the way of more. */
async function firstText(handle: FileHandle, size: number): Promise<[string, string | null]> {
  let bytes = Buffer.alloc(0);
  let why: string | null = null;
  try {
    for await (const step of unpack(openFile(handle, size))) {
      bytes = Buffer.concat([bytes, step.subarray(0, MAX_LOOK_BYTES - bytes.length)]);
      if (bytes.includes('<page') || bytes.length >= MAX_LOOK_BYTES) break;
    }
  } catch (error) {
    why = `no dump: ${messageOf(error)}`;
  }
  return [decoded(bytes), why];
}

function decoded(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff)
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  return bytes.toString('utf8');
}
