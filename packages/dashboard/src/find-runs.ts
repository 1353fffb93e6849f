import { isWikiName } from '@wikifleet/domain/names';
import { KINDS, dateSchema } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import type { Store } from '@wikifleet/store/store';
import { listFolders } from './budgeted-list.js';
import type { CallBudget } from './call-budget.js';

/** More runs than these are not followed at once. */
export const MOST_RUNS = 500;

export interface FoundRuns {
  /** The newest run of each wiki and kind. */
  readonly runs: readonly Run[];
  /** Wikis that were not looked at. */
  readonly leftOut: number;
}

/** The newest run of each wiki and kind that a bucket has: one call, one more a kind, and one more a wiki. */
export async function findRuns(store: Store, budget: CallBudget, signal: AbortSignal): Promise<FoundRuns> {
  const kinds = new Set<string>();
  for await (const folder of listFolders(store, 'runs/', budget, signal)) kinds.add(lastName(folder));
  const wikis: Omit<Run, 'date'>[] = [];
  for (const kind of KINDS) {
    if (!kinds.has(kind)) continue;
    for await (const folder of listFolders(store, `runs/${kind}/`, budget, signal)) {
      const wiki = lastName(folder);
      if (isWikiName(wiki)) wikis.push({ kind, wiki });
    }
  }
  const runs: Run[] = [];
  for (const { kind, wiki } of wikis.slice(0, MOST_RUNS)) {
    let newest: string | undefined;
    for await (const folder of listFolders(store, `runs/${kind}/${wiki}/`, budget, signal)) {
      const date = lastName(folder);
      if (dateSchema.safeParse(date).success && (newest === undefined || date > newest)) newest = date;
    }
    if (newest !== undefined) runs.push({ kind, wiki, date: newest });
  }
  return { runs, leftOut: Math.max(0, wikis.length - MOST_RUNS) };
}

function lastName(folder: string): string {
  return folder.split('/').at(-2) ?? '';
}
