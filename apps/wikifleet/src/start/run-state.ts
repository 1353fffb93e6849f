import { runManifestKey } from '@wikifleet/domain/keys';
import type { FileManifestResult, RunManifestResult } from '@wikifleet/domain/manifests';
import type { Plan } from '@wikifleet/domain/plan';
import type { Failure } from '@wikifleet/domain/receipts';
import { runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import { filesWithManifest, readFileManifest, readRunManifest } from '@wikifleet/runs/manifests';
import { readFailures } from '@wikifleet/runs/failures';
import { mapParallel } from '@wikifleet/runs/map-parallel';
import { loadPlan } from '@wikifleet/runs/load-plan';
import type { Queue } from '@wikifleet/queue/queue';
import type { Store } from '@wikifleet/store/store';

/** Manifests that are read at once. */
const PARALLEL_READS = 8;

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

/** A run whose plan is there; `isNew`: the plan was written just now, and nothing was done under it. */
export interface SeededRun {
  readonly run: Run;
  readonly isNew: boolean;
}

/** Follows runs by what they keep on S3. A manifest that was read once is not read again, nor is a run that is complete. */
export class RunWatcher {
  readonly #store: Store;
  readonly #states: RunState[];
  readonly #done = new Map<string, FileManifestResult>();

  private constructor(store: Store, states: RunState[]) {
    this.#store = store;
    this.#states = states;
  }

  /** Reads the plans, and what was done under those that are not new. */
  static async open(store: Store, runs: readonly SeededRun[]): Promise<RunWatcher> {
    const states: RunState[] = [];
    const known = new Set<string>();
    for (const { run, isNew } of runs) {
      const plan = await loadPlan(store, run);
      if (plan === null) continue;
      states.push(stateOf(plan, null, new Map(), []));
      if (!isNew) known.add(runName(run));
    }
    const watcher = new RunWatcher(store, states);
    await watcher.read(known);
    return watcher;
  }

  get plans(): readonly Plan[] {
    return this.#states.map(({ plan }) => plan);
  }

  /** What is known of each run, in the order of the runs. */
  get states(): readonly RunState[] {
    return this.#states;
  }

  /** Reads the runs anew that are not complete: those of the given names, or all. Two requests a run, and one a file done. */
  async read(names?: ReadonlySet<string>): Promise<readonly RunState[]> {
    for (const [at, { plan, manifest }] of this.#states.entries()) {
      if (manifest !== null || names?.has(runName(plan.run)) === false) continue;
      this.#states[at] = await this.#readRun(plan);
    }
    return [...this.#states];
  }

  async #readRun(plan: Plan): Promise<RunState> {
    const done = new Map<string, FileManifestResult>();
    // one list call for each 1,000 files: asking for each manifest would take longer than the work itself
    const written = await filesWithManifest(this.#store, plan);
    const files = plan.files.map(({ file }) => file).filter((file) => written.has(file));
    const manifests = await mapParallel(files, PARALLEL_READS, async (file) => {
      const key = `${plan.planId}/${file}`;
      const manifest = this.#done.get(key) ?? (await readFileManifest(this.#store, plan, file));
      if (manifest !== null) this.#done.set(key, manifest);
      return manifest;
    });
    for (const [at, file] of files.entries()) {
      const manifest = manifests[at] ?? null;
      if (manifest !== null) done.set(file, manifest);
    }
    const all = done.size === plan.files.length;
    const failures = all ? [] : (await readFailures(this.#store, plan)).filter(({ file }) => !done.has(file));
    const manifest = all ? await readRunManifest(this.#store, plan) : null;
    return stateOf(plan, manifest, done, failures);
  }
}

function stateOf(
  plan: Plan,
  manifest: RunManifestResult | null,
  done: ReadonlyMap<string, FileManifestResult>,
  failures: readonly Failure[],
): RunState {
  return { plan, manifest, manifestKey: runManifestKey(plan.run, plan.planId), done, failures };
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
