import type { Checksums } from './hashed-file.js';

/** Files of a job by their names; null for one that is not written yet. */
export type JobFiles = ReadonlyMap<string, Checksums | null>;

/** A run's jobs in the order of a real status file. */
const JOBS = [
  'xmlstubsdumprecombine',
  'xmlstubsdump',
  'xmlpagelogsdumprecombine',
  'xmlpagelogsdump',
  'usergroupstable',
  'templatelinkstable',
  'sitestatstable',
  'redirecttable',
  'pagetitlesdump',
  'pagetable',
  'pagelinkstable',
  'namespaces',
  'metahistorybz2dump',
  'metahistory7zdump',
  'metacurrentdumprecombine',
  'metacurrentdump',
  'linktargettable',
  'langlinkstable',
  'categorylinkstable',
  'articlesmultistreamdumprecombine',
  'articlesmultistreamdump',
  'articlesdumprecombine',
  'articlesdump',
  'allpagetitlesdump',
  'abstractsdump',
];
/** As in a partial run, which leaves the full history out. */
const SKIPPED = new Set(['metahistorybz2dump', 'metahistory7zdump', 'abstractsdump']);

/**
 * The text of `dumpstatus.json`, version 0.8: jobs in `done` are done and their files have sizes and checksums, those in
 * `planned` wait and name their files, the others wait or are skipped. `folder` is the run's below the mirror's root.
 */
export function dumpStatus(
  folder: string,
  date: string,
  done: ReadonlyMap<string, JobFiles>,
  planned: ReadonlyMap<string, JobFiles>,
): string {
  const jobs = JOBS.map((job, i) => {
    const updated = `${date} ${String(6 + Math.floor(i / 2)).padStart(2, '0')}:14:${i + 10}`;
    const files = done.get(job);
    if (files !== undefined) return [job, { status: 'done', updated, files: filesOf(folder, files) }] as const;
    if (SKIPPED.has(job)) return [job, { status: 'skipped', updated }] as const;
    const names = planned.get(job);
    const waiting = { status: 'waiting', updated: '' };
    return [job, names === undefined ? waiting : { ...waiting, files: filesOf(folder, names) }] as const;
  });
  return JSON.stringify({ jobs: Object.fromEntries(jobs), version: '0.8' }, undefined, 2);
}

function filesOf(folder: string, files: JobFiles): Record<string, object> {
  const entries = [...files].map(([name, sums]): [string, object] => {
    if (sums === null) return [name, {}];
    return [name, { size: sums.size, url: `/${folder}/${name}`, md5: sums.md5, sha1: sums.sha1 }];
  });
  return Object.fromEntries(entries);
}

/** Lines `hash␠␠name`, as the sums files have them. */
export function sumsText(files: JobFiles, algorithm: 'md5' | 'sha1' | 'sha256'): string {
  return [...files].map(([name, sums]) => (sums === null ? '' : `${sums[algorithm]}  ${name}\n`)).join('');
}
