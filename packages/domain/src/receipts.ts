import { z } from 'zod';
import { checkDigest, digestOf, sha256Schema } from './digest.js';
import { repairIdSchema, splitSchema } from './jobs.js';
import { nameSchema, wikiNameSchema } from './names.js';
import { checksumSchema, planIdSchema, sizeSchema } from './plan.js';
import type { Plan } from './plan.js';
import { runSchema } from './run.js';
import { sequenceSchema } from './sequence.js';
import { sumTemplates } from './text-columns.js';

const count = z.number().int().nonnegative();

/** A place in the decompressed bytes: the bit position of its block in the raw object, and the byte offset in that block. */
export const positionSchema = z.strictObject({ block: count, offset: count });
export type Position = z.infer<typeof positionSchema>;

/** What stands behind a split's last page, or behind the head: a `<page>`, the `</mediawiki>`, or nothing at all. */
export const followerSchema = z.enum(['page', 'end-tag', 'nothing']);
export type Follower = z.infer<typeof followerSchema>;

/** The bytes before the first `<page>`, as every split reads them. */
export const headSchema = z.strictObject({
  /** The first block after any empty streams; null in a file without blocks to decode. */
  firstBlock: count.nullable(),
  bytes: count,
  end: positionSchema,
  followedBy: followerSchema,
  /** Whether it holds `<mediawiki`. */
  hasRoot: z.boolean(),
  dbname: wikiNameSchema.nullable(),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be']),
});

export type Head = z.infer<typeof headSchema>;

/** A compressed member (gzip member, zstd frame), a run of lines or a Parquet row group of a part, from `offset` on, in bytes. */
export const memberSchema = z.strictObject({
  offset: count,
  length: count,
  rows: count,
  /** The lowest and the highest page id of its rows: where ids ascend, as in every dump so far, the first and the last. */
  firstPageId: z.number().int(),
  lastPageId: z.number().int(),
});

export type Member = z.infer<typeof memberSchema>;

export const storedObjectSchema = z.strictObject({ key: z.string().max(1024), size: sizeSchema, sha256: sha256Schema });
export type StoredObject = z.infer<typeof storedObjectSchema>;

export const countsSchema = z.strictObject({
  pages: count,
  rows: count,
  /** Pages without a revision have no row. */
  pagesWithoutRevision: count,
  /** Pages that broke after rows were written. */
  partialPages: count,
  /** Units (a page's head, a revision, bytes outside of pages) that could not be read. */
  quarantined: count,
  /** How many of these have no record in the quarantine, by code: it is full. */
  quarantineDropped: z.record(z.string(), count),
  /** Pages that the plan's filter left out, and their revisions, which nobody read. */
  filteredPages: count,
  filteredRevisions: count,
  /** Pages that a filter of namespaces let pass because the dump does not say theirs; 0 without one. */
  pagesWithoutNamespace: count,
  /** Wikitexts whose columns are null though rows have columns made of them, by `TEXT_REFUSALS`. */
  textsRefused: z.record(z.string(), count),
  /** Pieces of texts that were nested too deep and left out. */
  textsFlattened: count,
  /** Calls of templates in texts, by name, MAX_TEMPLATE_NAMES at most; the others as a sum. */
  templates: z.record(z.string().max(200), z.strictObject({ rendered: count, dropped: count })),
  otherTemplates: z.strictObject({ rendered: count, dropped: count }),
  /** Elements that the rows have no column for, by name. */
  unmapped: z.record(z.string(), count),
});

export type Counts = z.infer<typeof countsSchema>;

/** The lowest and the highest page id of some rows; null where there are no rows. */
export const pageIdsSchema = z.strictObject({ first: z.number().int(), last: z.number().int() }).nullable();
export type PageIds = z.infer<typeof pageIdsSchema>;

