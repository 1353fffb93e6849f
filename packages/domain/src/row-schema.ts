import { z } from 'zod';
import { ROWS_VERSION } from './plan.js';

/** Integers of a dump have at most 15 digits, so they are exact in every reader. */
const LARGEST = 999_999_999_999_999;
const ROLE = '^[a-z][a-z0-9_-]*$';

const integer = (description: string) => z.int().min(-LARGEST).max(LARGEST).describe(description);
const integerOrNull = (description: string) => z.int().min(-LARGEST).max(LARGEST).nullable().describe(description);
const text = (description: string) => z.string().describe(description);
const textOrNull = (description: string) => z.string().nullable().describe(description);
const listOrNull = <T extends z.ZodType>(description: string, entry: T) =>
  z.array(entry).nullable().describe(description);
const flag = (description: string) => z.boolean().describe(description);

const slotSchema = z
  .strictObject({
    content_body: textOrNull('The text; null where it is deleted, where there is none, and in a stub'),
    content_format: textOrNull('As the dump says it: text/x-wiki'),
    content_model: textOrNull('As the dump says it: wikitext'),
    content_sha1: textOrNull('As the dump says it, in base 36; null where it is missing or empty'),
    content_size: z
      .int()
      .min(0)
      .max(LARGEST)
      .nullable()
      .describe('Bytes as the dump says them, else the UTF-8 length of the body; null without a body'),
    origin_rev_id: integerOrNull('The revision that the content is from'),
  })
  .meta({ id: 'slot', description: 'A slot of a revision' });

/**
 * A row of version `ROWS_VERSION`: what every line of a file of rows is (docs/rows.md), keys in this order. It is what
 * `schema/` is made of; a test holds the converter to it. Titles are counted in characters here, in UTF-16 units there.
 */
export const rowSchema = z
  .strictObject({
    wiki_id: text("The wiki's database name; unknown where neither file nor run says it"),
    page_id: integer('The id of the page'),
    page_namespace_id: integerOrNull('The namespace; null before export-0.6, which has none'),
    page_title: z.string().max(2048).describe('With its namespace prefix and spaces'),
    page_redirect_target: z
      .string()
      .max(2048)
      .nullable()
      .describe('The title redirected to; empty where the dump does not say it; null where the page is no redirect'),
    user_id: integerOrNull('Null for an address and for a hidden user'),
    user_text: textOrNull('A name or an address; null for a hidden user'),
    user_is_visible: flag('False where the user is hidden or missing'),
    revision_id: integer('The id of the revision'),
    revision_parent_id: integerOrNull('The revision before it; null where there is none'),
    revision_dt: text('As it stands in the dump: 2006-12-13T03:07:14Z'),
    revision_is_minor_edit: flag('Whether it is marked as minor'),
    revision_comment: textOrNull('Empty where there is none; null where it is hidden'),
    revision_comment_is_visible: flag('False where the comment is hidden'),
    revision_sha1: textOrNull('As the dump says it, in base 36; null where it is missing or empty'),
    // a sum may pass 2^53, where an integer is a multiple of 1 all the same
    revision_size: z
      .number()
      .multipleOf(1)
      .min(0)
      .nullable()
      .describe("Bytes: the sum of the slots' content_size; null where one is null"),
    revision_content_slots: z
      .object({ main: slotSchema })
      .catchall(slotSchema)
      .refine((slots) => Object.keys(slots).every((role) => new RegExp(ROLE).test(role)), {
        error: `expected roles of the form ${ROLE}`,
      })
      .meta({ description: 'Role to slot, main first', propertyNames: { pattern: ROLE } }),
    revision_content_is_visible: flag('False where the text of the main slot is deleted'),
    // only in rows of a run that asked for them; null where the main slot is no wikitext, is a redirect, or was refused
    plain_text: textOrNull('The text of the main slot without markup').exactOptional(),
    sections: listOrNull(
      'The plain text by sections, the lead first, as level 0',
      z.strictObject({
        level: integer('2 for a heading == of this kind =='),
        title: text('Empty for the lead'),
        text: text('Without the text of subsections'),
      }),
    ).exactOptional(),
    links: listOrNull(
      'Links to pages, in their order',
      z.strictObject({
        target: text('The title'),
        anchor: textOrNull('The section; null where the link names none'),
        label: text('What is shown; empty where the link stands in what the text leaves out'),
      }),
    ).exactOptional(),
    categories: listOrNull(
      'Categories, in their order',
      z.strictObject({ name: text('Without its namespace'), sort_key: textOrNull('Null where there is none') }),
    ).exactOptional(),
    templates: listOrNull(
      'Templates that were called, in the order of their first calls',
      z.strictObject({
        name: text('Without its namespace'),
        count: integer('How often'),
        rendered: integer('How often of these it was rendered to text'),
      }),
    ).exactOptional(),
    markdown: textOrNull('The text of the main slot as Markdown').exactOptional(),
  })
  .meta({
    title: `A row of Wikifleet, version ${ROWS_VERSION}`,
    description: 'One revision of a page; one line of a JSON Lines file',
  });

/**
 * The row as JSON Schema (draft 2020-12), with `type: [T, "null"]` for what may be null and `type: "integer"` for multiples
 * of 1, as tools that make columns of it expect.
 */
export function rowJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(rowSchema, {
    override: ({ jsonSchema }) => {
      const [value, nothing, ...others] = jsonSchema.anyOf ?? [];
      if (value?.type !== undefined && nothing?.type === 'null' && others.length === 0) {
        delete jsonSchema.anyOf;
        const { description } = jsonSchema;
        delete jsonSchema.description;
        Object.assign(
          jsonSchema,
          value,
          { type: [value.type, 'null'] },
          description === undefined ? {} : { description },
        );
      }
      if (jsonSchema.type === 'number' && jsonSchema.multipleOf === 1) {
        jsonSchema.type = 'integer';
        delete jsonSchema.multipleOf;
      }
    },
  });
}
