import { createHash } from 'node:crypto';
import { codeOf, messageOf } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import type { Split } from '@wikifleet/domain/jobs';
import { rawRecordKey } from '@wikifleet/domain/keys';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import { rawRecordSchema } from '@wikifleet/domain/receipts';
import type { RawRecord } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { contradictionOfRecord, rawKeyOf, splitBytesOf } from './raw-records.js';
import type { Flaw } from './object-flaw.js';
import { readStored } from './read-stored.js';

/** What reading a file's raw object record and raw object again came to. */
export interface RawVerdict {
  /** Null where there is none that can be used. */
  readonly record: RawRecord | null;
  /** Of the raw object, by the record; empty without one. */
  readonly splits: readonly Split[];
  /** `gone`: it expired, which is no flaw while nothing is to be converted. */
  readonly object: 'right' | 'gone' | 'wrong';
  /** Whether a record is there that must be replaced: nothing that was made under it can be trusted. */
  readonly recordIsWrong: boolean;
  readonly flaw: Flaw | null;
}

const FIRST_BYTES = 16;

/** Reads the raw object too: its size, its SHA-256 and the checksum that the mirror's catalogue gave. */
export async function verifyRaw(store: Store, plan: Plan, file: PlanFile, signal: AbortSignal): Promise<RawVerdict> {
  const key = rawRecordKey(plan.run, plan.planId, file.file);
  const read = await readStored(store, key, rawRecordSchema, signal);
  const unusable = (code: string, message: string): RawVerdict => {
    const recordIsWrong = code !== 'RAW_RECORD_MISSING';
    return { record: null, splits: [], object: 'gone', recordIsWrong, flaw: { code, message } };
  };
  if (read.state === 'absent')
    return unusable('RAW_RECORD_MISSING', `${key}: it is not there: the file is not downloaded`);
  if (read.state === 'malformed') return unusable('RAW_RECORD_MALFORMED', read.message);
  const record = read.value;
  const contradiction = contradictionOfRecord(plan, file, record);
  if (contradiction !== null) return unusable('RAW_RECORD_CONTRADICTS', `${key}: ${contradiction}`);
  const judged = { record, splits: splitsOf(record.result.size, record.result.splitBytes), recordIsWrong: false };

  const raw = rawKeyOf(record);
  const head = await store.head(raw, signal);
  if (head === null) return { ...judged, object: 'gone', flaw: null };
  const wrong = (message: string): RawVerdict => {
    return { ...judged, object: 'wrong', flaw: { code: 'RAW_DIFFERS', message: `${raw}: ${message}` } };
  };
  if (head.size !== record.result.size) return wrong(`expected ${record.result.size} bytes, received ${head.size}`);
  // not the ETag: it changes where a bucket is copied, and all bytes are read here
  try {
    const range = { start: 0, end: head.size, etag: head.etag };
    const { difference, firstBytes } = await readObject(store.read(raw, range, signal), record);
    if (difference !== null) return wrong(difference);
    const [expected, received] = [splitBytesOf(plan, file.file, firstBytes), record.result.splitBytes];
    if (expected !== received) {
      return unusable('RAW_RECORD_CONTRADICTS', `${key}: bytes of a split: expected ${expected}, received ${received}`);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (codeOf(error) === 'OBJECT_CHANGED') return wrong(messageOf(error));
    throw error;
  }
  return { ...judged, object: 'right', flaw: null };
}

async function readObject(
  bytes: AsyncIterable<Uint8Array>,
  { result }: RawRecord,
): Promise<{ readonly difference: string | null; readonly firstBytes: Uint8Array }> {
  const checksums = [
    { algorithm: 'sha256', value: result.sha256 },
    ...(result.upstreamChecksum === null ? [] : [result.upstreamChecksum]),
  ];
  const hashes = checksums.map(({ algorithm }) => createHash(algorithm));
  let firstBytes = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (firstBytes.length < FIRST_BYTES) firstBytes = Buffer.concat([firstBytes, chunk.subarray(0, FIRST_BYTES)]);
    for (const hash of hashes) hash.update(chunk);
  }
  for (const [at, { algorithm, value }] of checksums.entries()) {
    const digest = hashes[at]?.digest('hex');
    if (digest !== value) return { difference: `expected ${algorithm} ${value}, received ${digest}`, firstBytes };
  }
  return { difference: null, firstBytes };
}