/** What a split came to: a function of the job alone, whoever does it and how often. */
export const splitResultSchema = z.strictObject({
  planId: planIdSchema,
  run: runSchema,
  file: nameSchema,
  split: splitSchema,
  object: z.strictObject({ size: sizeSchema, sha256: sha256Schema }),
  rowsVersion: z.number().int(),
  /** Bit positions of the first owned block and of what follows the last one; null where no block is owned. */
  firstBlock: count.nullable(),
  nextBlock: count.nullable(),
  /** Bit positions of magics before the first block that were there by chance. */
  rejectedCandidates: z.array(count),
  firstPage: positionSchema.nullable(),
  nextPage: positionSchema.extend({ is: followerSchema }).nullable(),
  sequence: sequenceSchema,
  head: headSchema,
  counts: countsSchema,
  /** Null where the split has no rows. */
  part: storedObjectSchema.nullable(),
  members: z.array(memberSchema),
  /** Which members hold a title (`page-index.ts`); null where there is no part. */
  index: storedObjectSchema.nullable(),
  quarantine: storedObjectSchema.nullable(),
});

export type SplitResult = z.infer<typeof splitResultSchema>;

/** What informs and proves nothing: a value of another form is read as null, so that it cannot make an object unreadable. */
const informative = <T extends z.ZodType>(schema: T) => schema.nullable().catch(null);
export const timeSchema = informative(z.iso.datetime());
export const hostSchema = informative(z.string().max(255));

/** How it went: differs from attempt to attempt. Null where it was not written, or where a clock or a host gave nonsense. */
export const attemptSchema = informative(
  z.object({
    startedAt: timeSchema,
    finishedAt: timeSchema,
    seconds: informative(z.number().nonnegative()),
    host: hostSchema,
    receiveCount: informative(count),
  }),
);

/**
 * What stands under a receipt's key: the result with its digest, and, outside of the proof, the repairs that it answers
 * and how the last attempt went.
 */
export const receiptSchema = z
  .strictObject({
    version: z.literal(2),
    digest: sha256Schema,
    result: splitResultSchema,
    /** Repairs whose conversion of this split is done. */
    repairs: z.array(repairIdSchema),
    run: attemptSchema,
  })
  .superRefine(({ digest, result }, context) => checkDigest({ digest, sealed: result }, context));
export type Receipt = z.infer<typeof receiptSchema>;

export function sealReceipt(result: SplitResult, run: Receipt['run'], repairs: readonly string[] = []): Receipt {
  return {
    version: 2,
    digest: digestOf(result),
    result,
    repairs: [...new Set(repairs)].sort(),
    run: attemptSchema.parse(run),
  };
}

/** What the bytes of a dump file are, by our own reading of them: fixed for a plan by the first download of the file. */
export const rawResultSchema = z.strictObject({
  planId: planIdSchema,
  run: runSchema,
  file: nameSchema,
  size: sizeSchema,
  sha256: sha256Schema,
  upstreamChecksum: checksumSchema.nullable(),
  /** Bytes of a split; null where the file cannot be cut (no bzip2) or holds one page. */
  splitBytes: z.number().int().positive().nullable(),
  /** The fingerprint of the compressor that the file's parts come from; null where the downloader's runtime lacks it. */
  compressor: z.string().max(100).nullable(),
});

export type RawResult = z.infer<typeof rawResultSchema>;

/** Which object holds the bytes: it changes where an object expires or is damaged, and is downloaded again. */
export const rawAttemptSchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f-]{8,64}$/),
  etag: z.string().max(200),
  mirror: z.string(),
  /** The repair that downloaded it again; null for none. */
  repair: repairIdSchema.nullable(),
  /** Random: a repair writes the record anew before it deletes raw objects that the record does not name. */
  sweep: z.string().max(64).optional(),
});

export type RawAttempt = z.infer<typeof rawAttemptSchema>;

/** The raw object record: written after a raw object is complete. */
export const rawRecordSchema = z
  .strictObject({ version: z.literal(2), digest: sha256Schema, result: rawResultSchema, attempt: rawAttemptSchema })
  .superRefine(({ digest, result }, context) => checkDigest({ digest, sealed: result }, context));

