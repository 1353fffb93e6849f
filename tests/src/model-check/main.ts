/** Runs schedules of the model check. Usage: node tests/dist/model-check/main.js [SCHEDULES] [FIRST SEED] */
import { runSchedule } from './run-schedule.js';

const schedules = Number(process.argv[2] ?? 2000);
const first = Number(process.argv[3] ?? 1);
const isVerbose = process.argv[4] === 'trace';
const maxFailures = Number(process.env['MODEL_MAX_FAILURES'] ?? 1);
const hits = new Map<string, number>();
let steps = 0;
let failures = 0;
const cpu = process.cpuUsage();
for (let seed = first; seed < first + schedules; seed += 1) {
  const result = await runSchedule({ seed, hits });
  steps += result.steps;
  if (isVerbose) process.stdout.write(`${result.trace.join('\n')}\n`);
  if (result.violations.length === 0) continue;
  failures += 1;
  process.stdout.write(`seed ${seed}: ${result.violations.join('\n  ')}\n`);
  if (maxFailures === 1 && !isVerbose && process.env['MODEL_QUIET'] === undefined) process.stdout.write(`${result.trace.join('\n')}\n`);
  if (failures >= maxFailures) break;
}
const { user, system } = process.cpuUsage(cpu);
if (process.env['MODEL_HITS'] !== undefined)
  for (const [name, count] of [...hits].sort()) process.stdout.write(`${String(count).padStart(8)}  ${name}\n`);
process.stdout.write(`${schedules} schedules, ${steps} steps, ${((user + system) / 1e6).toFixed(1)} s of CPU, ${failures} failures\n`);
process.exitCode = failures > 0 ? 1 : 0;
