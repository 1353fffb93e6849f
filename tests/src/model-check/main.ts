/**
 * Runs schedules of the model check, and says the first violation with its trace.
 *
 * usage: npm run model -- [--schedules N] [--seed N] [--trace] [--coverage]
 *
 * Exit code 1 where a schedule broke an invariant.
 */
import { parseArgs } from 'node:util';
import { describeCoverage } from './coverage.js';
import { runSchedule } from './run-schedule.js';

const { values: flags } = parseArgs({
  options: {
    schedules: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
    /** Goes on behind a violation, and prints no trace of it. */
    all: { type: 'boolean', default: false },
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const [first, count] = [Number(flags.seed), Number(flags.schedules)];
const hits = new Map<string, number>();
let [steps, failed] = [0, 0];
const before = process.cpuUsage();
for (let seed = first; seed < first + count; seed += 1) {
  const { violations, trace, steps: taken } = await runSchedule({ seed, hits });
  steps += taken;
  if (flags.trace || (violations.length > 0 && !flags.all)) say(trace.join('\n'));
  if (violations.length === 0) continue;
  failed += 1;
  say(`seed ${seed}: ${violations.join('\n  ')}`);
  if (!flags.all) break;
}
if (flags.coverage) say(describeCoverage(hits).lines.join('\n'));
const { user, system } = process.cpuUsage(before);
say(`${count} schedules, ${steps} steps, ${((user + system) / 1e6).toFixed(1)} s of processor time, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
