import { z } from 'zod';
import { sha256Schema, splitSchema } from './jobs.js';
import { nameSchema } from './names.js';
import { checksumSchema, planIdSchema, settingsSchema, sizeSchema, voucherSchema } from './plan.js';
import type { Plan, PlanFile } from './plan.js';
import { countsSchema, pageIdsOf, pageIdsSchema, storedObjectSchema, sumCounts } from './receipts.js';
import type { SplitResult } from './receipts.js';
import { runSchema } from './run.js';

const closedSchema = z.strictObject({ closedAt: z.iso.datetime(), host: z.string() });

/** A file that is whole: all its splits are converted, and join. */
export const fileManifestSchema = z.strictObject({
  version: z.literal(1),
  result: z.strictObject({
    planId: planIdSchema,
    run: runSchema,
    file: nameSchema,
    size: sizeSchema,
    sha256: sha256Schema,
    /** What the mirror's catalogue said, and we found to be so; null where it said nothing. */
    upstreamChecksum: checksumSchema.nullable(),
    counts: countsSchema,
    parts: z.array(
      storedObjectSchema.extend({
        split: splitSchema,
        rows: z.number().int(),
        pages: z.number().int(),
        pageIds: pageIdsSchema,
        /** Of its index; 0 where it has none. */
        indexBytes: sizeSchema,
      }),
    ),
    quarantine: z.array(storedObjectSchema),
  }),
  run: closedSchema,
});

export type FileManifest = z.infer<typeof fileManifestSchema>;
export type FileManifestResult = FileManifest['result'];
export type ManifestPart = FileManifestResult['parts'][number];

/** A run that is done: every file of its plan has a manifest. */
export const runManifestSchema = z.strictObject({
  version: z.literal(1),
  result: z.strictObject({
    planId: planIdSchema,
    run: runSchema,
    /** `listing`: nobody vouched that the list of files is complete. */
    vouchedBy: voucherSchema,
    settings: settingsSchema,
    counts: countsSchema,
    files: z.array(
      z.strictObject({
        file: nameSchema,
        size: sizeSchema,
        sha256: sha256Schema,
        upstreamChecksum: checksumSchema.nullable(),
        pages: z.number().int(),
        rows: z.number().int(),
        quarantined: z.number().int(),
        filteredPages: z.number().int(),
        parts: z.number().int(),
        pageIds: pageIdsSchema,
      }),
    ),
  }),
  run: closedSchema,
});

export type RunManifest = z.infer<typeof runManifestSchema>;
export type RunManifestResult = RunManifest['result'];

/** The manifest of a file: a pure function of its plan and its receipts' results, which must be all there and join. */
export function fileManifestResult(plan: Plan, file: PlanFile, results: readonly SplitResult[]): FileManifestResult {
  const [first] = results;
  if (first === undefined) throw new RangeError(`${file.file}: a file has at least one split`);
  return {
    planId: plan.planId,
    run: plan.run,
    file: file.file,
    size: first.object.size,
    sha256: first.object.sha256,
    upstreamChecksum: file.checksum,
    counts: sumCounts(results.map((result) => result.counts)),
    parts: results.flatMap(({ part, split, counts: { rows, pages }, members, index }) => {
      const pageIds = pageIdsOf(
        members.map(({ firstPageId, lastPageId }) => ({ first: firstPageId, last: lastPageId })),
      );
      return part === null ? [] : [{ ...part, split, rows, pages, pageIds, indexBytes: index?.size ?? 0 }];
    }),
    quarantine: results.flatMap(({ quarantine }) => (quarantine === null ? [] : [quarantine])),
  };
}

/** The manifest of a run: a pure function of its plan and the manifests of all its files. */
export function runManifestResult(plan: Plan, files: readonly FileManifestResult[]): RunManifestResult {
  return {
    planId: plan.planId,
    run: plan.run,
    vouchedBy: plan.vouchedBy,
    settings: plan.settings,
    counts: sumCounts(files.map((file) => file.counts)),
    files: files.map(({ file, size, sha256, upstreamChecksum, counts, parts }) => ({
      file,
      size,
      sha256,
      upstreamChecksum,
      pages: counts.pages,
      rows: counts.rows,
      quarantined: counts.quarantined,
      filteredPages: counts.filteredPages,
      parts: parts.length,
      pageIds: pageIdsOf(parts.map((part) => part.pageIds)),
    })),
  };
}
