import { randomUUID } from 'node:crypto';
import { FleetError } from '@wikifleet/domain/errors';
import { fileManifestKey, manifestsPrefix, runManifestKey } from '@wikifleet/domain/keys';
import { fileManifestSchema, runManifestSchema } from '@wikifleet/domain/manifests';
import type {
  FileManifest,
  FileManifestResult,
  PendingRepair,
  RevokedManifest,
  RunManifest,
  RunManifestResult,
} from '@wikifleet/domain/manifests';
import type { Plan } from '@wikifleet/domain/plan';
import type { Store } from '@wikifleet/store/store';
import type { z } from 'zod';
import { filesBelow } from './files-below.js';
import { readStored, replacing } from './read-stored.js';
import type { Stored } from './read-stored.js';

/** Conditional writes that met another one are tried again so often. */
const MAX_ATTEMPTS = 10;

/** The manifest of a file that is closed; null where there is none, or where a repair revoked it. */
export async function readFileManifest(
  store: Store,
  plan: Plan,
  file: string,
  signal?: AbortSignal,
): Promise<FileManifestResult | null> {
  const key = fileManifestKey(plan.run, plan.planId, file);
  return closedResult((await store.getJson(key, fileManifestSchema, signal))?.value);
}

/** As `readFileManifest`, of the run. */
export async function readRunManifest(
  store: Store,
  plan: Plan,
  signal?: AbortSignal,
): Promise<RunManifestResult | null> {
  return closedResult((await store.getJson(runManifestKey(plan.run, plan.planId), runManifestSchema, signal))?.value);
}

function closedResult<T>(
  manifest: { readonly state: 'closed'; readonly result: T } | RevokedManifest | undefined,
): T | null {
  return manifest?.state === 'closed' ? manifest.result : null;
}

/** Whether a file has a manifest, closed or revoked. */
export async function hasFileManifest(store: Store, plan: Plan, file: string, signal?: AbortSignal): Promise<boolean> {
  return (await store.head(fileManifestKey(plan.run, plan.planId, file), signal)) !== null;
}

/** The names of a plan's files that have a manifest, closed or revoked: one request for each 1,000. */
export async function filesWithManifest(store: Store, plan: Plan, signal?: AbortSignal): Promise<Set<string>> {
  return await filesBelow(store, manifestsPrefix(plan.run, plan.planId), signal);
}

/** What stands under the key of a file's manifest. */
export async function storedFileManifest(
  store: Store,
  plan: Plan,
  file: string,
  signal?: AbortSignal,
): Promise<Stored<FileManifest>> {
  return await readStored(store, fileManifestKey(plan.run, plan.planId, file), fileManifestSchema, signal);
}

/** What stands under the key of the run's manifest. */
export async function storedRunManifest(store: Store, plan: Plan, signal?: AbortSignal): Promise<Stored<RunManifest>> {
  return await readStored(store, runManifestKey(plan.run, plan.planId), runManifestSchema, signal);
}

/** The repairs of a file that are not closed yet. */
export function pendingRepairs(manifest: Stored<FileManifest>): readonly PendingRepair[] {
  return manifest.state === 'valid' && manifest.value.state === 'revoked' ? manifest.value.repairs : [];
}

/**
 * Revokes the manifests of a file and of its run before a repair changes anything under them. A revoked manifest is
 * written even where none was there: a concurrent closer that has read receipts already then fails at its conditional
 * write and starts again. The file's comes first: a closer of the run reads the run's manifest and then those of the
 * files, so one that has read the file's manifest as closed fails at the run's, which is revoked after it. Until it is,
 * the run keeps its manifest, and everything that the manifest names.
 */
export async function revokeManifests(
  store: Store,
  plan: Plan,
  file: string,
  repair: PendingRepair,
  signal?: AbortSignal,
): Promise<void> {
  await revoke(store, fileManifestKey(plan.run, plan.planId, file), fileManifestSchema, repair, signal);
  await revoke(store, runManifestKey(plan.run, plan.planId), runManifestSchema, null, signal);
}

async function revoke(
  store: Store,
  key: string,
  schema: z.ZodType<FileManifest | RunManifest>,
  repair: PendingRepair | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  const nonce = randomUUID();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const there = await readStored(store, key, schema, signal);
    const value = there.state === 'valid' ? there.value : null;
    // the answer to our own write was lost
    if (value?.state === 'revoked' && value.nonce === nonce) return;
    const repairs = mergeRepairs(value?.state === 'revoked' ? value.repairs : [], repair);
    const revoked: RevokedManifest = { version: 2, state: 'revoked', repairs, nonce };
    if (await store.putJson(key, revoked, replacing(there), signal)) return;
  }
  throw new FleetError('MANIFEST_CONTESTED', `${key}: others keep writing it; try again`);
}

/** A split waits for the repair that named it last: an earlier one may have been given up. */
function mergeRepairs(pending: readonly PendingRepair[], repair: PendingRepair | null): PendingRepair[] {
  if (repair === null) return [...pending];
  const named = new Set(repair.splits);
  const others = pending
    .filter(({ id }) => id !== repair.id)
    .map(({ id, splits }) => ({ id, splits: splits.filter((split) => !named.has(split)) }))
    .filter(({ splits }) => splits.length > 0);
  return [...others, repair];
}
