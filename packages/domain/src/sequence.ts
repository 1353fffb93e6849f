import { z } from 'zod';
import { pageOrderSchema } from './page-order.js';
import { streamChecksumsSchema } from './stream-checksums.js';

/** What a receipt has to show that its blocks and pages follow each other as they were written. */
export const sequenceSchema = z.strictObject({
  /** Null where the split owns no bzip2 block. */
  streams: streamChecksumsSchema.nullable(),
  /** Null where the split has no page with an id. */
  pageOrder: pageOrderSchema.nullable(),
});

export type Sequence = z.infer<typeof sequenceSchema>;

export const NO_SEQUENCE: Sequence = { streams: null, pageOrder: null };
