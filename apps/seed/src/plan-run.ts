import { readFile } from 'node:fs/promises';
import { findRun } from '@wikifleet/catalogue/find-run';
import type { CatalogueSource } from '@wikifleet/catalogue/catalogue-source';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import { planFileSchema } from '@wikifleet/domain/plan';
import type { PlanFile, Settings } from '@wikifleet/domain/plan';
import { parseDate, runSchema } from '@wikifleet/domain/run';
import type { Kind, Run } from '@wikifleet/domain/run';
import type { PlanDraft } from '@wikifleet/runs/plans';
import { z } from 'zod';

export interface RunRequest {
  readonly kind: Kind;
  readonly wiki: string;
  /** A date, or `latest`. */
  readonly date: string;
  readonly acceptListing: boolean;
  /** Whether a list of files that disagrees with the folder's listing is taken as it is. */
  readonly ignoreListing: boolean;
  /** The run's files, instead of those of the mirror's catalogue. */
  readonly files: readonly PlanFile[] | undefined;
  readonly settings: Settings;
}

/** What a plan would say, and what it went past on the way. */
export interface Draft {
  readonly draft: PlanDraft;
  readonly remarks: readonly string[];
}

/** Resolves a request to the files of a run: by the mirror's catalogue, or by a list that somebody made. */
export async function planRun(source: CatalogueSource, request: RunRequest): Promise<Draft> {
  const { kind, wiki, files, settings } = request;
  if (files !== undefined) {
    const run = { kind, wiki, date: parseDate(request.date) };
    return { draft: { run, vouchedBy: 'listing', settings, files }, remarks: [] };
  }
  const { date, acceptListing, ignoreListing } = request;
  const found = await findRun(source, { kind, wiki, date, acceptListing, ignoreListing });
  const remarks = [
    ...found.skipped.map((run) => `skipped ${run.date}: ${run.reason}`),
    ...(found.leftOut.length === 0 ? [] : [`left out, no dump files yet: ${found.leftOut.join(', ')}`]),
    ...found.remarks,
  ];
  return { draft: { run: found.run, vouchedBy: found.vouchedBy, settings, files: found.files }, remarks };
}

/** A run with its files. */
export interface ListedRun extends Run {
  readonly files: readonly PlanFile[];
}

const filesSchema = z.array(planFileSchema).min(1);
const runsSchema = z.array(runSchema.extend({ files: filesSchema })).min(1);

/** Reads a JSON array of files; throws `FILE_LIST_REFUSED`. */
export async function readFileList(path: string): Promise<PlanFile[]> {
  return await readList(path, 'files', filesSchema);
}

/** Reads a JSON array of runs, each with its files; throws `FILE_LIST_REFUSED`. */
export async function readRunList(path: string): Promise<ListedRun[]> {
  return await readList(path, 'runs', runsSchema);
}

async function readList<T>(path: string, of: string, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError('FILE_LIST_REFUSED', `${path}: expected a JSON array of ${of}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 10).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new UsageError('FILE_LIST_REFUSED', `${path}: ${problems.join('; ')}`);
}
