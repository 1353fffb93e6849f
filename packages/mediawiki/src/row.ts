import { UnitFault, shown } from './unit-fault.js';

/** The columns of a page, and of a revision, in the order of the row. */
export interface PageColumns {
  readonly page_id: number;
  readonly page_namespace_id: number | null;
  readonly page_title: string;
  readonly page_redirect_target: string | null;
}

export interface Slot {
  readonly content_body: string | null;
  readonly content_format: string | null;
  readonly content_model: string | null;
  readonly content_sha1: string | null;
  readonly content_size: number | null;
  readonly origin_rev_id: number | null;
}

export interface RevisionColumns {
  readonly user_id: number | null;
  readonly user_text: string | null;
  readonly user_is_visible: boolean;
  readonly revision_id: number;
  readonly revision_parent_id: number | null;
  readonly revision_dt: string;
  readonly revision_is_minor_edit: boolean;
  readonly revision_comment: string | null;
  readonly revision_comment_is_visible: boolean;
  readonly revision_sha1: string | null;
  /** `main` first. A role never looks like an array's index, so the order holds. */
  readonly slots: ReadonlyMap<string, Slot>;
  readonly revision_content_is_visible: boolean;
}

/** Titles are at most 255 bytes and a namespace; each revision of a page repeats its own, so a bound keeps rows small. */
export const MAX_TITLE_CHARACTERS = 2048;

/** UTF-16 units of a text that become JSON at a time. */
const MAX_PIECE = 1024 * 1024;

const INTEGER = /^[ \t\r\n]*(-?(?:0|[1-9][0-9]{0,14}))?[ \t\r\n]*$/;
const ROLE = /^[a-z][a-z0-9_-]*$/;

/** An integer as rows have it: at most 15 digits, white space around aside; null where there is none at all. */
export function readInteger(what: string, value: string | null): number | null {
  if (value === null) return null;
  const match = value.length > 1000 ? null : INTEGER.exec(value);
  if (match === null)
    throw new UnitFault('NOT_AN_INTEGER', `an integer of at most 15 digits for ${what}`, shown(value));
  // Adding 0 makes 0 of -0.
  return match[1] === undefined ? null : Number(match[1]) + 0;
}

/** Whether MediaWiki takes a text for no title at all: its importer skips such a page. White space and `_` are trimmed. */
export function isEmptyTitle(title: string): boolean {
  return /^[ \t\r\n_]*$/.test(title);
}

export function checkTitle(what: string, title: string): string {
  if (title.length <= MAX_TITLE_CHARACTERS) return title;
  const received = `${title.length}: ${shown(title)}`;
  throw new UnitFault('TITLE_TOO_LONG', `${what} of at most ${MAX_TITLE_CHARACTERS} characters`, received);
}

/** `taken` are the roles before it, `main` among them. */
export function checkRole(role: string | null, taken: ReadonlyMap<string, unknown>): string {
  if (role === null || !ROLE.test(role)) {
    throw new UnitFault(
      'ROLE_REFUSED',
      'a role of a-z 0-9 _ -, beginning with a letter',
      role === null ? 'none' : shown(role),
    );
  }
  if (taken.has(role)) throw new UnitFault('ROLE_REFUSED', 'one content a role', `a second ${shown(role)}`);
  return role;
}

/** The row's text from `{` to before `"user_id"`. */
export function rowStart(wiki: string, page: PageColumns): string {
  return `${JSON.stringify({ wiki_id: wiki, ...page }).slice(0, -1)},`;
}

/** The row's text from `"user_id"` to its newline, in pieces of bounded length. */
export function* rowRest(revision: RevisionColumns): Generator<string> {
  const { slots, revision_content_is_visible, ...columns } = revision;
  yield* membersOf(columns);
  yield `,"revision_size":${String(revisionSize(slots.values()))},"revision_content_slots":{`;
  let separator = '';
  for (const [role, slot] of slots) {
    yield `${separator}${JSON.stringify(role)}:{`;
    yield* membersOf(slot);
    yield '}';
    separator = ',';
  }
  yield `},"revision_content_is_visible":${revision_content_is_visible}}\n`;
}

/** An object as JSON without its braces; its values are no objects. */
function* membersOf(object: object): Generator<string> {
  const entries = Object.entries(object);
  if (!entries.some(([, value]) => isLong(value))) return yield JSON.stringify(object).slice(1, -1);
  for (const [i, [key, value]] of entries.entries()) {
    yield `${i === 0 ? '' : ','}${JSON.stringify(key)}:`;
    if (isLong(value)) yield* longText(value);
    else yield JSON.stringify(value);
  }
}

function isLong(value: unknown): value is string {
  return typeof value === 'string' && value.length > MAX_PIECE;
}

/** As JSON, a part at a time: a text of 60 MB as one string, its JSON and their sum are several times as much. */
function* longText(text: string): Generator<string> {
  yield '"';
  for (let at = 0; at < text.length;) {
    // half of a pair would be escaped
    const end = at + MAX_PIECE + (isHighSurrogate(text.charCodeAt(at + MAX_PIECE - 1)) ? 1 : 0);
    yield JSON.stringify(text.slice(at, end)).slice(1, -1);
    at = end;
  }
  yield '"';
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

/** The sum of the slots' sizes, exact beyond 2^53 too; null where a slot has no size. */
export function revisionSize(slots: Iterable<Slot>): bigint | null {
  let sum = 0n;
  for (const { content_size } of slots) {
    if (content_size === null) return null;
    sum += BigInt(content_size);
  }
  return sum;
}
