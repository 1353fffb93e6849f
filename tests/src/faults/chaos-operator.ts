import { setTimeout as sleep } from 'node:timers/promises';
import type { ChaosFleet } from './chaos-fleet.js';
import type { ChaosRandom } from './chaos-random.js';
import type { ChaosTally } from './chaos-tally.js';

export interface OperatorOptions {
  readonly fleet: ChaosFleet;
  readonly random: ChaosRandom;
  readonly tally: ChaosTally;
  readonly splitBytes: number;
  /** Between two commands, in milliseconds. */
  readonly everyMs: readonly [min: number, max: number];
  /** How often the run may be started again with `--force`. */
  readonly maxForced: number;
}

/**
 * An operator who seeds again, starts the run again and repairs it while it is under way, sometimes two commands at once,
 * sometimes killed in the middle, until `signal` aborts.
 */
export async function operate(options: OperatorOptions, signal: AbortSignal): Promise<void> {
  const { random, everyMs } = options;
  const running: Promise<void>[] = [];
  let forced = 0;
  for (;;) {
    await sleep(random.between(...everyMs), undefined, { signal }).catch(() => {});
    if (signal.aborted) break;
    const dice = random.next();
    if (forced < options.maxForced && dice < 0.3) {
      forced += 1;
      running.push(command(options, 'seed_forced'));
      if (random.chance(0.3)) running.push(command(options, 'seed_forced'));
    } else if (dice < 0.5) {
      running.push(command(options, 'seed_repeated'));
    } else {
      running.push(command(options, 'run_repaired'));
      if (random.chance(0.5)) running.push(command(options, 'run_repaired'));
    }
  }
  await Promise.all(running);
}

/** Whatever it ends with: a command may lose against another, and says so by its exit code. */
async function command(
  { fleet, random, tally, splitBytes }: OperatorOptions,
  fault: 'seed_forced' | 'seed_repeated' | 'run_repaired',
): Promise<void> {
  const running =
    fault === 'run_repaired' ? fleet.verify(['--repair']) : fleet.seed(splitBytes, fault === 'seed_forced');
  tally.add(fault);
  if (random.chance(0.2)) {
    await sleep(random.between(300, 2500));
    running.child.kill('SIGKILL');
  }
  await running.ended;
}
