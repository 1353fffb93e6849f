import type { Split } from '@wikifleet/domain/jobs';
import {
  failuresPrefix,
  fileManifestKey,
  indexKey,
  partKey,
  planIdOfKey,
  planKey,
  prefixesOfRun,
  quarantineKey,
  rawKey,
  rawRecordKey,
  receiptKey,
  runManifestKey,
} from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import type { Store } from '@wikifleet/store/store';
import type { FileVerdict } from './verify-file.js';

/** A key below a run's prefixes that should not be there. */
export interface StrayKey {
  readonly key: string;
  /**
   * `superseded`: an earlier plan wrote it. `unexpected`: no job of the current plan could write it. `surplus`: the job
   * of a split could, but its result does not have it. `orphaned`: a raw object that no record names. `doubtful`: no job
   * could write it by the raw object record of its file, but nothing proves that record.
   */
  readonly kind: 'superseded' | 'unexpected' | 'surplus' | 'orphaned' | 'doubtful';
  /** The split whose job could write a surplus key. */
  readonly split: { readonly file: string; readonly index: number } | null;
}

/** Lists everything of a run, and yields what should not be there. Memory: a page of keys, and a bit a split. */
export async function* strayKeys(
  store: Store,
  plan: Plan,
  verdicts: readonly FileVerdict[],
  signal: AbortSignal,
): AsyncGenerator<StrayKey> {
  const expected = new ExpectedKeys(plan, verdicts);
  for (const prefix of prefixesOfRun(plan.run)) {
    for await (const { key } of store.list(prefix, signal)) {
      const stray = expected.judge(key);
      if (stray !== null) yield stray;
    }
  }
}

const SPLIT_NUMBER = /(?:^|\/)(?:part-)?(\d{5})(?:-of-\d{5}-[0-9a-f]{16})?\.[a-z.]+$/;

class ExpectedKeys {
  readonly #plan: Plan;
  readonly #files: ReadonlyMap<string, FileVerdict>;

  constructor(plan: Plan, verdicts: readonly FileVerdict[]) {
    this.#plan = plan;
    this.#files = new Map(verdicts.map((verdict) => [verdict.file.file, verdict]));
  }

  /** Null where the key is one that should be there. */
  judge(key: string): StrayKey | null {
    const plan = this.#plan;
    if (key === planKey(plan.run) || key === runManifestKey(plan.run, plan.planId)) return null;
    const id = planIdOfKey(key);
    if (id !== plan.planId) {
      const kind = id !== null && plan.supersedes.includes(id) ? 'superseded' : 'unexpected';
      return { key, kind, split: null };
    }
    // a file may be called as a folder is: it is enough that one reading of the key is right
    let judged: StrayKey | null = unexpected(key);
    for (const name of filesIn(key)) {
      const verdict = this.#files.get(name);
      if (verdict === undefined) continue;
      const candidate = this.#judgeOfFile(key, verdict);
      if (candidate === null) return null;
      if (candidate.kind !== 'unexpected') judged = candidate;
    }
    return judged;
  }

  #judgeOfFile(key: string, verdict: FileVerdict): StrayKey | null {
    const { run, planId } = this.#plan;
    const { file } = verdict.file;
    const { record, splits } = verdict.raw;
    if (key === rawRecordKey(run, planId, file) || key === fileManifestKey(run, planId, file)) return null;
    if (key.startsWith(failuresPrefix(run, planId, file))) return isFailure(key) ? null : unexpected(key);
    if (key.startsWith('raw/')) {
      // without a record nobody knows which attempt counts
      if (record === null || key === rawKey(run, planId, file, record.attempt.id)) return null;
      return { key, kind: 'orphaned', split: null };
    }
    const index = Number(SPLIT_NUMBER.exec(key)?.[1] ?? -1);
    // without a record nobody knows the file's splits
    if (record === null) return index < 0 ? unexpected(key) : null;
    const split = splits[index];
    const stray = split === undefined ? unexpected(key) : this.#judgeOfSplit(key, verdict, split);
    return stray?.kind === 'unexpected' && !isRecordProved(verdict) ? { ...stray, kind: 'doubtful' } : stray;
  }

  #judgeOfSplit(key: string, { file: { file }, receipts }: FileVerdict, split: Split): StrayKey | null {
    const { run, planId, settings } = this.#plan;
    if (key === receiptKey(run, planId, file, split.index)) return null;
    const result = receipts.get(split.index)?.result ?? null;
    const keys = [
      [partKey(run, file, split, planId, settings), result?.part],
      [indexKey(run, planId, file, split.index), result?.index],
      [quarantineKey(run, file, split, planId), result?.quarantine],
    ] as const;
    for (const [candidate, stored] of keys) {
      if (key !== candidate) continue;
      // without a receipt it may be the work of a converter that is about to write one
      return result !== null && stored === null ? { key, kind: 'surplus', split: { file, index: split.index } } : null;
    }
    return unexpected(key);
  }
}

/** Whether the raw object, or else everything that was made of it, confirms the record: size and splits follow from it. */
function isRecordProved({ raw, problems, manifest }: FileVerdict): boolean {
  return raw.object === 'right' || (raw.object === 'gone' && problems.length === 0 && manifest === 'right');
}

function unexpected(key: string): StrayKey {
  return { key, kind: 'unexpected', split: null };
}

/** The names of files that a key may be about. */
function filesIn(key: string): string[] {
  return key.split('/').flatMap((name) => [name, name.replace(/\.json$/, '')]);
}

function isFailure(key: string): boolean {
  return /\/(?:download|file|\d{5})\.json$/.test(key);
}

/** Code and message of a stray key. */
export function describeStray({ key, kind }: StrayKey): [code: string, message: string] {
  switch (kind) {
    case 'superseded':
      return ['SUPERSEDED_KEY', `${key}: a superseded plan wrote it`];
    case 'unexpected':
      return ['UNEXPECTED_KEY', `${key}: no job of the plan writes it`];
    case 'doubtful':
      return ['DOUBTFUL_KEY', `${key}: no job writes it by the raw object record, which nothing proves`];
    case 'surplus':
      return ['SURPLUS_KEY', `${key}: the receipt of its split does not name it`];
    case 'orphaned':
      return ['ORPHANED_RAW_OBJECT', `${key}: the raw object record names another object`];
  }
}
