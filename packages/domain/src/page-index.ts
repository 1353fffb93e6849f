import { z } from 'zod';
import { splitSchema } from './jobs.js';
import { nameSchema } from './names.js';
import { planIdSchema } from './plan.js';

/** A page and its title. */
const indexedPageSchema = z.tuple([z.number().int(), z.string()]);
export type IndexedPage = z.infer<typeof indexedPageSchema>;

/**
 * Which pages the members of a part hold: beside the receipt, so that one page is found without reading the rows. As an
 * object it has a line a member, in the order of the receipt's `members`; a page whose rows go on in the next member
 * stands in both.
 */
export const pageIndexSchema = z.strictObject({
  version: z.literal(1),
  planId: planIdSchema,
  file: nameSchema,
  split: splitSchema,
  members: z.array(z.array(indexedPageSchema)),
});

export type PageIndex = z.infer<typeof pageIndexSchema>;
export type PageIndexHead = Omit<PageIndex, 'members'>;
