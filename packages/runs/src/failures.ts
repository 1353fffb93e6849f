import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { failureKey, failuresPrefix, splitNumber } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import { failureSchema } from '@wikifleet/domain/receipts';
import type { Failure } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';

export interface FailureFacts {
  readonly error: unknown;
  /** How often it was received. */
  readonly attempts: number;
  /** What was written all the same. */
  readonly written: { readonly pages: number; readonly rows: number } | null;
}

export type Stage = 'download' | 'file' | number;

/** The record of a failure. */
export function failureOf(file: string, stage: Stage, facts: FailureFacts): Failure {
  const { error } = facts;
  const known = error instanceof FleetError ? error : undefined;
  const bounded = (text: string | undefined): string | null => (text === undefined ? null : text.slice(0, 2000));
  return {
    version: 1,
    file,
    stage: typeof stage === 'number' ? splitNumber(stage) : stage,
    code: codeOf(error),
    message: messageOf(error).slice(0, 2000),
    place: bounded(known?.place),
    expected: bounded(known?.expected),
    received: bounded(known?.received),
    attempts: facts.attempts,
    written: facts.written,
    at: new Date().toISOString(),
    retriedAt: null,
  };
}

/** Records why something failed permanently; a later failure of the same thing replaces it. */
export async function writeFailure(
  store: Store,
  plan: Pick<Plan, 'planId' | 'run'>,
  file: string,
  stage: Stage,
  facts: FailureFacts,
  signal?: AbortSignal,
): Promise<void> {
  await store.putJson(failureKey(plan.run, plan.planId, file, stage), failureOf(file, stage, facts), {}, signal);
}

/** The failures that stand: not those whose job was enqueued again. They count only where something is missing. */
export async function readFailures(
  store: Store,
  plan: Pick<Plan, 'planId' | 'run'>,
  file?: string,
  signal?: AbortSignal,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  for await (const { key } of store.list(failuresPrefix(plan.run, plan.planId, file), signal)) {
    const failure = await store.getJson(key, failureSchema, signal);
    if (failure !== null && failure.value.retriedAt === null) failures.push(failure.value);
  }
  return failures;
}

/**
 * Marks the failures of some files as retried, before their jobs are enqueued again. They are not deleted: who dies
 * between the two leaves a record. A failure that is written meanwhile stays as it is, since the write is conditional.
 */
export async function markRetried(
  store: Store,
  plan: Pick<Plan, 'planId' | 'run'>,
  files: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<void> {
  const retriedAt = new Date().toISOString();
  const prefix = failuresPrefix(plan.run, plan.planId);
  for await (const { key } of store.list(prefix, signal)) {
    const [file = ''] = key.slice(prefix.length).split('/', 1);
    if (!files.has(file)) continue;
    const failure = await store.getJson(key, failureSchema, signal);
    if (failure === null || failure.value.retriedAt !== null) continue;
    await store.putJson(key, { ...failure.value, retriedAt }, { ifMatch: failure.etag }, signal);
  }
}
