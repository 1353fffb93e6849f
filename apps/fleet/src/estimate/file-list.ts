import { readFile } from 'node:fs/promises';
import { wikiName } from '@wikifleet/config/command-line';
import { isOneSplit } from '@wikifleet/catalogue/dump-name';
import { findRun } from '@wikifleet/catalogue/find-run';
import { folderOfWikis, wikisOf } from '@wikifleet/catalogue/list-wikis';
import { counted } from '@wikifleet/domain/counted';
import { FleetError, UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { planFileSchema } from '@wikifleet/domain/plan';
import type { PlanFile } from '@wikifleet/domain/plan';
import { parseDate } from '@wikifleet/domain/run';
import type { Kind } from '@wikifleet/domain/run';
import { catalogueOfMirrors } from '@wikifleet/mirror/catalogue-of-mirrors';
import { mirrorsFor, openMirrors } from '@wikifleet/mirror/open-mirrors';
import type { SimulatedFile } from '@wikifleet/simulation/run-model';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';
import { z } from 'zod';

export interface FilesQuery {
  readonly kind: Kind;
  /** One, several with commas, or `all`. */
  readonly wiki: string;
  readonly date: string;
  readonly splitBytes: number;
  readonly mirrorsFile: string;
  readonly contact: string | undefined;
}

export interface PlannedFiles {
  /** `articles-multistream/enwiki/2026-10-01`, or how many runs. */
  readonly title: string;
  readonly vouchedBy: string;
  readonly files: readonly SimulatedFile[];
  readonly remarks: readonly string[];
}

/** What a wiki may be without, so that `all` goes past it. */
const NOT_THERE = new Set(['WIKI_UNKNOWN', 'NO_COMPLETE_RUN', 'RUN_UNKNOWN', 'RUN_NOT_READY']);

/** The files of a run as somebody listed them. Throws `FILE_LIST_REFUSED`. */
export async function filesOfList(path: string, query: FilesQuery): Promise<PlannedFiles> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const message = `${path}: expected a JSON array of {file, path, size, checksum}: ${messageOf(error)}`;
    throw new UsageError('FILE_LIST_REFUSED', message, { cause: error });
  }
  const result = z.array(planFileSchema).min(1).max(100_000).safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.slice(0, 5).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new UsageError('FILE_LIST_REFUSED', `${path}: ${problems.join('; ')}`);
  }
  const title = `${query.kind}/${wikiName('wiki', query.wiki)}/${parseDate(query.date)}`;
  const { files, remarks } = simulated(result.data, query.splitBytes);
  return { title, vouchedBy: 'listing', files, remarks };
}

/** The files of the runs as the mirrors' catalogues have them. Throws what `findRun` and the mirrors throw. */
export async function filesOfCatalogue(query: FilesQuery, releases: ReleaseStack): Promise<PlannedFiles> {
  const known = await openMirrors(query.mirrorsFile, query.contact, { most: 1 });
  for (const { mirror } of known) releases.defer(mirror, async (m) => await m.close());
  const holding = mirrorsFor(known, query.kind);
  const remarks: string[] = [];
  const source = catalogueOfMirrors(holding, new AbortController().signal, (name, error) =>
    remarks.push(`the mirror ${name} could not be asked: ${messageOf(error)}`),
  );
  const all = query.wiki === 'all';
  const wikis = all
    ? wikisOf((await source.list(folderOfWikis(query.kind))) ?? [])
    : [...new Set(query.wiki.split(',').map((wiki) => wikiName('wiki', wiki.trim())))];
  const files: PlanFile[] = [];
  const found: string[] = [];
  const vouchers = new Set<string>();
  let absent = 0;
  for (const wiki of wikis) {
    try {
      // an estimate is made of a list that disagrees with its folder too: `seed` refuses it
      const run = await findRun(source, { kind: query.kind, wiki, date: query.date, ignoreListing: true });
      files.push(...run.files);
      found.push(`${query.kind}/${wiki}/${run.run.date}`);
      vouchers.add(run.vouchedBy);
      for (const { date, reason } of run.skipped) remarks.push(`skipped ${wiki} ${date}: ${reason}`);
      remarks.push(...run.remarks);
    } catch (error) {
      if (!all || !NOT_THERE.has(codeOf(error))) throw error;
      absent += 1;
    }
  }
  if (absent > 0) remarks.push(`${counted(absent, 'wiki has', 'wikis have')} no complete run`);
  if (files.length === 0)
    throw new FleetError('NO_FILES', `expected files of ${query.kind} on the mirrors, received none`);
  const title = found.length === 1 ? found[0]! : `${found.length} runs of ${query.kind}`;
  const { files: planned, remarks: more } = simulated(files, query.splitBytes);
  return { title, vouchedBy: [...vouchers].join(', '), files: planned, remarks: [...remarks, ...more] };
}

function simulated(
  files: readonly PlanFile[],
  splitBytes: number,
): { readonly files: readonly SimulatedFile[]; readonly remarks: readonly string[] } {
  const unknown = files.filter(({ size }) => size === null).length;
  if (unknown === files.length) {
    throw new UsageError('SIZES_UNKNOWN', 'expected sizes of files, received none: the catalogue does not say any');
  }
  const known = files.flatMap(({ size }) => (size === null ? [] : [size]));
  const mean = known.reduce((sum, size) => sum + size, 0) / known.length;
  return {
    files: files.map(({ file, size }) => ({
      name: file,
      bytes: size ?? mean,
      splitBytes: isOneSplit(file) || !file.endsWith('.bz2') ? null : splitBytes,
    })),
    remarks:
      unknown === 0
        ? []
        : [`${counted(unknown, 'file is', 'files are')} of a size not known: taken as the others' mean`],
  };
}
