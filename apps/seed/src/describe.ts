import { counted } from '@wikifleet/domain/counted';
import { describeFilter } from '@wikifleet/domain/page-filter';
import { runName } from '@wikifleet/domain/run';
import type { PlanDraft } from '@wikifleet/runs/plans';
import { splitsOfFile } from './seed-run.js';
import type { Seeded } from './seed-run.js';

/** What seeding a run came to, in words; of a dry run file by file. */
export function describe(draft: PlanDraft, seeded: Seeded): string[] {
  const { files, bytes, splits, enqueued, done, planId, existed } = seeded;
  const { vouchedBy } = draft;
  const filter = describeFilter(draft.settings);
  const lines = [
    `${runName(seeded.run)}: ${counted(files, 'file')}, ${megabytes(bytes)}, ${counted(splits, 'split')}, vouched for by ${vouchedBy}`,
    ...(filter === null ? [] : [`rows of ${filter}`]),
    ...(vouchedBy === 'listing' ? ['Nobody vouched that this list of files is complete.'] : []),
  ];
  if (seeded.dryRun !== true) {
    const plan = `plan ${planId} ${existed ? 'was there' : 'written'}`;
    return [...lines, `${plan}; enqueued ${counted(enqueued.length, 'file')}, ${done} done before`];
  }
  const wanted = new Set(enqueued);
  const each = draft.files.map((file) => {
    const size = file.size === null ? 'size not known' : megabytes(file.size);
    const splitsThere = file.size === null ? 'splits not known' : counted(splitsOfFile(file, draft), 'split');
    return `  ${wanted.has(file.file) ? 'would enqueue' : 'done'} ${file.file} (${size}, ${splitsThere})`;
  });
  const plan = planId === null ? 'a new plan' : `plan ${planId}, which is there`;
  return [...lines, ...each, `would enqueue ${counted(enqueued.length, 'file')} by ${plan}; ${done} done before`];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
