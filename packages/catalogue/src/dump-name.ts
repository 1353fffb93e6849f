import { dateSchema, type Kind } from '@wikifleet/domain/run';

/** From `first` to `last`, both included. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/**
 * What the name of a dump file says. `kind` is null for a content export: both of them name their files alike. `part`
 * is a legacy dump's `N`; `pages` its `p<A>p<B>`; `revisions` the `r<A>r<B>` of a file that holds one page or a part of
 * one: its first and its last revision by time, so that the second number may be the smaller.
 */
export interface DumpName {
  readonly wiki: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly kind: Kind | null;
  readonly part: number | null;
  readonly pages: NumberRange | null;
  readonly revisions: NumberRange | null;
}

const STEMS: ReadonlyMap<string, Kind> = new Map([
  ['pages-articles-multistream', 'articles-multistream'],
  ['pages-articles', 'articles'],
  ['pages-meta-current', 'meta-current'],
  ['pages-meta-history', 'meta-history'],
  ['stub-articles', 'stubs-articles'],
  ['stub-meta-current', 'stubs-meta-current'],
  ['stub-meta-history', 'stubs-meta-history'],
]);

// Fifteen digits stay below 2^53.
const LEGACY =
  /^([A-Za-z0-9_][A-Za-z0-9._-]*?)-(\d{4})(\d{2})(\d{2})-(pages-[a-z-]+|stub-[a-z-]+)(\d{1,15})?\.xml(?:-p(\d{1,15})p(\d{1,15}))?\.(bz2|gz)$/;
const CONTENT =
  /^([A-Za-z0-9_][A-Za-z0-9._-]*?)-(\d{4}-\d{2}-\d{2})-p(\d{1,15})(?:p(\d{1,15})|r(\d{1,15})r(\d{1,15}))\.xml\.bz2$/;
const LONGEST = 200;

/** Reads the name of a dump file; null for all others: indexes, 7z, `.inprog`, ranges that run backwards. */
export function dumpNameOf(name: string): DumpName | null {
  if (name.length > LONGEST) return null;
  const dump = legacyNameOf(name) ?? contentNameOf(name);
  if (dump === null || !dateSchema.safeParse(dump.date).success) return null;
  return dump.pages === null || dump.pages.first <= dump.pages.last ? dump : null;
}

function legacyNameOf(name: string): DumpName | null {
  const match = LEGACY.exec(name);
  if (match === null) return null;
  const [, wiki = '', year, month, day, stem = '', part, first, last, suffix] = match;
  const kind = STEMS.get(stem);
  if (kind === undefined || (suffix === 'gz') !== stem.startsWith('stub-')) return null;
  return {
    wiki,
    date: `${year}-${month}-${day}`,
    kind,
    part: part === undefined ? null : Number(part),
    pages: rangeOf(first, last),
    revisions: null,
  };
}

function contentNameOf(name: string): DumpName | null {
  const match = CONTENT.exec(name);
  if (match === null) return null;
  const [, wiki = '', date = '', page, last, firstRevision, lastRevision] = match;
  const revisions = rangeOf(firstRevision, lastRevision);
  return { wiki, date, kind: null, part: null, pages: rangeOf(page, last ?? page), revisions };
}

function rangeOf(first: string | undefined, last: string | undefined): NumberRange | null {
  return first === undefined || last === undefined ? null : { first: Number(first), last: Number(last) };
}

/** How the names of a legacy kind go on after `<wiki>-<YYYYMMDD>-`; null for a content export. */
export function stemOfKind(kind: Kind): string | null {
  for (const [stem, of] of STEMS) if (of === kind) return stem;
  return null;
}

/** Orders the files of one run by number: part, pages, revisions. */
export function compareDumpNames(a: DumpName, b: DumpName): number {
  return (
    (a.part ?? 0) - (b.part ?? 0) ||
    (a.pages?.first ?? 0) - (b.pages?.first ?? 0) ||
    (a.pages?.last ?? 0) - (b.pages?.last ?? 0) ||
    (a.revisions?.first ?? 0) - (b.revisions?.first ?? 0) ||
    (a.revisions?.last ?? 0) - (b.revisions?.last ?? 0)
  );
}

/** Whether the name says `…p<X>r<A>r<B>…`: a file with one page, whose splits would all but one own nothing. */
export function isOneSplit(name: string): boolean {
  return /-p\d+r\d+r\d+\.xml(?:\.|$)/.test(name);
}

const DATE = /(?<=^|[-._])(20\d\d)(?:-(\d\d)-(\d\d)|(\d\d)(\d\d))(?=$|[-._])/g;

/** The first date of this century in a file name, as `YYYY-MM-DD`, where `-`, `.` or `_` set it off; else null. */
export function dateInName(name: string): string | null {
  for (const [, year, ...rest] of name.slice(0, LONGEST).matchAll(DATE)) {
    const date = [year, ...rest.filter((part) => part !== undefined)].join('-');
    if (dateSchema.safeParse(date).success) return date;
  }
  return null;
}

/** `…multistream1.xml-p1p99.bz2` has the index `…multistream-index1.txt-p1p99.bz2`. */
const MULTISTREAM = /^(.*multistream)(\d*)\.xml(-p\d+p\d+)?\.bz2$/;

/** What the index of a multistream dump is called, as Wikimedia publishes it and decompressed; empty for other names. */
export function multistreamIndexNames(name: string): string[] {
  const [, stem, part, range = ''] = MULTISTREAM.exec(name) ?? [];
  if (stem === undefined || part === undefined) return [];
  const index = `${stem}-index${part}.txt${range}`;
  return [`${index}.bz2`, index];
}
