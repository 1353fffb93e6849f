import { FragmentParser } from './fragment-parser.js';
import { readPageColumns, readRevisionColumns } from './revision-reader.js';
import { rowRest, rowStart } from './row.js';
import type { PageHead, RevisionRow, RowEngine } from './row-engine.js';
import { UnitFault } from './unit-fault.js';
import { UnitFields } from './unit-fields.js';

const NONE: ReadonlySet<string> = new Set();

/** Any well-formed dump XML in any version of the schema, by node-expat, event by event. */
export class ReferenceEngine implements RowEngine {
  readonly #parser = new FragmentParser();

  readPage(wiki: string, bytes: Buffer): PageHead {
    const unmapped: string[] = [];
    const page = readPageColumns(this.#parser.parse(bytes), unmapped);
    const start = Buffer.from(rowStart(wiki, page), 'utf8');
    return { id: page.page_id, title: page.page_title, rowStart: start, unmapped };
  }

  readRevision(page: PageHead, bytes: Buffer): RevisionRow {
    const unmapped: string[] = [];
    // Where a revision's end tag has blanks in it, the unit runs on to the next piece: that is counted here.
    const [revision] = new UnitFields(this.#parser.parse(bytes), NONE, unmapped, 'revision').repeated;
    if (revision === undefined) throw new UnitFault('NOT_WELL_FORMED', 'a <revision>', 'none');
    const rest = rowRest(readRevisionColumns(revision, unmapped));
    return { line: Buffer.concat([page.rowStart, Buffer.from(rest, 'utf8')]), unmapped };
  }

  readBetween(bytes: Buffer): readonly string[] {
    const unmapped: string[] = [];
    void new UnitFields(this.#parser.parse(bytes), NONE, unmapped);
    return unmapped;
  }
}
