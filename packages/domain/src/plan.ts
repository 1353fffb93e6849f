import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { checkDigest, digestOf, sha256Schema } from './digest.js';
import { COMPRESSIONS, COMPRESSIONS_OF, FORMATS } from './formats.js';
import type { Compression, Format } from './formats.js';
import { isName, nameSchema } from './names.js';
import { EVERY_PAGE, pageFilterSchema } from './page-filter.js';
import { COLUMN_NAMES } from './row-columns.js';
import { runSchema } from './run.js';
import { TEXT_COLUMNS, TEXT_EXTRAS } from './text-columns.js';

/** The version of the row format (docs/rows.md). A receipt of another version does not fit. */
export const ROWS_VERSION = 1;

/**
 * The version of the bytes of parts, page indexes and quarantine objects. It goes up with every change of the code after
 * which the same split becomes other bytes (`bytes-of-parts.test.ts` fails then): a plan fixes it, so that two builds
 * never write different bytes under one key.
 */
export const PARTS_VERSION = 2;

export { COMPRESSIONS, COMPRESSIONS_OF, FORMATS };
export type { Compression, Format };

/** Rows on their way to a file. */
export interface RowsFormat {
  readonly format: Format;
  readonly compression: Compression;
}

/** Why a format and a compression do not go together; null where they do. */
export function formatProblem({ format, compression }: RowsFormat): string | null {
  const known = COMPRESSIONS_OF[format];
  if (known.includes(compression)) return null;
  return `${format} has the compressions ${known.join(', ')}; received ${compression}`;
}

const HEX_DIGITS = { md5: 32, sha1: 40, sha256: 64 } as const;

/** A checksum that the mirror's catalogue gives for a file; `value` in lower-case hex. */
export const checksumSchema = z
  .strictObject({ algorithm: z.enum(['md5', 'sha1', 'sha256']), value: z.string().regex(/^[0-9a-f]+$/) })
  .refine((c) => c.value.length === HEX_DIGITS[c.algorithm], { error: 'the length does not fit the algorithm' });

export type Checksum = z.infer<typeof checksumSchema>;

/** 2^53 - 1 bounds every size, so that no position is ever rounded. */
export const sizeSchema = z.number().int().nonnegative();

/** A path below a mirror's root: names joined by `/`, without one at the beginning. */
export const mirrorPathSchema = z
  .string()
  .max(1000)
  .refine((path) => path.split('/').every(isName), { error: 'expected names joined by "/"' });

/** One dump file of a run. `size` in bytes and `checksum` are null where the catalogue does not say. */
export const planFileSchema = z.strictObject({
  file: nameSchema,
  path: mirrorPathSchema,
  size: sizeSchema.nullable(),
  checksum: checksumSchema.nullable(),
});

export type PlanFile = z.infer<typeof planFileSchema>;

/** Who says that the list of files is complete; for `listing` nobody does. */
export const VOUCHERS = ['dumpstatus', 'sha256sums', 'listing'] as const;
export const voucherSchema = z.enum(VOUCHERS);
export type Voucher = z.infer<typeof voucherSchema>;

/** The first 16 hex digits of the plan's digest. */
export const planIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hex digits');

/** Compressed bytes of a split, where nobody says otherwise. */
export const DEFAULT_SPLIT_BYTES = 32 * 1024 * 1024;

/** Everything else that shapes the bytes of the result. */
export const settingsSchema = z
  .strictObject({
    splitBytes: z.number().int().positive(),
    format: z.enum(FORMATS),
    compression: z.enum(COMPRESSIONS),
    rowsVersion: z.number().int(),
    partsVersion: z.number().int(),
    ...pageFilterSchema.shape,
    /** Columns made of the wikitext, in the order of TEXT_COLUMNS. */
    extract: z.array(z.enum(TEXT_COLUMNS)).refine((list) => isSubsequence(list, TEXT_COLUMNS), {
      error: `expected columns in this order, none twice: ${TEXT_COLUMNS.join(', ')}`,
    }),
    /** What their texts keep beside prose, in the order of TEXT_EXTRAS. */
    keepInText: z.array(z.enum(TEXT_EXTRAS)).refine((list) => isSubsequence(list, TEXT_EXTRAS), {
      error: `expected words in this order, none twice: ${TEXT_EXTRAS.join(', ')}`,
    }),
    /** The only columns of the rows beside KEY_COLUMNS, in the order of the rows; null: all. */
    columns: z
      .array(z.string().max(100))
      .refine((list) => isSubsequence(list, COLUMN_NAMES), {
        error: 'expected columns in the order of rows, none twice',
      })
      .nullable(),
    /** There where the run's wiki is that of all rows, whatever `dbname` the dump names. */
    wikiOverrides: z.literal(true).optional(),
  })
  .superRefine((settings, context) => {
    const message = formatProblem(settings);
    if (message !== null) context.addIssue({ code: 'custom', path: ['compression'], message });
  });

