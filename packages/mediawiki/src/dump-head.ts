import { isUtf8 } from 'node:buffer';
import { PermanentError } from '@wikifleet/domain/errors';
import { isWikiName } from '@wikifleet/domain/names';
import { shown } from './unit-fault.js';
import type { DumpEncoding } from './utf8-input.js';

/** What a dump begins with: a declaration, the root's start tag and one `<siteinfo>`. */
export interface DumpHead {
  /** Its length in bytes (of UTF-8, where the dump is UTF-16). */
  readonly bytes: number;
  /** The wiki of the rows. */
  readonly wiki: string;
  /** The file's own name of its wiki, where it is a valid name. */
  readonly dbname: string | null;
  /** What stands in `<dbname>` and is no valid name, cut to 200 characters; null where nothing does. */
  readonly invalidDbname: string | null;
  /** Whether `<mediawiki` is there. */
  readonly hasRoot: boolean;
  readonly encoding: DumpEncoding;
  /** The schema's, as the root names it: `0.11`. */
  readonly version: string | null;
  /** The code of the wiki's language: what the root names, else what the wiki's name begins with, else `en`. */
  readonly language: string;
  /** The wiki's namespaces with their local names, `MAX_NAMESPACES_OF_A_HEAD` at most; those without a name are left out. */
  readonly namespaces: readonly { readonly id: number; readonly names: readonly string[] }[];
  /** `HEAD_MALFORMED`: the first tag of the head that is not well-formed; null where all are. */
  readonly failure: PermanentError | null;
}

/** The wiki that rows take. */
export interface WikiChoice {
  /** The wiki of the job or of `--wiki`; null: none is given. */
  readonly wiki: string | null;
  /**
   * False: a valid `dbname` is the rows' wiki, and one that differs from `wiki` is an error (`WIKI_DIFFERS`).
   * True: `wiki` is the rows' wiki, whatever `dbname` says.
   */
  readonly overrides: boolean;
}

