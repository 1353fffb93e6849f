import { z } from 'zod';
import { checkDigest, digestOf, sha256Schema } from './digest.js';
import { repairIdSchema, splitSchema } from './jobs.js';
import { nameSchema } from './names.js';
import { checksumSchema, planIdSchema, settingsSchema, sizeSchema, voucherSchema } from './plan.js';
import type { Plan, PlanFile } from './plan.js';
import { descentsOf, descentsSchema } from './page-order.js';
import {
  countsSchema,
  hostSchema,
  pageIdsOf,
  pageIdsSchema,
  storedObjectSchema,
  sumCounts,
  timeSchema,
} from './receipts.js';
import type { Counts, RawResult, SplitResult } from './receipts.js';
import { runSchema } from './run.js';
import { MAX_TEMPLATE_NAMES, MAX_TEMPLATES_OF_A_RUN, mostFrequentTemplates } from './text-columns.js';

/** When and where it was closed: outside of the proof, as in a receipt. */
const closedSchema = z.object({ closedAt: timeSchema, host: hostSchema }).nullable().catch(null);

/** A file that is complete: all its splits are converted, and join. Each digest is that of the object it comes from. */
export const fileResultSchema = z.strictObject({
  planId: planIdSchema,
  run: runSchema,
  file: nameSchema,
  size: sizeSchema,
  sha256: sha256Schema,
  /** What the mirror's catalogue said, and we found to be so; null where it said nothing. */
  upstreamChecksum: checksumSchema.nullable(),
  /** The digest of the raw object record's result. */
  rawRecord: sha256Schema,
  /** The digests of the receipts' results, in the order of the splits. */
  receipts: z.array(sha256Schema),
  counts: countsSchema,
  /** How often page ids do not ascend, and the first such place. */
  pageOrder: descentsSchema,
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
});

export type FileManifestResult = z.infer<typeof fileResultSchema>;
export type ManifestPart = FileManifestResult['parts'][number];

/** A repair that is under way: the file is closed again when the receipts of these splits name it. */
const pendingRepairSchema = z.strictObject({ id: repairIdSchema, splits: z.array(z.number().int().nonnegative()) });
export type PendingRepair = z.infer<typeof pendingRepairSchema>;

const revokedSchema = z.strictObject({
  version: z.literal(2),
  state: z.literal('revoked'),
  repairs: z.array(pendingRepairSchema),
  /** Random: no two revocations are the same bytes, so that a conditional write notices each. */
  nonce: z.string().max(64),
});

/** A manifest that a repair took back: it says nothing but what must be done before the next one is written. */
export type RevokedManifest = z.infer<typeof revokedSchema>;

function manifestSchemaOf<T extends z.ZodType>(result: T) {
  const closed = z
    .strictObject({
      version: z.literal(2),
      state: z.literal('closed'),
      digest: sha256Schema,
      result,
      run: closedSchema,
    })
    .superRefine((manifest: { digest: string; result?: unknown }, context) =>
      checkDigest({ digest: manifest.digest, sealed: manifest.result }, context),
    );
  return z.discriminatedUnion('state', [closed, revokedSchema]);
}

export const fileManifestSchema = manifestSchemaOf(fileResultSchema);
export type FileManifest = z.infer<typeof fileManifestSchema>;

/** A run that is complete: every file of its plan has a manifest. */
export const runResultSchema = z.strictObject({
  planId: planIdSchema,
  /** The plan's digest. */
  plan: sha256Schema,
  run: runSchema,
  /** `listing`: no catalogue confirms that the list of files is complete. */
  vouchedBy: voucherSchema,
  settings: settingsSchema,
  counts: countsSchema,
  files: z.array(
    z.strictObject({
      file: nameSchema,
      /** The digest of the file manifest's result. */
      manifest: sha256Schema,
      size: sizeSchema,
      sha256: sha256Schema,
      upstreamChecksum: checksumSchema.nullable(),
      pages: z.number().int(),
      rows: z.number().int(),
      quarantined: z.number().int(),
      filteredPages: z.number().int(),
      /** Of its manifest. */
      pageOrder: descentsSchema,
      parts: z.number().int(),
      pageIds: pageIdsSchema,
    }),
  ),
});

export type RunManifestResult = z.infer<typeof runResultSchema>;

export const runManifestSchema = manifestSchemaOf(runResultSchema);
export type RunManifest = z.infer<typeof runManifestSchema>;

/** The manifest of something that is complete. */
export function sealManifest<T>(result: T, run: z.infer<typeof closedSchema>) {
  return { version: 2, state: 'closed', digest: digestOf(result), result, run: closedSchema.parse(run) } as const;
}

/** Only the most frequent templates by name. */
function withFewerNames(counts: Counts, most: number): Counts {
  return { ...counts, ...mostFrequentTemplates(counts, most) };
}

/** The manifest of a file: a pure function of its plan, record and receipts' results, which must be all there and join. */
export function fileManifestResult(
  plan: Plan,
  file: PlanFile,
  raw: RawResult,
  results: readonly SplitResult[],
): FileManifestResult {
  const [first] = results;
  if (first === undefined) throw new RangeError(`${file.file}: a file has at least one split`);
  return {
    planId: plan.planId,
    run: plan.run,
    file: file.file,
    size: first.object.size,
    sha256: first.object.sha256,
    upstreamChecksum: file.checksum,
    rawRecord: digestOf(raw),
    receipts: results.map(digestOf),
    counts: withFewerNames(sumCounts(results.map((result) => result.counts)), MAX_TEMPLATE_NAMES),
    pageOrder: descentsOf(results.map(({ sequence }) => sequence.pageOrder)),
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
    plan: plan.digest,
    run: plan.run,
    vouchedBy: plan.vouchedBy,
    settings: plan.settings,
    counts: withFewerNames(sumCounts(files.map((file) => file.counts)), MAX_TEMPLATES_OF_A_RUN),
    files: files.map((result) => ({
      file: result.file,
      manifest: digestOf(result),
      size: result.size,
      sha256: result.sha256,
      upstreamChecksum: result.upstreamChecksum,
      pages: result.counts.pages,
      rows: result.counts.rows,
      quarantined: result.counts.quarantined,
      filteredPages: result.counts.filteredPages,
      pageOrder: result.pageOrder,
      parts: result.parts.length,
      pageIds: pageIdsOf(result.parts.map((part) => part.pageIds)),
    })),
  };
}
