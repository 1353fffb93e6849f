import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../end-to-end/programs.js';
import type { Ended } from '../end-to-end/programs.js';
import { ChaosFleet } from './chaos-fleet.js';
import { strike } from './chaos-hand.js';
import { operate } from './chaos-operator.js';
import { startChaosMirror } from './chaos-mirror.js';
import type { ChaosMirror } from './chaos-mirror.js';
import { CloudWatcher, compareRows } from './chaos-outcome.js';
import type { Snapshot } from './chaos-outcome.js';
import { eventsOf, problemsOf } from './chaos-problems.js';
import { ChaosProxy } from './chaos-proxy.js';
import { ChaosRandom } from './chaos-random.js';
import { ChaosTally } from './chaos-tally.js';

export interface ChaosOptions {
  /** Of this run alone; it is not removed. */
  readonly folder: string;
  /** The mirror's folder, as `writeChaosSample` makes it. */
  readonly sample: string;
  readonly splitBytes: number;
  readonly converters: number;
  /** A cloud that is there already; null: one of the run's own. */
  readonly cloud: string | null;
  readonly everyMs: readonly [least: number, most: number];
  /** Between two commands of the operator, in milliseconds. */
  readonly operatorEveryMs: readonly [min: number, max: number];
  /** For so long the operator works at least; 0: there is none. */
  readonly operatorSeconds: number;
  /** Until the manifest must be there, and again until the queues must be empty. */
  readonly patienceSeconds: number;
}

export interface ChaosOutcome {
  readonly seed: number;
  readonly seconds: number;
  readonly tally: ChaosTally;
  readonly snapshot: Snapshot;
  readonly lost: number;
  readonly doubled: number;
  /** Keys of superseded plans that were written late, and that a last repair deleted. */
  readonly leftovers: number;
  /** What is not as it should be, in words. */
  readonly problems: readonly string[];
  /** How often the workers logged what. */
  readonly events: ReadonlyMap<string, number>;
}

const VISIBILITY_SECONDS = 4;
const CLOUD_KILLS = 2;
const MAX_FORCED = 2;

/** Runs a fleet over the sample wiki until its queues are empty: undisturbed without a seed, else under that seed's faults. */
export async function runChaos(
  options: ChaosOptions,
  seed: number | null,
  calm: Snapshot | null,
): Promise<ChaosOutcome> {
  const started = performance.now();
  await mkdir(options.folder, { recursive: true });
  const random = new ChaosRandom(seed ?? 0);
  const tally = new ChaosTally();
  const { folder, cloud } = options;
  const fleet = new ChaosFleet({ folder, cloud, visibilitySeconds: VISIBILITY_SECONDS });
  const mirror = await startChaosMirror(options.sample, seed === null ? null : { random, tally });
  const stack: { close: () => unknown }[] = [mirror, fleet];
  try {
    await fleet.startCloud();
    const watcher = new CloudWatcher(fleet.cloudEndpoint);
    stack.push(watcher);
    if (cloud !== null) await watcher.forget();
    const proxy = await ChaosProxy.listen({
      target: fleet.cloudEndpoint,
      random,
      tally,
      visibilitySeconds: VISIBILITY_SECONDS,
      redeliver: async (queueUrl, handle) => await watcher.makeVisible(queueUrl, handle),
    });
    stack.push(proxy);
    if (seed === null) proxy.calm();
    await fleet.connectTo(proxy.endpoint, mirror.port);
    const { planId, ended, leftovers } = await work(options, seed, { fleet, watcher, proxy, mirror, random, tally });
    const snapshot = await watcher.snapshot(planId);
    const rows = compareRows(calm ?? snapshot, snapshot);
    return {
      seed: seed ?? 0,
      seconds: (performance.now() - started) / 1000,
      tally,
      snapshot,
      lost: rows.lost,
      doubled: rows.doubled,
      leftovers,
      problems: await problemsOf(watcher, planId, calm ?? snapshot, snapshot, rows.differing, ended),
      events: eventsOf(ended),
    };
  } finally {
    await writeFile(join(folder, 'workers.log'), fleet.logs());
    for (const { close } of stack.toReversed().map((item) => ({ close: item.close.bind(item) }))) await close();
  }
}

