import { rawKey, rawNoteKey } from '@wikifleet/domain/keys';
import type { RawObject } from '@wikifleet/domain/jobs';
import type { Plan } from '@wikifleet/domain/plan';
import { rawNoteSchema } from '@wikifleet/domain/receipts';
import type { RawNote } from '@wikifleet/domain/receipts';
import type { Run } from '@wikifleet/domain/run';
import type { ObjectHead, Store } from '@wikifleet/store/store';

/** The metadata of a raw object that says which attempt wrote it. */
export const ATTEMPT_ID = 'attempt-id';

type PlanRef = Pick<Plan, 'planId' | 'run'>;

export async function readRawNote(
  store: Store,
  plan: PlanRef,
  file: string,
  signal?: AbortSignal,
): Promise<RawNote | null> {
  return (await store.getJson(rawNoteKey(plan.run, plan.planId, file), rawNoteSchema, signal))?.value ?? null;
}

export async function writeRawNote(store: Store, plan: PlanRef, note: RawNote, signal?: AbortSignal): Promise<void> {
  await store.putJson(rawNoteKey(plan.run, plan.planId, note.file), note, {}, signal);
}

/** Deletes the raw object that the note speaks of; another attempt's, or a newer plan's, stays. May be called again. */
export async function deleteRawObject(store: Store, plan: PlanRef, file: string, signal?: AbortSignal): Promise<void> {
  const note = await readRawNote(store, plan, file, signal);
  if (note === null || (await headOfRawObject(store, plan.run, file, note, signal)) === null) return;
  await store.delete([rawKey(plan.run, file)], signal);
}

/** The raw object as it stands, when it is the one that `object` speaks of (by attempt id and size); else null. */
export async function headOfRawObject(
  store: Store,
  run: Run,
  file: string,
  object: Pick<RawObject, 'size' | 'attemptId'>,
  signal?: AbortSignal,
): Promise<ObjectHead | null> {
  const head = await store.head(rawKey(run, file), signal);
  if (head === null || head.size !== object.size || head.metadata[ATTEMPT_ID] !== object.attemptId) return null;
  return head;
}
