import { canonicalJson } from '@wikifleet/domain/digest';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import type { ConvertJob, DownloadJob, Split } from '@wikifleet/domain/jobs';
import { PARTS_VERSION, ROWS_VERSION } from '@wikifleet/domain/plan';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import type { RawRecord } from '@wikifleet/domain/receipts';

/** A message that names the current plan and says something else than it: forged, or of another version of a program. */
export const JOB_DOES_NOT_FIT = 'JOB_DOES_NOT_FIT';

function doesNotFit(what: string, place: string, expected: unknown, received: unknown): PermanentError {
  const [wanted, given] = [expected, received].map((value) => canonicalJson(value).slice(0, 300));
  return new PermanentError(
    JOB_DOES_NOT_FIT,
    `a message does not fit the plan: ${what}: expected ${wanted}, received ${given}`,
    { place, expected: wanted ?? '', received: given ?? '' },
  );
}

function checkSame(what: string, place: string, expected: unknown, received: unknown): void {
  if (canonicalJson(expected) !== canonicalJson(received)) throw doesNotFit(what, place, expected, received);
}

/** The file of a plan that a job is about. Throws `JOB_DOES_NOT_FIT` where the plan has no such file. */
export function fileOfJob(plan: Plan, name: string): PlanFile {
  const file = plan.files.find((candidate) => candidate.file === name);
  if (file === undefined) throw doesNotFit('file', name, `one of ${plan.files.length} files`, name);
  return file;
}

/** The file that a download job is about, as its plan has it. Throws `JOB_DOES_NOT_FIT`. */
export function fileOfDownload(plan: Plan, job: DownloadJob): PlanFile {
  const file = fileOfJob(plan, job.file);
  const { path, size, checksum } = job;
  checkSame('path, size, checksum', job.file, [file.path, file.size, file.checksum], [path, size, checksum]);
  return file;
}

/** The split that a convert job is about, as plan and raw object record have it. Throws `JOB_DOES_NOT_FIT`. */
export function splitOfConvert(plan: Plan, { result }: RawRecord, job: ConvertJob): Split {
  const place = `${job.file} split ${job.split.index}`;
  checkSame('settings', place, plan.settings, job.settings);
  checkSame('raw object', place, { size: result.size, sha256: result.sha256 }, job.object);
  const splits = splitsOf(result.size, result.splitBytes);
  checkSame('split', place, splits[job.split.index] ?? `one of ${splits.length}`, job.split);
  return job.split;
}

/**
 * Throws `PARTS_VERSION_DIFFERS`, which is retryable, where this build or runtime would write other bytes than the plan
 * fixes: another worker may write the right ones.
 */
export function checkPartsVersion(plan: Plan, record: RawRecord, compressor: string | null): void {
  const { partsVersion, rowsVersion } = plan.settings;
  const fixed = record.result.compressor;
  const expected = `parts version ${partsVersion}, rows version ${rowsVersion}, compressor ${fixed ?? 'any'}`;
  const received = `parts version ${PARTS_VERSION}, rows version ${ROWS_VERSION}, compressor ${compressor ?? 'none'}`;
  const isSame = partsVersion === PARTS_VERSION && rowsVersion === ROWS_VERSION;
  if (isSame && (fixed === null || fixed === compressor)) return;
  throw new FleetError(
    'PARTS_VERSION_DIFFERS',
    `the plan ${plan.planId} fixes ${expected}; this worker would write ${received}: ` +
      'finish the run with workers of one build and runtime, or start it again with `seed --force`',
    { place: record.result.file, expected, received },
  );
}
