import { isOneSplit } from '@wikifleet/catalogue/dump-name';
import { UsageError } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import { differencesOfPlans } from '@wikifleet/domain/plan';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { runName } from '@wikifleet/domain/run';
import { enqueueMissing } from '@wikifleet/runs/enqueue';
import { loadPlan } from '@wikifleet/runs/load-plan';
import { readFileManifest } from '@wikifleet/runs/manifests';
import { checkPlanIsCurrent, settlePlan } from '@wikifleet/runs/plans';
import type { PlanDraft } from '@wikifleet/runs/plans';
import type { Cloud } from '@wikifleet/worker/connect';

export interface SeedOptions {
  readonly dryRun: boolean;
  readonly force: boolean;
}

/** What seeding one run came to; the JSON answer has these fields, and words say the same. */
export interface Seeded {
  readonly run: Plan['run'];
  /** Null where a dry run finds no plan. */
  readonly planId: string | null;
  readonly existed: boolean;
  readonly enqueued: readonly string[];
  /** Files that had a manifest already. */
  readonly done: number;
  /** Of the run's manifest, where the run is complete. */
  readonly digest: string | null;
  readonly dryRun?: true;
  readonly files: number;
  /** Of all files whose size is known. */
  readonly bytes: number;
  /** As far as names and sizes tell: a downloader sees what is in a file. */
  readonly splits: number;
}

/** Writes the plan of a run and enqueues what has no manifest; a dry run only says what that would be. */
export async function seedRun(cloud: Cloud, draft: PlanDraft, options: SeedOptions): Promise<Seeded> {
  const figures = {
    files: draft.files.length,
    bytes: draft.files.reduce((sum, { size }) => sum + (size ?? 0), 0),
    splits: draft.files.reduce((sum, file) => sum + splitsOfFile(file, draft), 0),
  };
  if (options.dryRun) return { ...(await wouldSeed(cloud, draft, options.force)), ...figures, dryRun: true };
  const { plan, existed } = await settlePlan(cloud.store, draft, { force: options.force });
  const { files, done, run } = await enqueueMissing(cloud.store, cloud.downloads, plan, { isNew: !existed });
  // another `seed --force` may have been faster than this one's last steps
  await checkPlanIsCurrent(cloud.store, plan);
  return { run: plan.run, planId: plan.planId, existed, enqueued: files, done, digest: run.digest, ...figures };
}

/** How many splits a file will have; one where only its bytes could tell. */
export function splitsOfFile({ file, size }: PlanFile, { settings }: Pick<PlanDraft, 'settings'>): number {
  const splitBytes = isOneSplit(file) || !file.endsWith('.bz2') ? null : settings.splitBytes;
  return splitsOf(size ?? 0, splitBytes).length;
}

async function wouldSeed(
  { store }: Cloud,
  draft: PlanDraft,
  force: boolean,
): Promise<Pick<Seeded, 'run' | 'planId' | 'existed' | 'enqueued' | 'done' | 'digest'>> {
  const { run, files } = draft;
  const names = files.map(({ file }) => file);
  const plan = await loadPlan(store, run);
  if (plan === null || force) return { run, planId: null, existed: false, enqueued: names, done: 0, digest: null };
  const differences = differencesOfPlans(plan, { ...plan, ...draft, files: [...files] });
  if (differences.length > 0) {
    const moreLines = [...differences.slice(0, 20), '--force would replace it'];
    throw new UsageError('PLAN_DIFFERS', `${runName(run)} has a plan already, and it differs:`, { moreLines });
  }
  const enqueued: string[] = [];
  for (const name of names) if ((await readFileManifest(store, plan, name)) === null) enqueued.push(name);
  return { run, planId: plan.planId, existed: true, enqueued, done: names.length - enqueued.length, digest: null };
}
