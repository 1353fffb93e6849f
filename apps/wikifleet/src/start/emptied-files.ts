import { readQuarantine } from '@wikifleet/dashboard/read-quarantine';
import { quarantinePrefix } from '@wikifleet/domain/keys';
import type { Store } from '@wikifleet/store/store';
import type { RunState } from './run-state.js';

/** A file that was converted to its end and is not complete, since something of every page went to the quarantine. */
export interface EmptiedFile {
  readonly state: RunState;
  readonly file: string;
  /** Of the first records of the quarantine. */
  readonly reasons: readonly string[];
}

const MAX_REASONS = 3;

/** The files that failed as `NOTHING_READABLE`, with the first reasons of their quarantine. Two or three calls a file. */
export async function emptiedFiles(store: Store, states: readonly RunState[]): Promise<EmptiedFile[]> {
  const emptied: EmptiedFile[] = [];
  for (const state of states) {
    for (const { file, code } of state.failures) {
      if (code !== 'NOTHING_READABLE') continue;
      emptied.push({ state, file, reasons: await firstReasons(store, state, file) });
    }
  }
  return emptied;
}

async function firstReasons(store: Store, { plan }: RunState, file: string): Promise<string[]> {
  const signal = new AbortController().signal;
  const reasons = new Set<string>();
  for await (const { key } of store.list(quarantinePrefix(plan.run, file), signal)) {
    const quarantine = await readQuarantine(store, key, signal);
    for (const { reason } of quarantine?.records ?? []) reasons.add(reason);
    if (reasons.size >= MAX_REASONS) break;
  }
  return [...reasons].slice(0, MAX_REASONS);
}