interface Stage {
  readonly fleet: ChaosFleet;
  readonly watcher: CloudWatcher;
  readonly proxy: ChaosProxy;
  readonly mirror: ChaosMirror;
  readonly random: ChaosRandom;
  readonly tally: ChaosTally;
}

/** Seeds, works until the run's manifest is there, then without faults until nothing is left to do. */
async function work(
  options: ChaosOptions,
  seed: number | null,
  stage: Stage,
): Promise<{ planId: string; ended: readonly Ended[]; leftovers: number }> {
  const { fleet, watcher, proxy, mirror, random, tally } = stage;
  fleet.startWorker('downloader');
  fleet.startWorker('downloader');
  for (let i = 0; i < options.converters; i += 1) fleet.startWorker('converter');
  const stop = new AbortController();
  const hand =
    seed === null
      ? Promise.resolve()
      : strike(
          {
            fleet,
            random,
            tally,
            visibilitySeconds: VISIBILITY_SECONDS,
            everyMs: options.everyMs,
            cloudKills: options.cloud === null ? CLOUD_KILLS : 0,
          },
          stop.signal,
        );
  // its error is this function's, but not before the work is over
  hand.catch(() => {});
  let operator = Promise.resolve();
  try {
    await seedRun(options, seed === null ? null : stage);
    if (seed !== null && options.operatorSeconds > 0) {
      const { splitBytes, operatorEveryMs: everyMs } = options;
      operator = operate({ fleet, random, tally, splitBytes, everyMs, maxForced: MAX_FORCED }, stop.signal);
      operator.catch(() => {});
      // long enough that the run is started again and repaired in the middle of its work
      await sleep(options.operatorSeconds * 1000);
    }
    await until(
      'the run has its manifest',
      async () => await watcher.isClosed().catch(() => false),
      options.patienceSeconds,
    );
    stop.abort();
    await hand;
    proxy.calm();
    mirror.calm();
    await operator;
    // what the operator's last command enqueued, or left undone where it was killed
    await seedRun(options, null);
    await until(
      'the run has its last manifest',
      async () => await watcher.isClosed().catch(() => false),
      options.patienceSeconds,
    );
    await until(
      'the queues are empty',
      async () => {
        const { download, convert } = await watcher.messages();
        return download + convert + proxy.pending === 0;
      },
      options.patienceSeconds,
    );
    const leftovers = await proveRun(fleet);
    const planId = (await watcher.planId()) ?? '';
    return { planId, ended: await fleet.stopWorkers(), leftovers };
  } finally {
    stop.abort();
    await hand.catch(() => {});
    await operator.catch(() => {});
  }

  /** A seed that dies or fails is done again, as its user would. */
  async function seedRun(o: ChaosOptions, disturbed: Stage | null): Promise<string> {
    if (disturbed !== null) {
      const first = fleet.seed(o.splitBytes);
      await sleep(random.between(500, 2500));
      if (first.child.kill('SIGKILL')) tally.add('seed killed');
      await first.ended;
    }
    for (let attempt = 1; ; attempt += 1) {
      const { code, stdout, stderr } = await fleet.seed(o.splitBytes).ended;
      if (code === 0) return (JSON.parse(stdout) as { planId: string }).planId;
      if (disturbed === null || attempt === 10) throw new Error(`the seed fails: ${stderr}`);
      await sleep(500);
    }
  }
}

/**
 * `fleet verify` must prove the run. Keys that a superseded plan's worker wrote late are allowed, but nothing else, and a
 * repair must delete them. Returns how many there were.
 */
async function proveRun(fleet: ChaosFleet): Promise<number> {
  const { code, stdout } = await fleet.verify(['--json', '--repair']).ended;
  const { problems } = JSON.parse(stdout) as { problems: { code: string; message: string }[] };
  const others = problems.filter((problem) => problem.code !== 'SUPERSEDED_KEY');
  if (others.length > 0) throw new Error(`verify: ${others.map((p) => `${p.code} ${p.message}`).join('; ')}`);
  if (problems.length === 0 && code === 0) return 0;
  const again = await fleet.verify([]).ended;
  if (again.code !== 0) throw new Error(`verify after the repair: ${again.stdout}`);
  return problems.length;
}