/** Whether `list` has some of the words of `all`, in their order, none twice. */
function isSubsequence(list: readonly string[], all: readonly string[]): boolean {
  let at = -1;
  for (const word of list) {
    const place = all.indexOf(word);
    if (place <= at) return false;
    at = place;
  }
  return true;
}

export type Settings = z.infer<typeof settingsSchema>;

/** The settings of a plan that is seeded without flags. */
export const DEFAULT_SETTINGS = {
  splitBytes: DEFAULT_SPLIT_BYTES,
  format: 'jsonl',
  compression: 'gzip',
  rowsVersion: ROWS_VERSION,
  partsVersion: PARTS_VERSION,
  ...EVERY_PAGE,
  extract: [],
  keepInText: [],
  columns: null,
} as const satisfies Settings;

/** As many plans of one run may follow each other. */
export const MAX_SUPERSEDED_PLANS = 10_000;

const planContentSchema = z.strictObject({
  run: runSchema,
  vouchedBy: voucherSchema,
  settings: settingsSchema,
  files: z
    .array(planFileSchema)
    .min(1)
    .max(100_000)
    .superRefine((files, context) => {
      const seen = new Set<string>();
      for (const [at, { file }] of files.entries()) {
        if (seen.has(file)) context.addIssue({ code: 'custom', path: [at, 'file'], message: `${file} is there twice` });
        seen.add(file);
      }
    }),
  /** The ids of all plans of the run before this one: what they wrote is obsolete for ever, and may be deleted. */
  supersedes: z.array(planIdSchema).max(MAX_SUPERSEDED_PLANS),
  /** Random, so that two plans of the same content have different ids. */
  nonce: z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hex digits'),
});

export type PlanContent = z.infer<typeof planContentSchema>;

/** `plan.json`: written once, it fixes everything that shapes the result of a run. Its digest seals its content. */
export const planSchema = z
  .strictObject({ version: z.literal(2), planId: planIdSchema, digest: sha256Schema, ...planContentSchema.shape })
  .superRefine(({ planId, digest, run, vouchedBy, settings, files, supersedes, nonce }, context) => {
    checkDigest({ digest, sealed: { run, vouchedBy, settings, files, supersedes, nonce } }, context);
    if (planId !== digest.slice(0, planId.length)) {
      context.addIssue({ code: 'custom', path: ['planId'], message: "expected the first digits of the plan's digest" });
    }
  });

export type Plan = z.infer<typeof planSchema>;

/** A plan of this content, which is not validated here. */
export function sealPlan(content: Omit<PlanContent, 'nonce'> & { readonly nonce?: string }): Plan {
  const { run, vouchedBy, settings, files, supersedes, nonce = randomBytes(8).toString('hex') } = content;
  const sealed = { run, vouchedBy, settings, files, supersedes, nonce };
  const digest = digestOf(sealed);
  return { version: 2, planId: digest.slice(0, 16), digest, ...sealed };
}

/** What of a plan shapes the result. */
type PlanShape = Pick<Plan, 'run' | 'vouchedBy' | 'settings' | 'files'>;

/** What two plans of one run differ in, a line each; empty where both lead to the same result. */
export function differencesOfPlans(old: PlanShape, made: PlanShape): string[] {
  const lines: string[] = [];
  const compare = (what: string, a: unknown, b: unknown): void => {
    const [before, after] = [JSON.stringify(a ?? null), JSON.stringify(b ?? null)];
    if (before !== after) lines.push(`${what}: the plan has ${before}, now it would be ${after}`);
  };
  compare('run', old.run, made.run);
  compare('vouchedBy', old.vouchedBy, made.vouchedBy);
  const keys = new Set([...Object.keys(old.settings), ...Object.keys(made.settings)]);
  for (const key of keys as Set<keyof Settings>) {
    compare(key, old.settings[key], made.settings[key]);
  }
  const before = new Map(old.files.map((file) => [file.file, file]));
  const after = new Map(made.files.map((file) => [file.file, file]));
  for (const [name, file] of before) {
    const other = after.get(name);
    if (other === undefined) lines.push(`${name}: in the plan, no longer in the catalogue`);
    else {
      compare(`${name}: path`, file.path, other.path);
      compare(`${name}: size`, file.size, other.size);
      compare(`${name}: checksum`, file.checksum, other.checksum);
    }
  }
  for (const name of after.keys()) if (!before.has(name)) lines.push(`${name}: new in the catalogue, not in the plan`);
  return lines;
}
