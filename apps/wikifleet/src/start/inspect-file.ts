import type { FileHandle } from 'node:fs/promises';
import { unpack } from '@wikifleet/conversion/file-source';
import type { FileSource } from '@wikifleet/conversion/file-source';
import { containerOf } from '@wikifleet/domain/containers';
import type { Container } from '@wikifleet/domain/containers';
import { PermanentError, messageOf } from '@wikifleet/domain/errors';
import { FORMAT_BYTES, foreignFormatError, foreignFormatOf } from '@wikifleet/domain/foreign-format';
import { readDumpHead } from '@wikifleet/mediawiki/dump-head';
import { openFile } from '../local-file.js';

/**
 * What the beginning of a file is. `dump`: it begins as a dump of pages does. `log`: a dump of log events. `other`: text
 * or bytes of something else. `none` of them says that the rest of the file can be read.
 */
export type Beginning = 'dump' | 'log' | 'foreign' | 'empty' | 'damaged' | 'other';

export interface Inspection {
  readonly is: Beginning;
  /** What is wrong with it, or what it is; null for a dump whose head can be read. */
  readonly problem: string | null;
  /** The wiki that the head names; null where it names none. */
  readonly dbname: string | null;
  /** What the head has as its wiki and is no valid wiki name; null where it has no such thing. */
  readonly invalidDbname: string | null;
  /** Whether a foreign file holds XML by the name of what is packed in it, which may be a dump. */
  readonly holdsXml: boolean;
  /** Whether it is the text of another XML document, which is no HTML. */
  readonly isOtherXml: boolean;
}

/** A head is never larger: without a `<page>` in so many unpacked bytes a file is no dump of pages. */
const MAX_LOOK_BYTES = 1024 * 1024;

const PROLOG = String.raw`^\uFEFF?\s*(?:<\?[^>]*\?>\s*|<!--[\s\S]*?-->\s*)*`;
const DUMP_BEGIN = new RegExp(`${PROLOG}<(?:[\\w.-]+:)?(?:mediawiki|siteinfo|page)[\\s>/]`, 'i');
const XML_BEGIN = new RegExp(`${PROLOG}<[A-Za-z_]`);
const HTML = /^\s*(?:<!doctype\s+html|<html[\s>])/i;
const PAGE = /<(?:[\w.-]+:)?page[\s>/]/i;

/** Looks at the beginning of an open file. Throws what the file system throws, and nothing for what is in the file. */
export async function inspectFile(handle: FileHandle, path: string, size: number): Promise<Inspection> {
  if (size === 0) return inspection('empty', 'the file is empty');
  const source = openFile(handle, size, path);
  const inside = containerOf(await source.first(3));
  const { bytes, damage } = await firstBytes(source);
  const format = foreignFormatOf(bytes, inside);
  if (format !== null) {
    const { message } = foreignFormatError(format, { inside, path });
    return { ...inspection('foreign', message), holdsXml: holdsXml(bytes) };
  }
  const text = decoded(bytes);
  if (DUMP_BEGIN.test(text)) return inspectDump(text, bytes, damage);
  if (damage !== null) return inspection('damaged', damage);
  const what = `expected a dump that begins with <mediawiki or <page; received ${described(bytes, inside)}`;
  return { ...inspection('other', what), isOtherXml: XML_BEGIN.test(text) && !HTML.test(text) };
}

function inspectDump(text: string, bytes: Buffer, damage: string | null): Inspection {
  if (text.includes('<logitem') && !PAGE.test(text)) {
    return inspection('log', 'a dump of log events (<logitem>): it holds no pages');
  }
  const page = PAGE.exec(text)?.index;
  try {
    const head = Buffer.from(page === undefined ? text : text.slice(0, page));
    const { dbname, invalidDbname } = readDumpHead(head, 'utf-8', { wiki: null, overrides: false });
    return { ...inspection('dump', damage), dbname, invalidDbname };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    // in UTF-16 the declaration of the encoding does not fit the bytes that the reader gets here
    const isUtf16 = bytes[0] === 0xff || bytes[0] === 0xfe;
    return inspection('dump', isUtf16 && error.code === 'ENCODING_REFUSED' ? damage : messageOf(error));
  }
}

function inspection(is: Beginning, problem: string | null): Inspection {
  return { is, problem, dbname: null, invalidDbname: null, holdsXml: false, isOtherXml: false };
}

/** The beginning of a file, unpacked, and what stood in the way of more. */
async function firstBytes(source: FileSource): Promise<{ bytes: Buffer; damage: string | null }> {
  let bytes = Buffer.alloc(0);
  try {
    for await (const step of unpack(source)) {
      bytes = Buffer.concat([bytes, step.subarray(0, MAX_LOOK_BYTES - bytes.length)]);
      if (bytes.includes('<page') || bytes.length >= MAX_LOOK_BYTES) break;
      if (bytes.length >= FORMAT_BYTES && !looksLikeText(bytes)) break;
    }
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { bytes, damage: messageOf(error) };
  }
  return { bytes, damage: null };
}

/** Whether an error is the file's content's, and not the file system's. */
function isDamage(error: unknown): boolean {
  return !(error instanceof Error && 'syscall' in error);
}

function looksLikeText(bytes: Buffer): boolean {
  return /^\s*[<\uFEFF]/.test(decoded(bytes.subarray(0, FORMAT_BYTES)));
}

/** The name of the first file in a zip or tar archive. */
function holdsXml(bytes: Buffer): boolean {
  const isZip = bytes.length > 30 && bytes.toString('latin1', 0, 4) === 'PK\u0003\u0004';
  const name = isZip
    ? bytes.toString('latin1', 30, 30 + bytes.readUInt16LE(26))
    : (bytes.toString('latin1', 0, 100).split('\0', 1)[0] ?? '');
  return /\.xml(?:-p\d+p\d+)?(?:\.(?:bz2|gz))?$/i.test(name);
}

function described(bytes: Buffer, inside: Container): string {
  const what = inside === 'plain' ? 'bytes' : `bytes of ${inside} data`;
  return bytes.length === 0 ? `no ${what}` : `${what} that begin with ${shown(bytes.subarray(0, 40))}`;
}

/** Bytes for a line of a terminal. */
function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '?'));
}

function decoded(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return Buffer.from(bytes.subarray(0, bytes.length & ~1))
      .swap16()
      .toString('utf16le');
  }
  return bytes.toString('utf8');
}
