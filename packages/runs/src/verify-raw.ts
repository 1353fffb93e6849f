import { createHash } from 'node:crypto';
import { codeOf, messageOf } from '@wikifleet/domain/errors';
import { splitsOf } from '@wikifleet/domain/jobs';
import type { Split } from '@wikifleet/domain/jobs';
import { rawKey, rawNoteKey } from '@wikifleet/domain/keys';
import type { Plan, PlanFile } from '@wikifleet/domain/plan';
import type { RawNote } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { ATTEMPT_ID, readRawNote } from './raw-notes.js';
import type { Flaw } from './object-flaw.js';
import { readOrMalformed } from './verify-split.js';

/** What reading a file's raw note and raw object again came to. */
export interface RawVerdict {
  /** Null where there is none that serves. */
  readonly note: RawNote | null;
  /** Of the raw object, by the note; empty without one. */
  readonly splits: readonly Split[];
  /** `gone`: it expired, which is no flaw while nothing is to be converted. */
  readonly object: 'right' | 'gone' | 'wrong';
  /** Whether the note is to be deleted, so that no downloader takes the object for the note's, and nobody closes the file. */
  readonly noteIsWrong: boolean;
  readonly flaw: Flaw | null;
}

/** Reads the raw object too: its size, its attempt, its SHA-256 and the checksum that the mirror's catalogue gave. */
export async function verifyRaw(store: Store, plan: Plan, file: PlanFile, signal: AbortSignal): Promise<RawVerdict> {
  const key = rawNoteKey(plan.run, plan.planId, file.file);
  const reading = await readOrMalformed(readRawNote(store, plan, file.file, signal));
  const useless = (code: string, message: string): RawVerdict => {
    const noteIsWrong = code !== 'RAW_NOTE_MISSING';
    return { note: null, splits: [], object: 'gone', noteIsWrong, flaw: { code, message } };
  };
  if (reading.malformed !== null) return useless('RAW_NOTE_MALFORMED', reading.malformed);
  const note = reading.value;
  if (note === null) return useless('RAW_NOTE_MISSING', `${key}: it is not there: the file is not downloaded`);
  const cut = splitsOfNote(plan, file, note);
  if (typeof cut === 'string') return useless('RAW_NOTE_CONTRADICTS', `${key}: ${cut}`);
  const judged = { note, splits: cut };

  const raw = rawKey(plan.run, file.file);
  const head = await store.head(raw, signal);
  if (head === null) return { ...judged, object: 'gone', noteIsWrong: false, flaw: null };
  const wrong = (message: string): RawVerdict => {
    return {
      ...judged,
      object: 'wrong',
      noteIsWrong: true,
      flaw: { code: 'RAW_DIFFERS', message: `${raw}: ${message}` },
    };
  };
  const attempt = head.metadata[ATTEMPT_ID] ?? 'none';
  if (head.size !== note.size || attempt !== note.attemptId) {
    const expected = `${note.size} bytes of attempt ${note.attemptId}`;
    return wrong(`expected ${expected}, received ${head.size} of ${attempt}`);
  }
  try {
    const range = { start: 0, end: head.size, etag: head.etag };
    const difference = await differenceOf(store.read(raw, range, signal), note);
    if (difference !== null) return wrong(difference);
  } catch (error) {
    signal.throwIfAborted();
    if (codeOf(error) === 'OBJECT_CHANGED') return wrong(messageOf(error));
    throw error;
  }
  return { ...judged, object: 'right', noteIsWrong: false, flaw: null };
}

/** The splits that a note speaks of; a sentence where it contradicts its plan. */
function splitsOfNote(plan: Plan, file: PlanFile, note: RawNote): readonly Split[] | string {
  const { splitBytes } = plan.settings;
  if (note.file !== file.file) return `expected a note of ${file.file}, received one of ${note.file}`;
  if (file.size !== null && note.size !== file.size) return `expected ${file.size} bytes, received ${note.size}`;
  if (note.splitBytes !== null && note.splitBytes !== splitBytes)
    return `expected splits of ${splitBytes} bytes, received ${note.splitBytes}`;
  const [expected, received] = [JSON.stringify(file.checksum), JSON.stringify(note.upstreamChecksum)];
  if (expected !== received) return `expected the checksum ${expected}, received ${received}`;
  try {
    return splitsOf(note.size, note.splitBytes);
  } catch (error) {
    return messageOf(error);
  }
}

async function differenceOf(bytes: AsyncIterable<Uint8Array>, note: RawNote): Promise<string | null> {
  const checksums = [
    { algorithm: 'sha256', value: note.sha256 },
    ...(note.upstreamChecksum === null ? [] : [note.upstreamChecksum]),
  ];
  const hashes = checksums.map(({ algorithm }) => createHash(algorithm));
  for await (const chunk of bytes) for (const hash of hashes) hash.update(chunk);
  for (const [at, { algorithm, value }] of checksums.entries()) {
    const digest = hashes[at]?.digest('hex');
    if (digest !== value) return `expected ${algorithm} ${value}, received ${digest}`;
  }
  return null;
}
