import { PAGE_COLUMNS, ROW_COLUMNS } from '@wikifleet/domain/row-columns';
import { encodeValues } from '@wikifleet/domain/row-values';
import type { RowEncoding } from '@wikifleet/domain/row-values';
import { FragmentParser } from './fragment-parser.js';
import { readPageColumns, readRevisionColumns } from './revision-reader.js';
import { revisionSize, rowRest, rowStart } from './row.js';
import type { RevisionColumns } from './row.js';
import type { PageHead, RevisionRow, RowEngine } from './row-engine.js';
import { UnitFault } from './unit-fault.js';
import { UnitFields, countAttributes } from './unit-fields.js';

const NONE: ReadonlySet<string> = new Set();
const PAGE_END = Buffer.from('</page>');
const SLASH = 0x2f;
/** Characters of a row that are held as strings. */
const MAX_HELD = 4 * 1024 * 1024;

/** Any well-formed dump XML in any version of the schema, by node-expat, event by event. */
export class ReferenceEngine implements RowEngine {
  readonly #parser = new FragmentParser();
  readonly encoding: RowEncoding;

  constructor(encoding: RowEncoding = 'json') {
    this.encoding = encoding;
  }

  /** Nothing is known without a parser. */
  knownPage(): null {
    return null;
  }

  knownRevision(): null {
    return null;
  }

  readPageTag(bytes: Buffer): readonly string[] {
    const unmapped: string[] = [];
    const isEmpty = bytes.at(-2) === SLASH;
    const { content } = this.#parser.parse(isEmpty ? bytes : Buffer.concat([bytes, PAGE_END]));
    const [page] = content;
    if (page === undefined || typeof page === 'string') throw new UnitFault('NOT_WELL_FORMED', 'a <page>', 'none');
    countAttributes(page, NONE, unmapped);
    return unmapped;
  }

  readPage(wiki: string, bytes: Buffer): PageHead {
    const unmapped: string[] = [];
    const page = readPageColumns(this.#parser.parse(bytes), unmapped);
    const start =
      this.encoding === 'json'
        ? Buffer.from(rowStart(wiki, page), 'utf8')
        : encodeValues(PAGE_COLUMNS, { wiki_id: wiki, ...page });
    return { id: page.page_id, title: page.page_title, rowStart: start, unmapped };
  }

  readRevision(page: PageHead, bytes: Buffer): RevisionRow {
    const unmapped: string[] = [];
    // Where a revision lacks its end tag, or is empty, the unit runs on to the next piece: that is counted here.
    const [revision] = new UnitFields(this.#parser.parse(bytes), NONE, unmapped, 'revision').repeated;
    if (revision === undefined) throw new UnitFault('NOT_WELL_FORMED', 'a <revision>', 'none');
    const columns = readRevisionColumns(revision, unmapped);
    const line = this.encoding === 'json' ? lineOf(page, columns) : valuesOf(page, columns);
    return { line, isOwn: true, unmapped };
  }

  readBetween(bytes: Buffer): readonly string[] {
    const unmapped: string[] = [];
    void new UnitFields(this.#parser.parse(bytes), NONE, unmapped);
    return unmapped;
  }
}

const REVISION_COLUMNS = ROW_COLUMNS.slice(PAGE_COLUMNS.length);

/** A row as values. */
function valuesOf(page: PageHead, { slots, ...columns }: RevisionColumns): Buffer {
  const revision = { ...columns, revision_size: revisionSize(slots.values()), revision_content_slots: slots };
  return Buffer.concat([page.rowStart, encodeValues(REVISION_COLUMNS, revision)]);
}

/** A row as JSON. A long one's pieces are made twice, to be measured first: to hold them all would take as much again. */
function lineOf(page: PageHead, columns: RevisionColumns): Buffer {
  const pieces: string[] = [];
  let characters = 0;
  for (const piece of rowRest(columns)) {
    pieces.push(piece);
    characters += piece.length;
    if (characters > MAX_HELD) return longLineOf(page, columns);
  }
  return Buffer.concat([page.rowStart, Buffer.from(pieces.join(''), 'utf8')]);
}

function longLineOf(page: PageHead, columns: RevisionColumns): Buffer {
  let length = page.rowStart.length;
  for (const piece of rowRest(columns)) length += Buffer.byteLength(piece, 'utf8');
  const line = Buffer.allocUnsafeSlow(length);
  let at = page.rowStart.copy(line);
  for (const piece of rowRest(columns)) at += line.write(piece, at, 'utf8');
  return line;
}
