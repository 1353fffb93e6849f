import { isOneSplit } from '@wikifleet/catalogue/dump-name';
import { canBeSplit } from '@wikifleet/domain/containers';
import { canonicalJson } from '@wikifleet/domain/digest';
import { PermanentError, messageOf } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import { rawKey, rawRecordKey, rawRecordsPrefix } from '@wikifleet/domain/keys';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { rawRecordSchema } from '@wikifleet/domain/receipts';
import type { RawRecord } from '@wikifleet/domain/receipts';
import type { ObjectHead, Store, WriteCondition } from '@wikifleet/store/store';
import { filesBelow } from './files-below.js';
import type { Stored } from './read-stored.js';

type PlanRef = Pick<Plan, 'planId' | 'run'>;

/** The raw object record of a file; null where the file was not downloaded yet. Throws `OBJECT_MALFORMED`. */
export async function readRawRecord(
  store: Store,
  plan: PlanRef,
  file: string,
  signal?: AbortSignal,
): Promise<RawRecord | null> {
  return (await store.getJson(rawRecordKey(plan.run, plan.planId, file), rawRecordSchema, signal))?.value ?? null;
}

/** The names of a plan's files that have a raw object record: one request for each 1,000. */
export async function filesWithRawRecord(store: Store, plan: PlanRef, signal?: AbortSignal): Promise<Set<string>> {
  return await filesBelow(store, rawRecordsPrefix(plan.run, plan.planId), signal);
}

/** `false` where the condition did not hold. */
export async function writeRawRecord(
  store: Store,
  record: RawRecord,
  condition: WriteCondition = {},
  signal?: AbortSignal,
): Promise<boolean> {
  const { run, planId, file } = record.result;
  return await store.putJson(rawRecordKey(run, planId, file), record, condition, signal);
}

/** The key of the object that a record names. */
export function rawKeyOf({ result: { run, planId, file }, attempt }: RawRecord): string {
  return rawKey(run, planId, file, attempt.id);
}

/** The raw object that a record names, where it is there with the record's size and ETag; else null. */
export async function headOfRawObject(
  store: Store,
  record: RawRecord,
  signal?: AbortSignal,
): Promise<ObjectHead | null> {
  const head = await store.head(rawKeyOf(record), signal);
  if (head === null || head.size !== record.result.size || head.etag !== record.attempt.etag) return null;
  return head;
}

/** Deletes the raw object that a file's record names; the record stays. May be called again. */
export async function deleteRawObject(store: Store, record: RawRecord, signal?: AbortSignal): Promise<void> {
  await store.delete([rawKeyOf(record)], signal);
}

/** Why what is there is no record of a file, as one sentence; null where it is one, or where nothing is there. */
export function recordProblem(plan: Plan, file: PlanFile, there: Stored<RawRecord>): string | null {
  if (there.state === 'malformed') return there.message;
  return there.state === 'valid' ? contradictionOfRecord(plan, file, there.value) : null;
}

/** The error for such a record. */
export function recordMalformed(key: string, problem: string): PermanentError {
  const message = `${key}: ${problem}; \`fleet verify --repair\` makes it anew`;
  return new PermanentError('RAW_RECORD_MALFORMED', message, { place: key });
}

/** What a raw object record contradicts in its plan, as one sentence; null where it fits. */
export function contradictionOfRecord(plan: Plan, file: PlanFile, { result }: RawRecord): string | null {
  const { splitBytes } = plan.settings;
  const facts: [what: string, expected: unknown, received: unknown][] = [
    ['plan', plan.planId, result.planId],
    ['run', plan.run, result.run],
    ['file', file.file, result.file],
    ['size', file.size ?? result.size, result.size],
    ['checksum', file.checksum, result.upstreamChecksum],
    ['bytes of a split', result.splitBytes === null ? null : splitBytes, result.splitBytes],
  ];
  for (const [what, expected, received] of facts) {
    const [wanted, given] = [canonicalJson(expected), canonicalJson(received)];
    if (wanted !== given) return `${what}: expected ${wanted}, received ${given}`;
  }
  try {
    splitsOf(result.size, result.splitBytes);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** Bytes of a split of a file by its name and first bytes; null where it is converted in one: no bzip2, or one page. */
export function splitBytesOf(plan: Plan, file: string, firstBytes: Uint8Array): number | null {
  return isOneSplit(file) || !canBeSplit(firstBytes) ? null : plan.settings.splitBytes;
}
