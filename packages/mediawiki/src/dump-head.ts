import { isUtf8 } from 'node:buffer';
import { PermanentError } from '@wikifleet/domain/errors';
import { checkName } from '@wikifleet/domain/names';
import { shown } from './unit-fault.js';
import type { DumpEncoding } from './utf8-input.js';

/** What stands before a dump's first page. */
export interface DumpHead {
  /** Its length in bytes (of UTF-8, where the dump is UTF-16). */
  readonly bytes: number;
  /** The wiki of the rows: `dbname`, else the run's, else `unknown`. */
  readonly wiki: string;
  readonly dbname: string | null;
  /** Whether `<mediawiki` is there. */
  readonly hasRoot: boolean;
  readonly encoding: DumpEncoding;
  /** The schema's, as the root names it: `0.11`. */
  readonly version: string | null;
  /** Where something begins that is no part of a head (the end of a page, say); null where nothing does. */
  readonly stray: number | null;
}

const DECLARATION = /^(?:\xef\xbb\xbf)?<\?xml[ \t\r\n]([^<>]*)\?>/;
const DECLARED = /[ \t\r\n]?encoding[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')/;

/**
 * Reads a head. No parser sees it: it is searched for what we need, because the siteinfo of a content export is not
 * always XML (its values are not escaped). `wiki` is the run's, null where any will do. Throws `DOCTYPE_REFUSED`,
 * `ENCODING_REFUSED`, `NAME_REFUSED` and `WIKI_DIFFERS`.
 */
export function readDumpHead(bytes: Buffer, encoding: DumpEncoding, wiki: string | null): DumpHead {
  // One character a byte, so that positions are the bytes' own.
  const text = withoutComments(bytes.toString('latin1'));
  refuseDeclarations(text);
  const root = rootTag(text);
  if (root !== null && !isUtf8(bytes)) throw refusedEncoding('bytes that are no UTF-8');
  checkDeclaration(text, encoding);
  const dbname = readDbname(text);
  if (dbname !== null && wiki !== null && dbname !== wiki) {
    const message = `the dump is another wiki's: expected dbname ${shown(wiki)}; received ${shown(dbname)}`;
    throw new PermanentError('WIKI_DIFFERS', message, { expected: wiki, received: dbname, place: 'siteinfo/dbname' });
  }
  return {
    bytes: bytes.length,
    wiki: dbname ?? wiki ?? 'unknown',
    dbname,
    hasRoot: root !== null,
    encoding,
    version:
      root === null ? null : (/[ \t\r\n]version[ \t\r\n]*=[ \t\r\n]*["']([0-9.]{1,20})["']/.exec(root)?.[1] ?? null),
    stray: strayOffset(text),
  };
}

/** Comments become blanks of the same length. One that never ends stays: it is stray. */
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
    if (text.startsWith('<![CDATA[', at) || text.startsWith('<!--', at)) continue;
    const expected = 'no document type or entity declaration';
    const received = shown(text.slice(at, at + 40));
    const message = `the dump's head is refused at byte ${at}: expected ${expected}; received ${received}`;
    throw new PermanentError('DOCTYPE_REFUSED', message, { expected, received, place: `byte ${at}` });
  }
}

function rootTag(text: string): string | null {
  const at = text.search(/<mediawiki[ \t\r\n/>]/);
  if (at < 0) return null;
  const end = text.indexOf('>', at);
  return end < 0 ? null : text.slice(at, end + 1);
}

function checkDeclaration(text: string, encoding: DumpEncoding): void {
  const declared = DECLARED.exec(DECLARATION.exec(text)?.[1] ?? '');
  const name = (declared?.[1] ?? declared?.[2] ?? encoding).toLowerCase();
  if (name !== encoding && !(name === 'utf-16' && encoding !== 'utf-8')) {
    throw refusedEncoding(`${encoding} that is declared as ${shown(name)}`);
  }
}

function refusedEncoding(received: string): PermanentError {
  const expected = 'UTF-8, or UTF-16 with a byte-order mark, declared as such or not at all';
  const message = `the dump's head is refused: expected ${expected}; received ${received}`;
  return new PermanentError('ENCODING_REFUSED', message, { expected, received, place: 'byte 0' });
}

/** The first `dbname` that is not empty; any other must be equal to it. */
function readDbname(text: string): string | null {
  let found: string | null = null;
  for (let at = text.indexOf('<dbname'); at >= 0;) {
    const open = text.indexOf('>', at);
    if (open < 0) break;
    const isDbname = ' \t\r\n/>'.includes(text.charAt(at + 7)) && text.charAt(open - 1) !== '/';
    at = text.indexOf('<dbname', open);
    if (!isDbname) continue;
    const end = text.indexOf('<', open);
    // Where no end tag follows (but CDATA, an element, nothing), the ">" makes it a name that is refused.
    const isWhole = end >= 0 && text.startsWith('</dbname', end);
    const value = isWhole ? trimSpace(text.slice(open + 1, end)) : text.slice(open, open + 200);
    if (value === '') continue;
    const name = checkName('wiki', value);
    if (found !== null && found !== name) {
      const message = `the dump names two wikis: expected one dbname; received ${found} and ${name}`;
      throw new PermanentError('WIKI_DIFFERS', message, { expected: found, received: name, place: 'siteinfo/dbname' });
    }
    found = name;
  }
  return found;
}

/** A head is a declaration, the root's tag and one siteinfo, in this order, with white space between them. */
function strayOffset(text: string): number | null {
  let at = DECLARATION.exec(text)?.[0].length ?? (text.startsWith('\xef\xbb\xbf') ? 3 : 0);
  at = skipSpace(text, at);
  if (/^<mediawiki[ \t\r\n/>]/.test(text.slice(at, at + 11))) at = skipSpace(text, after(text, '>', at));
  if (/^<siteinfo[ \t\r\n/>]/.test(text.slice(at, at + 10))) at = skipSpace(text, afterSiteinfo(text, at));
  return at < text.length ? at : null;
}

function afterSiteinfo(text: string, at: number): number {
  const open = after(text, '>', at);
  return text.charAt(open - 2) === '/' ? open : after(text, '</siteinfo>', at);
}

/** The position after the next `what`; `at` where there is none. */
function after(text: string, what: string, at: number): number {
  const found = text.indexOf(what, at);
  return found < 0 ? at : found + what.length;
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
