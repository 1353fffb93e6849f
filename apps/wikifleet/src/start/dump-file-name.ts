import { dateInName, stemOfKind } from '@wikifleet/catalogue/dump-name';
import type { NumberRange } from '@wikifleet/catalogue/dump-name';
import { KINDS } from '@wikifleet/domain/run';
import type { Kind } from '@wikifleet/domain/run';

/**
 * How much a file's name promises. `dump`: one of MediaWiki's dumps of pages. `xml`: some XML, or something that is called a
 * dump.
 * `companion`: what mirrors have beside the dumps (indexes, SQL, checksums, status). `other`: everything else.
 */
export type NameClass = 'dump' | 'xml' | 'companion' | 'other';

/** What the name of a local file says. Null where it does not say. */
export interface DumpFileName {
  readonly nameClass: NameClass;
  /** Null for a content export too: both kinds name their files alike. */
  readonly kind: Kind | null;
  readonly isContentExport: boolean;
  readonly wiki: string | null;
  /** `YYYY-MM-DD`. */
  readonly date: string | null;
  /** Where the name is exactly as a mirror has it; null otherwise. */
  readonly numbers: DumpNumbers | null;
}

/** `part`: the N of `pages-articlesN`; `pages`: `p<A>p<B>`; `isOnePage`: a file of a content export with one large page. */
export interface DumpNumbers {
  readonly part: number | null;
  readonly pages: NumberRange | null;
  readonly isOnePage: boolean;
}

const KIND_OF_STEM: ReadonlyMap<string, Kind> = new Map(
  KINDS.flatMap((kind): [string, Kind][] => {
    const stem = stemOfKind(kind);
    return stem === null ? [] : [[stem, kind]];
  }),
);
/** The longest first: `pages-articles` is the beginning of `pages-articles-multistream`. */
const STEM = [...KIND_OF_STEM.keys()].toSorted((a, b) => b.length - a.length).join('|');
const WIKI = '[A-Za-z0-9_][A-Za-z0-9._+-]*?';
const PACKED = String.raw`\.(?:bz2|gz|xz|zstd?|7z|zip|lzma|lz4|lz|lzo|rar|tar|tgz|Z)`;

const STEM_ANYWHERE = new RegExp(`(?:^|[-._])(${STEM})(?=\\d|[-._]|$)`);
const LEGACY_START = new RegExp(`^(${WIKI})-(?:\\d{8}|latest)-(?:${STEM})`);
// fifteen digits are below 2^53
const LEGACY = new RegExp(
  `^${WIKI}-(?:\\d{8}|latest)-(?:${STEM})(\\d{1,15})?\\.xml(?:-p(\\d{1,15})p(\\d{1,15}))?(?:${PACKED})?$`,
);
const CONTENT = new RegExp(
  `^(${WIKI})-\\d{4}-\\d{2}-\\d{2}-p(\\d{1,15})(?:p(\\d{1,15})|r\\d{1,15}r\\d{1,15})\\.xml(?:${PACKED})?$`,
);
const DUMP_ENDING = new RegExp(`(?:\\.xml|${PACKED})$`, 'i');
const XML_ENDING = new RegExp(`\\.xml(?:-p\\d+p\\d+)?(?:${PACKED})*$`, 'i');
const CALLED_DUMP = new RegExp(`dump.*${PACKED}$`, 'i');
const COMPANION = new RegExp(
  [
    'multistream-index',
    String.raw`\.sql(?:${PACKED})?$`,
    String.raw`(?:md5|sha1|sha256|sha512)sums?(?:[-.]|$)`,
    '^_SUCCESS$',
    String.raw`\.(?:json|html?|md5|sha1|sha256)(?:${PACKED})?$`,
    String.raw`-rss\.xml$`,
    String.raw`-abstract\d*\.xml`,
    'pages-logging',
    'all-titles',
  ].join('|'),
  'i',
);

/** Reads a file's name, which may be any text. */
export function readDumpFileName(name: string): DumpFileName {
  const content = CONTENT.exec(name);
  const stem = STEM_ANYWHERE.exec(name)?.[1];
  return {
    nameClass: classOf(name, stem !== undefined || content !== null),
    kind: stem === undefined ? null : (KIND_OF_STEM.get(stem) ?? null),
    isContentExport: content !== null,
    wiki: content?.[1] ?? LEGACY_START.exec(name)?.[1] ?? null,
    date: dateInName(name),
    numbers: numbersOf(name, content),
  };
}

function classOf(name: string, isNamedDump: boolean): NameClass {
  if (COMPANION.test(name)) return 'companion';
  if (isNamedDump && DUMP_ENDING.test(name)) return 'dump';
  return XML_ENDING.test(name) || CALLED_DUMP.test(name) ? 'xml' : 'other';
}

function numbersOf(name: string, content: RegExpExecArray | null): DumpNumbers | null {
  if (content !== null) {
    const [, , first, last] = content;
    return { part: null, pages: rangeOf(first, last ?? first), isOnePage: last === undefined };
  }
  const legacy = LEGACY.exec(name);
  if (legacy === null) return null;
  const [, part, first, last] = legacy;
  return { part: part === undefined ? null : Number(part), pages: rangeOf(first, last), isOnePage: false };
}

function rangeOf(first: string | undefined, last: string | undefined): NumberRange | null {
  return first === undefined || last === undefined ? null : { first: Number(first), last: Number(last) };
}
