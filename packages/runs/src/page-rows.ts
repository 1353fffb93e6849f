import { isDeepStrictEqual } from 'node:util';
import { PermanentError } from '@wikifleet/domain/errors';
import { titleHash } from '@wikifleet/domain/page-index';
import type { Member } from '@wikifleet/domain/receipts';

/** What a page is looked for by: its id, or its title as it stands in `page_title`. */
export type Sought = { readonly id: number } | { readonly title: string };

export interface PageRow {
  /** With its newline, as it stands in the part. */
  readonly line: Buffer;
  readonly id: number;
  readonly title: string;
}

const NEWLINE = 0x0a;
/** A row's first keys; a title of at most 2,048 characters is at most 12 KiB of JSON. */
const START_BYTES = 16 * 1024;
const START =
  /^\{"wiki_id":"[^"\\]*","page_id":(-?\d{1,15}),"page_namespace_id":(?:null|-?\d{1,15}),"page_title":("(?:[^"\\]|\\.)*"),/;

/**
 * The rows of a page among those of a member, its lines. Reads all of them: throws `MEMBER_CONTRADICTS` where they are not as many
 * as the receipt says, or of other pages; `name` says which member, and `indexed` that the index names the title here.
 */
export function rowsOfPage(
  lines: Iterable<Buffer>,
  member: Member,
  sought: Sought,
  name: string,
  indexed: boolean,
): PageRow[] {
  const found: PageRow[] = [];
  const ids = { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
  let count = 0;
  let isShared = false;
  for (const line of lines) {
    if (line.at(-1) !== NEWLINE) throw contradiction(name, 'a newline after its last row', 'none');
    const row = readStart(line, name, count);
    ids.first = Math.min(ids.first, row.id);
    ids.last = Math.max(ids.last, row.id);
    if ('id' in sought ? row.id === sought.id : row.title === sought.title) found.push(row);
    else if (indexed && 'title' in sought) isShared ||= titleHash(row.title) === titleHash(sought.title);
    count += 1;
  }
  if (count !== member.rows) throw contradiction(name, `${member.rows} rows`, `${count}`);
  const expected = { first: member.firstPageId, last: member.lastPageId };
  if (!isDeepStrictEqual(ids, expected)) {
    throw contradiction(
      name,
      `rows of pages ${expected.first} to ${expected.last}`,
      `of pages ${ids.first} to ${ids.last}`,
    );
  }
  if (indexed && found.length === 0 && !isShared) throw contradiction(name, 'the page that its index names', 'others');
  return found;
}

function readStart(line: Buffer, name: string, row: number): PageRow {
  const match = START.exec(line.toString('utf8', 0, Math.min(line.length, START_BYTES)));
  try {
    if (match !== null) return { line, id: Number(match[1]), title: JSON.parse(match[2] ?? '') as string };
  } catch {
    // no JSON string
  }
  throw contradiction(name, `row ${row} to begin as a row does`, line.toString('latin1', 0, 60));
}

function contradiction(name: string, expected: string, received: string): PermanentError {
  const message = `${name}: expected ${expected}, received ${received}; \`fleet verify\` says what is wrong with the run`;
  return new PermanentError('MEMBER_CONTRADICTS', message, { place: name, expected, received });
}
