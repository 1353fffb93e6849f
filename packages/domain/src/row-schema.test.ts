import assert from 'node:assert/strict';
import type { z } from 'zod';
import { rowJsonSchema, rowSchema } from './row-schema.js';
import type { Row } from './row-type.js';
import { TEXT_COLUMNS } from './text-columns.js';

/** True where each can stand for the other; anything else does not compile. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
const sameType: Same<Row, z.infer<typeof rowSchema>> = true;
const sameKeys: Same<keyof Row, keyof z.infer<typeof rowSchema>> = true;

const SLOT = {
  content_body: 'x',
  content_format: null,
  content_model: null,
  content_sha1: null,
  content_size: 1,
  origin_rev_id: -1,
};
const ROW: Row = {
  wiki_id: 'aawiki',
  page_id: 1,
  page_namespace_id: null,
  page_title: '',
  page_redirect_target: '',
  user_id: null,
  user_text: null,
  user_is_visible: false,
  revision_id: 2,
  revision_parent_id: null,
  revision_dt: '2001-01-15T13:15:00Z',
  revision_is_minor_edit: false,
  revision_comment: null,
  revision_comment_is_visible: false,
  revision_sha1: null,
  revision_size: 1,
  revision_content_slots: { main: SLOT },
  revision_content_is_visible: true,
};

const REFUSED: readonly [what: string, change: object][] = [
  ['a key too many', { plain: '' }],
  ['a key too few', { user_id: undefined }],
  ['a number as text', { page_id: '1' }],
  ['a fraction', { page_id: 1.5 }],
  ['16 digits', { page_id: 1e15 }],
  ['null for what is always there', { page_id: null }],
  ['null for a boolean', { user_is_visible: null }],
  ['a title of 2049 characters', { page_title: 'x'.repeat(2049) }],
  ['a negative size', { revision_size: -1 }],
  ['a plain text that is a number', { plain_text: 1 }],
  ['no slots', { revision_content_slots: {} }],
  ['no main slot', { revision_content_slots: { mediainfo: SLOT } }],
  ['a role in capitals', { revision_content_slots: { main: SLOT, Main: SLOT } }],
  ['a slot without a key', { revision_content_slots: { main: { ...SLOT, content_body: undefined } } }],
  ['a slot with another key', { revision_content_slots: { main: { ...SLOT, text: '' } } }],
  ['another slot that is none', { revision_content_slots: { main: SLOT, mediainfo: null } }],
];

describe('the schema of a row', () => {
  for (const [what, change] of REFUSED)
    it(`refuses ${what}`, () => assert.equal(rowSchema.safeParse({ ...ROW, ...change }).success, false));

  it('takes a row, other roles, and a sum beyond 2^53', () => {
    const slots = { main: SLOT, mediainfo: { ...SLOT, content_size: null } };
    const odd = { ...ROW, revision_content_slots: slots, revision_size: 2 ** 53 + 2 };
    assert.deepEqual(rowSchema.parse(ROW), ROW);
    assert.deepEqual(rowSchema.parse(odd), odd);
    for (const plain_text of ['', null])
      assert.deepEqual(rowSchema.parse({ ...ROW, plain_text }), { ...ROW, plain_text });
  });

  it('has the same type as the published one, and the same keys as JSON Schema, in order', () => {
    assert.ok(sameType && sameKeys);
    const { required, properties, additionalProperties } = rowJsonSchema();
    assert.deepEqual(required, Object.keys(ROW));
    assert.deepEqual(Object.keys(properties ?? {}), [...Object.keys(ROW), ...TEXT_COLUMNS]);
    assert.equal(additionalProperties, false);
  });
});
