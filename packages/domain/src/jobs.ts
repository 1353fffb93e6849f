import { z } from 'zod';
import { sha256Schema } from './digest.js';
import { PermanentError } from './errors.js';
import { nameSchema } from './names.js';
import { planFileSchema, planIdSchema, settingsSchema, sizeSchema } from './plan.js';
import type { Plan, PlanFile } from './plan.js';
import { runSchema } from './run.js';

/** Marks the jobs of one repair: a converter replaces what is there instead of trusting it. */
export const repairIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hex digits');

/** A list of splits must fit into a message; what is longer is `all`. */
export const MAX_REPAIRED_SPLITS = 2000;

const splitIndexSchema = z.number().int().min(0).max(99_998);

/** What of a file a repair makes anew. Its manifests count as revoked from then on until all of that is done. */
export const fileRepairSchema = z.strictObject({
  id: repairIdSchema,
  /** Splits to be converted again; with none, only the manifests are written anew. */
  splits: z.union([z.literal('all'), z.array(splitIndexSchema).max(MAX_REPAIRED_SPLITS)]),
  /** Whether the raw object is damaged, and is to be downloaded again. */
  refetch: z.boolean(),
});

export type FileRepair = z.infer<typeof fileRepairSchema>;

/** Move one dump file from a mirror to S3, then enqueue its splits. */
export const downloadJobSchema = z.strictObject({
  version: z.literal(1),
  type: z.literal('download'),
  planId: planIdSchema,
  run: runSchema,
  ...planFileSchema.shape,
  repair: fileRepairSchema.nullable().default(null),
});

export type DownloadJob = z.infer<typeof downloadJobSchema>;

/** As many as five digits number in the names of parts and receipts. */
export const MAX_SPLITS = 99_999;

/** A range of compressed bytes `[start, end)` of the raw object: split `index` of `count`. */
export const splitSchema = z
  .strictObject({
    index: z
      .number()
      .int()
      .min(0)
      .max(MAX_SPLITS - 1),
    count: z.number().int().min(1).max(MAX_SPLITS),
    start: sizeSchema,
    end: sizeSchema,
  })
  .refine((split) => split.index < split.count && split.start <= split.end, {
    error: 'expected index < count and start <= end',
  });

export type Split = z.infer<typeof splitSchema>;

/** The raw object a split is cut from: its size in bytes, and the SHA-256 of all of it. */
export const rawObjectSchema = z.strictObject({ size: sizeSchema, sha256: sha256Schema });

export type RawObject = z.infer<typeof rawObjectSchema>;

/** Turn one split into a part of rows and a receipt, then close what is complete. */
export const convertJobSchema = z.strictObject({
  version: z.literal(1),
  type: z.literal('convert'),
  planId: planIdSchema,
  run: runSchema,
  file: nameSchema,
  split: splitSchema,
  object: rawObjectSchema,
  settings: settingsSchema,
  /** The repair that the job belongs to; null for none. */
  repair: repairIdSchema.nullable().default(null),
});

export type ConvertJob = z.infer<typeof convertJobSchema>;

/** A message body may have this many characters; a job has a few hundred. */
export const MAX_JOB_CHARACTERS = 16_384;

function malformed(type: string, reason: string, cause?: unknown): PermanentError {
  return new PermanentError('JOB_MALFORMED', `a message is no ${type} job: ${reason}`, {
    cause,
    expected: `${type} job, version 1`,
  });
}

function parseJob<T>(schema: z.ZodType<T>, type: string, body: string): T {
  if (body.length > MAX_JOB_CHARACTERS) {
    throw malformed(type, `expected at most ${MAX_JOB_CHARACTERS} characters, received ${body.length}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw malformed(type, 'its body is not JSON', error);
  }
  return checkJob(schema, type, value);
}

function checkJob<T>(schema: z.ZodType<T>, type: string, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // an issue repeats what it does not know, whose length is a stranger's choice
  const issues = result.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`.slice(0, 200));
  throw malformed(type, issues.join('; '));
}

/** Reads and validates a message body; throws `JOB_MALFORMED` (never worth a retry). */
export function parseDownloadJob(body: string): DownloadJob {
  return parseJob(downloadJobSchema, 'download', body);
}

/** Reads and validates a message body; throws `JOB_MALFORMED` (never worth a retry). */
export function parseConvertJob(body: string): ConvertJob {
  return parseJob(convertJobSchema, 'convert', body);
}

/** The job's message body; validated here too, so that no program enqueues what another one will refuse. */
export function serializeJob(job: DownloadJob | ConvertJob): string {
  // the job itself, not its JSON, where NaN has become null
  if (job.type === 'download') return JSON.stringify(checkJob(downloadJobSchema, job.type, job));
  return JSON.stringify(checkJob(convertJobSchema, job.type, job));
}

export function downloadJobOf(plan: Plan, file: PlanFile, repair: FileRepair | null = null): DownloadJob {
  return { version: 1, type: 'download', planId: plan.planId, run: plan.run, ...file, repair };
}

/**
 * The splits of a raw object: max(1, ceil(size / splitBytes)) ranges, or one where `splitBytes` is null. Throws
 * `TOO_MANY_SPLITS` where their numbers would not fit into the names of parts.
 */
export function splitsOf(size: number, splitBytes: number | null): Split[] {
  if (splitBytes === null || size <= splitBytes) return [{ index: 0, count: 1, start: 0, end: size }];
  const count = Math.ceil(size / splitBytes);
  if (count > MAX_SPLITS) {
    throw new PermanentError(
      'TOO_MANY_SPLITS',
      `expected at most ${MAX_SPLITS} splits a file, received ${count}: ${size} bytes in splits of ${splitBytes}`,
      { expected: `at most ${MAX_SPLITS} splits`, received: `${count} splits` },
    );
  }
  return Array.from({ length: count }, (_, index) => ({
    index,
    count,
    start: index * splitBytes,
    end: Math.min(size, (index + 1) * splitBytes),
  }));
}

export function convertJobOf(
  plan: Plan,
  file: string,
  split: Split,
  object: RawObject,
  repair: string | null = null,
): ConvertJob {
  const { planId, run, settings } = plan;
  const { size, sha256 } = object;
  return { version: 1, type: 'convert', planId, run, file, split, object: { size, sha256 }, settings, repair };
}
