import { z } from 'zod';
import { PermanentError } from './errors.js';
import { nameSchema } from './names.js';
import { planFileSchema, planIdSchema, settingsSchema, sizeSchema } from './plan.js';
import type { Plan, PlanFile } from './plan.js';
import { runSchema } from './run.js';

/** Move one dump file from a mirror to S3, then enqueue its splits. */
export const downloadJobSchema = z.strictObject({
  version: z.literal(1),
  type: z.literal('download'),
  planId: planIdSchema,
  run: runSchema,
  ...planFileSchema.shape,
});

export type DownloadJob = z.infer<typeof downloadJobSchema>;

/** A range of compressed bytes `[start, end)` of the raw object: split `index` of `count`. */
export const splitSchema = z
  .strictObject({
    index: z.number().int().min(0).max(99_998),
    count: z.number().int().min(1).max(99_999),
    start: sizeSchema,
    end: sizeSchema,
  })
  .refine((split) => split.index < split.count && split.start <= split.end, {
    error: 'expected index < count and start <= end',
  });

export type Split = z.infer<typeof splitSchema>;

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');

/** The raw object a split is cut from: its size in bytes, the SHA-256 of all of it, and the attempt that wrote it. */
export const rawObjectSchema = z.strictObject({
  size: sizeSchema,
  sha256: sha256Schema,
  attemptId: z.string().regex(/^[0-9a-f-]{8,64}$/),
});

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
});

export type ConvertJob = z.infer<typeof convertJobSchema>;

/** A message body may have this many characters; a job has a few hundred. */
export const MAX_JOB_CHARACTERS = 16_384;

function parseJob<T>(schema: z.ZodType<T>, type: string, body: string): T {
  const fail = (reason: string, cause?: unknown): PermanentError =>
    new PermanentError('JOB_MALFORMED', `a message is no ${type} job: ${reason}`, {
      cause,
      expected: `${type} job, version 1`,
    });
  if (body.length > MAX_JOB_CHARACTERS) {
    throw fail(`expected at most ${MAX_JOB_CHARACTERS} characters, received ${body.length}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw fail('its body is not JSON', error);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw fail(
    result.error.issues
      .slice(0, 5)
      .map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`)
      .join('; '),
  );
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
  const body = JSON.stringify(job);
  if (job.type === 'download') parseDownloadJob(body);
  else parseConvertJob(body);
  return body;
}

export function downloadJobOf(plan: Plan, file: PlanFile): DownloadJob {
  return { version: 1, type: 'download', planId: plan.planId, run: plan.run, ...file };
}

/** The splits of a raw object: max(1, ceil(size / splitBytes)) ranges, or one where `splitBytes` is null. */
export function splitsOf(size: number, splitBytes: number | null): Split[] {
  if (splitBytes === null || size <= splitBytes) return [{ index: 0, count: 1, start: 0, end: size }];
  const count = Math.ceil(size / splitBytes);
  return Array.from({ length: count }, (_, index) => ({
    index,
    count,
    start: index * splitBytes,
    end: Math.min(size, (index + 1) * splitBytes),
  }));
}

export function convertJobOf(plan: Plan, file: string, split: Split, object: RawObject): ConvertJob {
  return {
    version: 1,
    type: 'convert',
    planId: plan.planId,
    run: plan.run,
    file,
    split,
    object,
    settings: plan.settings,
  };
}