export type RawRecord = z.infer<typeof rawRecordSchema>;

export function sealRawRecord(result: RawResult, attempt: RawAttempt): RawRecord {
  return { version: 2, digest: digestOf(result), result, attempt };
}

/** Why something failed permanently. It counts only while the record, receipt or manifest it stands for is missing. */
export const failureSchema = z.strictObject({
  version: z.literal(1),
  file: nameSchema,
  /** `download`, `file`, or a split as `00003`. */
  stage: z.string(),
  code: z.string(),
  message: z.string(),
  place: z.string().nullable(),
  expected: z.string().nullable(),
  received: z.string().nullable(),
  attempts: count.catch(0),
  /** What was written all the same: whole pages and rows before the place; null where nothing is known. */
  written: z.strictObject({ pages: count, rows: count }).nullable().catch(null),
  at: z.iso.datetime().catch('1970-01-01T00:00:00.000Z'),
  /** When the job was enqueued again; null while nobody has. */
  retriedAt: timeSchema,
});

export type Failure = z.infer<typeof failureSchema>;

const SUM_KEYS = [
  'pages',
  'rows',
  'pagesWithoutRevision',
  'partialPages',
  'quarantined',
  'filteredPages',
  'filteredRevisions',
  'pagesWithoutNamespace',
  'textsFlattened',
] as const;

export function emptyCounts(): Counts {
  return {
    pages: 0,
    rows: 0,
    pagesWithoutRevision: 0,
    partialPages: 0,
    quarantined: 0,
    quarantineDropped: {},
    filteredPages: 0,
    filteredRevisions: 0,
    pagesWithoutNamespace: 0,
    textsRefused: {},
    textsFlattened: 0,
    templates: {},
    otherTemplates: { rendered: 0, dropped: 0 },
    unmapped: {},
  };
}

/** The range that ranges make together. */
export function pageIdsOf(ranges: readonly PageIds[]): PageIds {
  let all: PageIds = null;
  for (const range of ranges) {
    if (range === null) continue;
    all =
      all === null ? { ...range } : { first: Math.min(all.first, range.first), last: Math.max(all.last, range.last) };
  }
  return all;
}

/** The sum of counts; what is counted by name in the order of the names, so that equal sums are equal bytes. */
export function sumCounts(parts: readonly Counts[]): Counts {
  const sum = emptyCounts();
  for (const part of parts) for (const key of SUM_KEYS) sum[key] += part[key];
  sum.quarantineDropped = sumByName(parts.map(({ quarantineDropped }) => quarantineDropped));
  sum.textsRefused = sumByName(parts.map(({ textsRefused }) => textsRefused));
  Object.assign(sum, sumTemplates(parts));
  sum.unmapped = sumByName(parts.map(({ unmapped }) => unmapped));
  return sum;
}

/** The records that a quarantine holds: those that were not dropped. */
export function quarantineRecords({ quarantined, quarantineDropped }: Counts): number {
  return quarantined - Object.values(quarantineDropped).reduce((sum, n) => sum + n, 0);
}

/** The sum of counts by name, in the order of the names. */
export function sumByName(parts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum = new Map<string, number>();
  for (const [name, n] of parts.flatMap((part) => Object.entries(part))) sum.set(name, (sum.get(name) ?? 0) + n);
  return Object.fromEntries([...sum].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether a receipt is that of a split of a file: same plan, same bytes, same range, same versions. */
export function receiptFits(result: SplitResult, plan: Plan, raw: RawResult, split: SplitResult['split']): boolean {
  const received = result.split;
  return (
    result.planId === plan.planId &&
    result.file === raw.file &&
    result.object.size === raw.size &&
    result.object.sha256 === raw.sha256 &&
    received.index === split.index &&
    received.count === split.count &&
    received.start === split.start &&
    received.end === split.end &&
    result.rowsVersion === plan.settings.rowsVersion
  );
}