const BOM = '\xef\xbb\xbf';
const DECLARATION = /^(?:\xef\xbb\xbf)?<\?xml[ \t\r\n]([^<>]*)\?>/;
const DECLARED = /[ \t\r\n]?encoding[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')/;
/** ASCII is a subset of UTF-8. */
const UTF_8_NAMES = new Set(['utf-8', 'utf8', 'us-ascii', 'ascii']);
const ROOT = /^<mediawiki[ \t\r\n/>]/;
const PREFIXED_ROOT = /^<([A-Za-z_][\w.-]{0,100}):mediawiki[ \t\r\n/>]/;
const WELL_FORMED_TAG =
  /^<[A-Za-z_][\w.:-]*(?:[ \t\r\n]+[A-Za-z_][\w.:-]*[ \t\r\n]*=[ \t\r\n]*(?:"[^"<]*"|'[^'<]*'))*[ \t\r\n]*\/?>$/;
const FIRST_PAGE = /<page[ \t\r\n/>]|<\/mediawiki[ \t\r\n>]/;
const SITEINFO_END = /<\/siteinfo[ \t\r\n]{0,100}>/;
const LONGEST_ROOT_NAME = 120;

/**
 * Where a dump's head ends, in bytes; null where more of it is needed. `isEnd`: no more will come. `isFull`: no more
 * is held, so that a `<siteinfo>` that begins further behind is no part of the head. Throws
 * `DOCTYPE_REFUSED` and `NAMESPACE_PREFIX`.
 */
export function findHeadEnd(bytes: Buffer, isEnd: boolean, isFull = false): number | null {
  const text = bytes.toString('latin1');
  let at = skipMisc(text, text.startsWith(BOM) ? BOM.length : 0, isEnd);
  if (at === null) return null;
  const start = text.slice(at, at + LONGEST_ROOT_NAME);
  if (/^<!(?!--|\[CDATA\[)/.test(start) && (isEnd || start.length > 9)) throw refusedDoctype(text, at);
  const prefix = PREFIXED_ROOT.exec(start)?.[1];
  if (prefix !== undefined) throw refusedPrefix(prefix, at);
  if (!ROOT.test(start)) {
    // No root: whatever stands before the first page is no head.
    if (!isEnd && !FIRST_PAGE.test(text)) return null;
    return at;
  }
  at = afterTag(text, at, isEnd);
  if (at === null) return null;
  const behind = skipMisc(text, at, isEnd);
  if (behind === null) return isFull ? at : null;
  const begin = text.slice(behind, behind + 10);
  if (!isEnd && begin.length < 10 && '<siteinfo>'.startsWith(begin)) return null;
  if (!/^<siteinfo[ \t\r\n/>]/.test(begin)) return at;
  const siteinfo = afterTag(text, behind, isEnd);
  if (siteinfo === null) return null;
  if (text.charAt(siteinfo - 2) === '/') return siteinfo;
  const rest = withoutComments(text.slice(siteinfo));
  const end = SITEINFO_END.exec(rest);
  const page = FIRST_PAGE.exec(rest);
  const comment = rest.indexOf('<!--');
  const first = Math.min(end?.index ?? rest.length, page?.index ?? rest.length);
  if (!isEnd && comment >= 0 && comment < first) return null;
  if (end !== null && (page === null || end.index < page.index)) return siteinfo + end.index + end[0].length;
  // It lacks its end: it is no part of the head.
  return page !== null || isEnd ? at : null;
}

/** Behind white space, comments and processing instructions; null where more is needed to know. */
function skipMisc(text: string, from: number, isEnd: boolean): number | null {
  for (let at = from; ;) {
    at = skipSpace(text, at);
    const isComment = text.startsWith('<!--', at);
    const isInstruction = text.startsWith('<?', at);
    if (!isComment && !isInstruction) {
      const isCut = !isEnd && (at === text.length || '<!--'.startsWith(text.slice(at, at + 4)));
      return isCut ? null : at;
    }
    const end = isComment ? text.indexOf('-->', at + 4) : text.indexOf('?>', at + 2);
    // One without an end is no part of the head.
    if (end < 0) return isEnd ? at : null;
    at = end + (isComment ? 3 : 2);
  }
}

/** Behind a start tag; null where more is needed. */
function afterTag(text: string, at: number, isEnd: boolean): number | null {
  let quote = '';
  for (let end = at + 1; end < text.length; end += 1) {
    const char = text.charAt(end);
    if (char === '<') return end;
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '>') return end + 1;
    else if (char === '"' || char === "'") quote = char;
  }
  return isEnd ? text.length : null;
}

/**
 * Reads a head. No parser sees it: it is searched for what we need, because the siteinfo of a content export is not
 * always XML (its values are not escaped). Throws `DOCTYPE_REFUSED`, `ENCODING_REFUSED`, `WIKI_DIFFERS`.
 */
export function readDumpHead(bytes: Buffer, encoding: DumpEncoding, choice: WikiChoice): DumpHead {
  // One character a byte, so that positions are the bytes' own.
  const text = withoutComments(bytes.toString('latin1'));
  refuseDeclarations(text);
  const root = rootTag(text);
  if (root !== null && !isUtf8(bytes)) throw refusedEncoding('bytes that are no UTF-8');
  checkDeclaration(text, encoding);
  const { dbname, invalidDbname } = readDbname(text);
  const wiki = chooseWiki(dbname, choice);
  return {
    bytes: bytes.length,
    wiki,
    language: languageOf(root, wiki),
    namespaces: readNamespaces(text),
    dbname,
    invalidDbname,
    hasRoot: root !== null,
    encoding,
    version:
      root === null ? null : (/[ \t\r\n]version[ \t\r\n]*=[ \t\r\n]*["']([0-9.]{1,20})["']/.exec(root)?.[1] ?? null),
    failure: malformedTag(text),
  };
}

const LANGUAGE = /[ \t\r\n]xml:lang[ \t\r\n]*=[ \t\r\n]*["']([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3})["']/;
const WIKI_OF_A_LANGUAGE = /^([a-z]{2,3}(?:_[a-z]{2,8})?)wik/;

function languageOf(root: string | null, wiki: string): string {
  const named = root === null ? undefined : LANGUAGE.exec(root)?.[1];
  return (named ?? WIKI_OF_A_LANGUAGE.exec(wiki)?.[1]?.replace('_', '-') ?? 'en').toLowerCase();
}

/** A wiki has some dozens of namespaces. */
const MAX_NAMESPACES_OF_A_HEAD = 500;
const MAX_NAMESPACE_NAME = 200;
const NAMESPACE_TAG =
  /<namespace[ \t\r\n][^<>]{0,200}?key[ \t\r\n]*=[ \t\r\n]*["'](-?[0-9]{1,6})["'][^<>]{0,200}>([^<>]{1,800})</g;

function readNamespaces(text: string): DumpHead['namespaces'] {
  const namespaces: { id: number; names: string[] }[] = [];
  for (const [, key = '', name = ''] of text.matchAll(NAMESPACE_TAG)) {
    if (namespaces.length === MAX_NAMESPACES_OF_A_HEAD) break;
    const local = Buffer.from(resolveEntities(name), 'latin1').toString('utf8');
    if (Buffer.byteLength(local) <= MAX_NAMESPACE_NAME) namespaces.push({ id: Number(key), names: [local] });
  }
  return namespaces;
}

function chooseWiki(dbname: string | null, { wiki, overrides }: WikiChoice): string {
  if (wiki !== null && overrides) return wiki;
  if (dbname !== null && wiki !== null && dbname !== wiki) {
    const message = `the dump is another wiki's: expected dbname ${shown(wiki)}; received ${shown(dbname)}`;
    throw new PermanentError('WIKI_DIFFERS', message, { expected: wiki, received: dbname, place: 'siteinfo/dbname' });
  }
  return dbname ?? wiki ?? 'unknown';
}

/** Comments become blanks of the same length. One that never ends stays: it is no part of a head. */
function withoutComments(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const begin = text.indexOf('<!--', from);
    const end = begin < 0 ? -1 : text.indexOf('-->', begin + 4);
    if (end < 0) break;
    parts.push(text.slice(from, begin), ' '.repeat(end + 3 - begin));
    from = end + 3;
  }
  return parts.join('') + text.slice(from);
}

function refuseDeclarations(text: string): void {
  for (let at = text.indexOf('<!'); at >= 0; at = text.indexOf('<!', at + 2)) {
    if (!text.startsWith('<![CDATA[', at) && !text.startsWith('<!--', at)) throw refusedDoctype(text, at);
  }
}

function refusedDoctype(text: string, at: number): PermanentError {
  const expected = 'no document type or entity declaration';
  const received = shown(text.slice(at, at + 40));
  const message = `the dump's head is refused at byte ${at}: expected ${expected}; received ${received}`;
  return new PermanentError('DOCTYPE_REFUSED', message, { expected, received, place: `byte ${at}` });
}

function refusedPrefix(prefix: string, at: number): PermanentError {
  const expected = '<mediawiki without a namespace prefix';
  const received = `<${prefix}:mediawiki`;
  const message =
    `the dump's head is refused at byte ${at}: expected ${expected}; received ${received} ` +
    `(write the file again with MediaWiki's namespace as the default one, xmlns="…", and without the prefix ${prefix})`;
  return new PermanentError('NAMESPACE_PREFIX', message, { expected, received, place: `byte ${at}` });
}

function rootTag(text: string): string | null {
  const at = text.search(/<mediawiki[ \t\r\n/>]/);
  if (at < 0) return null;
  const end = afterTag(text, at, true) ?? text.length;
  return text.slice(at, end);
}

function checkDeclaration(text: string, encoding: DumpEncoding): void {
  const declared = DECLARED.exec(DECLARATION.exec(text)?.[1] ?? '');
  const name = (declared?.[1] ?? declared?.[2] ?? encoding).toLowerCase();
  const isRight =
    encoding === 'utf-8' ? UTF_8_NAMES.has(name) : name === encoding || name === 'utf-16' || name === 'utf16';
  if (!isRight) throw refusedEncoding(`${encoding} that is declared as ${shown(name)}`);
}

function refusedEncoding(received: string): PermanentError {
  const expected = 'UTF-8 (or US-ASCII), or UTF-16 with a byte-order mark, declared as such or not at all';
  const message = `the dump's head is refused: expected ${expected}; received ${received}`;
  return new PermanentError('ENCODING_REFUSED', message, { expected, received, place: 'byte 0' });
}

/** The first `dbname` that is a valid name; any other valid one must be equal to it. Empty ones are none. */
function readDbname(text: string): Pick<DumpHead, 'dbname' | 'invalidDbname'> {
  let dbname: string | null = null;
  let invalidDbname: string | null = null;
  for (let at = text.indexOf('<dbname'); at >= 0;) {
    const open = text.indexOf('>', at);
    if (open < 0) break;
    const isDbname = ' \t\r\n/>'.includes(text.charAt(at + 7)) && text.charAt(open - 1) !== '/';
    at = text.indexOf('<dbname', open);
    if (!isDbname) continue;
    const value = trimSpace(dbnameValue(text, open + 1));
    if (value === '') continue;
    if (!isWikiName(value)) {
      invalidDbname ??= Buffer.from(value, 'latin1').toString('utf8').slice(0, 200);
      continue;
    }
    if (dbname !== null && dbname !== value) {
      const message = `the dump names two wikis: expected one dbname; received ${dbname} and ${value}`;
      throw new PermanentError('WIKI_DIFFERS', message, {
        expected: dbname,
        received: value,
        place: 'siteinfo/dbname',
      });
    }
    dbname = value;
  }
  return { dbname, invalidDbname };
}

const CDATA = '<![CDATA[';
/** A name has at most 200 characters; what is longer is refused anyway. */
const MAX_DBNAME_TEXT = 4096;

/** The text from `from` to the next tag, CDATA sections and the five entities resolved. */
function dbnameValue(text: string, from: number): string {
  const parts: string[] = [];
  const limit = Math.min(text.length, from + MAX_DBNAME_TEXT);
  for (let at = from; at < limit;) {
    if (text.startsWith(CDATA, at)) {
      const end = text.indexOf(']]>', at);
      if (end < 0) break;
      parts.push(text.slice(at + CDATA.length, Math.min(end, limit)));
      at = end + 3;
      continue;
    }
    const next = text.indexOf('<', at);
    const end = next < 0 ? limit : Math.min(next, limit);
    parts.push(resolveEntities(text.slice(at, end)));
    if (!text.startsWith(CDATA, end)) break;
    at = end;
  }
  return parts.join('');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function resolveEntities(text: string): string {
  return text.replace(/&(?:(lt|gt|amp|quot|apos)|#([0-9]{1,3})|#x([0-9A-Fa-f]{1,2}));/g, (all, name, decimal, hex) => {
    if (name !== undefined) return ENTITIES[name as string] ?? all;
    const code = decimal === undefined ? Number.parseInt(hex as string, 16) : Number.parseInt(decimal as string, 10);
    return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : all;
  });
}

const MAX_HEAD_DEPTH = 64;

/**
 * The first tag of a head that is not well-formed: the root's own, or one of siteinfo's that does not match its start tag.
 * A `<` or `&` that is text is let pass.
 */
function malformedTag(text: string): PermanentError | null {
  const rootAt = text.search(/<mediawiki[ \t\r\n/>]/);
  if (rootAt < 0) return null;
  const root = rootTag(text) ?? '';
  if (!WELL_FORMED_TAG.test(root)) return malformed(rootAt, 'a well-formed start tag', root.slice(0, 60));
  const open: string[] = [];
  const tags = /<!\[CDATA\[|<(\/?)([A-Za-z_][\w.:-]{0,100})([ \t\r\n][^<>]{0,4000})?(\/?)>/g;
  tags.lastIndex = rootAt + root.length;
  for (let tag = tags.exec(text); tag !== null; tag = tags.exec(text)) {
    const [all, slash, name = '', , empty] = tag;
    if (all === CDATA) {
      const end = text.indexOf(']]>', tag.index);
      if (end < 0) return null;
      tags.lastIndex = end + 3;
      continue;
    }
    if (empty === '/' || all.endsWith('/>')) continue;
    if (slash === '') {
      if (open.push(name) > MAX_HEAD_DEPTH)
        return malformed(tag.index, `at most ${MAX_HEAD_DEPTH} elements within each other`, all);
      continue;
    }
    const expected = open.pop();
    if (expected !== name) {
      return malformed(tag.index, expected === undefined ? 'no end tag' : `</${expected}>`, all);
    }
  }
  return null;
}

function malformed(at: number, expected: string, tag: string): PermanentError {
  const received = shown(tag);
  const message = `the dump's head is not well-formed at byte ${at}: expected ${expected}; received ${received}`;
  return new PermanentError('HEAD_MALFORMED', message, { expected, received, place: `byte ${at}` });
}

/** A regular expression for the end would be quadratic. */
function trimSpace(text: string): string {
  let to = text.length;
  while (to > 0 && ' \t\r\n'.includes(text.charAt(to - 1))) to -= 1;
  return text.slice(Math.min(to, skipSpace(text, 0)), to);
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (next < text.length && ' \t\r\n'.includes(text.charAt(next))) next += 1;
  return next;
}
