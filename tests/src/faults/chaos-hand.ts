import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../end-to-end/programs.js';
import type { ChaosFleet, Worker } from './chaos-fleet.js';
import type { ChaosRandom } from './chaos-random.js';
import type { ChaosTally } from './chaos-tally.js';

export interface HandOptions {
  readonly fleet: ChaosFleet;
  readonly random: ChaosRandom;
  readonly tally: ChaosTally;
  readonly visibilitySeconds: number;
  /** Between two blows, in milliseconds. */
  readonly everyMs: readonly [least: number, most: number];
  /** How often the cloud may be killed. */
  readonly cloudKills: number;
}

/** Kills, stops and freezes the programs of a fleet, one after the other, until `signal` aborts; what it kills is started again. */
export async function strike(options: HandOptions, signal: AbortSignal): Promise<void> {
  const { random, everyMs, cloudKills } = options;
  const thawing: Promise<void>[] = [];
  let clouds = 0;
  for (;;) {
    await sleep(random.between(...everyMs), undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    const dice = random.next();
    if (clouds < cloudKills && dice < 0.1) {
      clouds += 1;
      await restartCloud(options);
    } else if (dice < 0.2) {
      thawing.push(freeze(options));
    } else {
      await replace(options, dice < 0.3 ? 'SIGTERM' : 'SIGKILL');
    }
  }
  await Promise.all(thawing);
}

async function restartCloud({ fleet, random, tally }: HandOptions): Promise<void> {
  tally.add('cloud killed');
  await fleet.killCloud();
  await sleep(random.between(0, 1000));
  await fleet.startCloud();
}

function victim({ fleet, random }: HandOptions): Worker | null {
  const awake = fleet.workers.filter(({ frozen }) => !frozen);
  return awake.length === 0 ? null : random.pick(awake);
}

/** Waits for the new one to listen: on a busy machine a fleet would only be started, and never work. */
async function replace(options: HandOptions, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const worker = victim(options);
  if (worker === null) return;
  worker.running.child.kill(signal);
  options.tally.add(signal === 'SIGKILL' ? 'worker killed' : 'worker told to stop');
  const { running } = options.fleet.startWorker(worker.kind);
  const listens = (): boolean => running.child.exitCode !== null || running.output().includes('"event":"started"');
  await until('a new worker listens', listens, 20).catch(() => {});
}

/** Past its lease another worker has its message; then it wakes, in the middle of what it did. */
async function freeze(options: HandOptions): Promise<void> {
  const worker = victim(options);
  if (worker === null) return;
  worker.frozen = true;
  worker.running.child.kill('SIGSTOP');
  options.tally.add('worker frozen past its lease');
  await sleep(1000 * (options.visibilitySeconds + options.random.between(0.5, 2)));
  worker.running.child.kill('SIGCONT');
  worker.frozen = false;
}
