import { runManifestKey } from '@wikifleet/domain/keys';
import type { FileManifestResult, RunManifestResult } from '@wikifleet/domain/manifests';
import type { Plan } from '@wikifleet/domain/plan';
import type { Failure } from '@wikifleet/domain/receipts';
import type { Run } from '@wikifleet/domain/run';
import { filesWithManifest, readFileManifest, readRunManifest } from '@wikifleet/runs/manifests';
import { readFailures } from '@wikifleet/runs/failures';
import { loadPlan } from '@wikifleet/runs/load-plan';
import type { Queue } from '@wikifleet/queue/queue';
import type { Store } from '@wikifleet/store/store';

/** What has become of a run so far. */
export interface RunState {
  readonly plan: Plan;
  /** Null until the run is complete. */
  readonly manifest: RunManifestResult | null;
  readonly manifestKey: string;
  readonly done: ReadonlyMap<string, FileManifestResult>;
  /** Failures of files that have no manifest. */
  readonly failures: readonly Failure[];
}

/** Follows runs by what they keep on S3. A manifest that was read once is not read again. */
export class RunWatcher {
  readonly #store: Store;
  readonly #plans: readonly Plan[];
  readonly #done = new Map<string, FileManifestResult>();

  private constructor(store: Store, plans: readonly Plan[]) {
    this.#store = store;
    this.#plans = plans;
  }

  static async open(store: Store, runs: readonly Run[]): Promise<RunWatcher> {
    const plans: Plan[] = [];
    for (const run of runs) {
      const plan = await loadPlan(store, run);
      if (plan !== null) plans.push(plan);
    }
    return new RunWatcher(store, plans);
  }

  get plans(): readonly Plan[] {
    return this.#plans;
  }

  async read(): Promise<RunState[]> {
    const states: RunState[] = [];
    for (const plan of this.#plans) states.push(await this.#readRun(plan));
    return states;
  }

  async #readRun(plan: Plan): Promise<RunState> {
    const done = new Map<string, FileManifestResult>();
    // one list call for each 1,000 files: asking for each manifest would take longer than the work itself
    const written = await filesWithManifest(this.#store, plan);
    for (const { file } of plan.files) {
      if (!written.has(file)) continue;
      const key = `${plan.planId}/${file}`;
      const manifest = this.#done.get(key) ?? (await readFileManifest(this.#store, plan, file));
      if (manifest === null) continue;
      this.#done.set(key, manifest);
      done.set(file, manifest);
    }
    const all = done.size === plan.files.length;
    const failures = all ? [] : (await readFailures(this.#store, plan)).filter(({ file }) => !done.has(file));
    const manifest = all ? await readRunManifest(this.#store, plan) : null;
    return { plan, manifest, manifestKey: runManifestKey(plan.run, plan.planId), done, failures };
  }
}

/** Whether nothing more will happen: each run is complete, or its open files have failed and both queues are empty. */
export async function isOver(states: readonly RunState[], queues: readonly Queue[]): Promise<boolean> {
  if (states.every(({ manifest }) => manifest !== null)) return true;
  for (const { plan, done, failures } of states) {
    const failed = new Set(failures.map(({ file }) => file));
    if (plan.files.some(({ file }) => !done.has(file) && !failed.has(file))) return false;
  }
  for (const queue of queues) {
    const { visible, inFlight, delayed } = await queue.depth();
    if (visible + inFlight + delayed > 0) return false;
  }
  return true;
}
