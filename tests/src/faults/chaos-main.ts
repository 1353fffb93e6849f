import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import { runMain } from '@wikifleet/worker/run-main';
import { printLine } from '@wikifleet/worker/terminal';
import { chaosTable } from './chaos-table.js';
import { runChaos } from './chaos-run.js';
import type { ChaosOptions, ChaosOutcome } from './chaos-run.js';
import { writeChaosSample } from './chaos-sample.js';

const COMMAND_LINE = {
  usage: 'npm run chaos -- [--seeds N] [--seed N] [flags]',
  about:
    'Runs the whole fleet over a sample wiki, once undisturbed and then once a seed under faults: workers and the cloud\n' +
    'are killed, messages come twice, acknowledgements late, connections break. Prints what was survived and whether\n' +
    'rows were lost or doubled; exit code 1 where anything is not as in the undisturbed run.',
  flags: {
    seeds: { type: 'string', value: 'N', help: 'how many (default: 20)' },
    seed: { type: 'string', value: 'N', help: 'the first; the others follow (default: 1)' },
    megabytes: { type: 'string', value: 'N', help: 'of XML in the sample wiki, beside one large file (default: 3)' },
    'split-bytes': { type: 'string', value: 'N', help: 'compressed bytes of a split (default: 12000)' },
    converters: { type: 'string', value: 'N', help: 'processes (default: as many as processors)' },
    keep: { type: 'boolean', help: 'leave the folder of a seed that failed, and say where it is' },
  },
} as const;

/** Two upload parts, raw and as gzip rows. */
const LARGE_BYTES = 8_000_000;
const say = printLine;

async function main(): Promise<ExitCode> {
  const { flags } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  const seeds = wholeNumber('seeds', flags.seeds ?? '20', 1, 10_000);
  const first = wholeNumber('seed', flags.seed ?? '1', 0, 1_000_000_000);
  const megabytes = wholeNumber('megabytes', flags.megabytes ?? '3', 1, 1000);
  const folder = await mkdtemp(join(tmpdir(), 'wikifleet-chaos-'));
  const sample = join(folder, 'sample');
  const options = (name: string): ChaosOptions => ({
    folder: join(folder, name),
    sample,
    splitBytes: wholeNumber('split-bytes', flags['split-bytes'] ?? '12000', 1000, 2 ** 30),
    converters: wholeNumber('converters', flags.converters ?? String(availableParallelism()), 1, 64),
    cloud: null,
    everyMs: [1500, 4500],
    operatorEveryMs: [2000, 5000],
    operatorSeconds: 15,
    patienceSeconds: 600,
  });
  let failed = 0;
  try {
    await writeChaosSample(sample, megabytes, LARGE_BYTES);
    const calm = await runChaos(options('calm'), null, null);
    const { rows, parts, splits } = calm.snapshot;
    say(`undisturbed: ${rows} rows of ${splits} splits in ${parts.size} parts, ${calm.seconds.toFixed(0)} s`);
    const outcomes: ChaosOutcome[] = [];
    for (let seed = first; seed < first + seeds; seed += 1) {
      const name = `seed-${seed}`;
      const problems: string[] = [];
      try {
        const outcome = await runChaos(options(name), seed, calm.snapshot);
        outcomes.push(outcome);
        problems.push(...outcome.problems);
        const { seconds, tally, lost, doubled } = outcome;
        say(`seed ${seed}: ${tally.total} faults, ${lost} rows lost, ${doubled} doubled, ${seconds.toFixed(0)} s`);
      } catch (error) {
        problems.push(error instanceof Error ? error.message : String(error));
      }
      for (const problem of problems) say(`seed ${seed}: ${problem}`);
      if (problems.length > 0) failed += 1;
      if (problems.length > 0 && flags.keep === true) say(`seed ${seed}: left in ${join(folder, name)}`);
      else await rm(join(folder, name), { recursive: true, force: true });
    }
    for (const line of chaosTable(outcomes)) say(line);
    say(`${seeds - failed} of ${seeds} seeds ended as the undisturbed run`);
    return failed === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
  } finally {
    if (failed === 0 || flags.keep !== true) await rm(folder, { recursive: true, force: true });
  }
}

// by its exit the fleet is killed too
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(EXIT_CODES.stopped));
await runMain(async () => await main());
