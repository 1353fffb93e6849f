import { checkRole, checkTitle, isEmptyTitle, readInteger } from './row.js';
import type { PageColumns, RevisionColumns, Slot } from './row.js';
import { UnitFault, shown } from './unit-fault.js';
import type { KnownIds } from './unit-fault.js';
import { UnitFields, countAttributes } from './unit-fields.js';
import { allText, leadingText } from './xml-element.js';
import type { XmlElement } from './xml-element.js';

const PAGE = new Set(['title', 'ns', 'id', 'redirect']);
const CONTRIBUTOR = new Set(['username', 'id', 'ip']);
const CONTENT = new Set(['role', 'origin', 'model', 'format', 'text']);
const REVISION = new Set(['id', 'parentid', 'timestamp', 'contributor', 'minor', 'comment', 'sha1', ...CONTENT]);
REVISION.delete('role');

const TITLE = new Set(['title']);
const DELETED = new Set(['deleted']);
const TEXT = new Set(['xml:space', 'bytes', 'sha1', 'deleted', 'id', 'location']);
const NONE: ReadonlySet<string> = new Set();

/** A page's columns from the elements before its first revision. */
export function readPageColumns(head: XmlElement, unmapped: string[]): PageColumns {
  const fields = new UnitFields(head, PAGE, unmapped);
  const title = fields.text('title');
  const id = fields.text('id');
  return knowing({ pageId: lenientInteger(id), pageTitle: title?.slice(0, 500) ?? null }, () => {
    const redirect = fields.leaf('redirect', TITLE);
    const target = redirect === null ? null : (redirect.attributes['title'] ?? '');
    return {
      page_id: required('page/id', readInteger('page/id', id)),
      page_namespace_id: readInteger('page/ns', fields.text('ns')),
      page_title: checkTitle('page/title', requiredTitle(title)),
      page_redirect_target: target === null ? null : checkTitle('redirect@title', target),
    };
  });
}

export function readRevisionColumns(revision: XmlElement, unmapped: string[]): RevisionColumns {
  countAttributes(revision, NONE, unmapped);
  const fields = new UnitFields(revision, REVISION, unmapped, 'content');
  const id = fields.text('id');
  return knowing({ revisionId: lenientInteger(id) }, () => {
    const user = readUser(fields, unmapped);
    const comment = fields.leaf('comment', DELETED);
    const isCommentVisible = comment?.attributes['deleted'] === undefined;
    const slots = new Map([['main', readSlot(fields)]]);
    for (const content of fields.repeated) {
      countAttributes(content, NONE, unmapped);
      const slot = new UnitFields(content, CONTENT, unmapped);
      slots.set(checkRole(slot.text('role'), slots), readSlot(slot));
    }
    return {
      ...user,
      revision_id: required('revision/id', readInteger('revision/id', id)),
      revision_parent_id: readInteger('revision/parentid', fields.text('parentid')),
      revision_dt: required('revision/timestamp', fields.text('timestamp')),
      revision_is_minor_edit: fields.leaf('minor') !== null,
      revision_comment: isCommentVisible ? (comment === null ? '' : leadingText(comment)) : null,
      revision_comment_is_visible: isCommentVisible,
      revision_sha1: fields.text('sha1') || null,
      slots,
      revision_content_is_visible: fields.peek('text')?.attributes['deleted'] === undefined,
    };
  });
}

type User = Pick<RevisionColumns, 'user_id' | 'user_text' | 'user_is_visible'>;

function readUser(fields: UnitFields, unmapped: string[]): User {
  const contributor = fields.parent('contributor', DELETED);
  const who = new UnitFields(contributor, CONTRIBUTOR, unmapped);
  if (contributor === null || contributor.attributes['deleted'] !== undefined) {
    return { user_id: null, user_text: null, user_is_visible: false };
  }
  const ip = who.text('ip');
  return {
    user_id: readInteger('contributor/id', who.text('id')),
    user_text: who.text('username') ?? ip,
    user_is_visible: true,
  };
}

/** A slot, of `<revision>` for `main` and of `<content>` for the others. */
function readSlot(fields: UnitFields): Slot {
  const text = fields.leaf('text', TEXT);
  const body = text === null ? null : readBody(text);
  return {
    content_body: body?.text ?? null,
    content_format: fields.text('format'),
    content_model: fields.text('model'),
    content_sha1: text?.attributes['sha1'] || null,
    content_size: body?.size ?? null,
    origin_rev_id: readInteger('origin', fields.text('origin')),
  };
}

function readBody(element: XmlElement): { text: string | null; size: number | null } {
  const { attributes } = element;
  const bytes = readInteger('text@bytes', attributes['bytes'] ?? null);
  const size = bytes !== null && bytes < 0 ? null : bytes;
  const text = allText(element);
  const isStored = attributes['id'] !== undefined || attributes['location'] !== undefined;
  const isStub = text === '' && isStored && size !== 0;
  if (attributes['deleted'] !== undefined || isStub) return { text: null, size };
  return { text, size: size ?? Buffer.byteLength(text, 'utf8') };
}

function required<T>(what: string, value: T | null): T {
  if (value === null) throw new UnitFault('MISSING_ELEMENT', what, 'none, or an empty one');
  return value;
}

function requiredTitle(title: string | null): string {
  if (title !== null && !isEmptyTitle(title)) return title;
  throw new UnitFault('MISSING_ELEMENT', 'page/title', title === null ? 'none' : `an empty one: ${shown(title)}`);
}

/** For the quarantine: null where it is none. */
function lenientInteger(value: string | null): number | null {
  try {
    return readInteger('id', value);
  } catch {
    return null;
  }
}

function knowing<T>(known: KnownIds, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnitFault) error.known = known;
    throw error;
  }
}
