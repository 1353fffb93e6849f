import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { messageOf, UsageError } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import { runMain } from '@wikifleet/worker/run-main';
import { printLine, reportLine } from '@wikifleet/worker/terminal';
import { checkDocuments, writeDocuments } from './figure-documents.js';
import { STEPS } from './figure-steps.js';
import type { Step } from './figure-steps.js';
import { keepFigures, readKept } from './kept-results.js';

const COMMAND_LINE = {
  usage: 'npm run figures -- [flags]',
  about:
    'Measures and draws anew what README.md and docs/ quote and show. A step that cannot run here is skipped with a word\n' +
    'and keeps the old; one that fails does not stop the others, and the exit code is then 1. Then all documents are\n' +
    'written from the results that are kept in bench/results, a line each major version of Node: run it with each whose\n' +
    'figures are to be new, on a machine that does nothing else.',
  flags: {
    list: { type: 'boolean', help: 'say what each step measures and writes, and about how long it takes' },
    only: { type: 'string', value: 'NAMES', help: 'only these steps, with commas between; none: only the documents' },
    check: { type: 'boolean', help: 'measure nothing; fail where a document differs from the kept results' },
    quick: { type: 'boolean', help: 'each step as small as it goes, and nothing is kept: shows that it runs' },
  },
} as const;
/** A step that takes so many times its minutes hangs. */
const PATIENCE = 6;

const root = fileURLToPath(new URL('../../', import.meta.url));
const RESULTS = join(root, 'bench/results');
const running = new Set<number>();

function say(line: string): void {
  reportLine(`figures: ${line}`);
}

async function main(argv: readonly string[]): Promise<ExitCode> {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const steps = chosen(flags.only);
  if (flags.list === true) {
    steps.flatMap(described).forEach(printLine);
    return EXIT_CODES.done;
  }
  if (flags.check === true) return await check();
  const failures: string[] = [];
  let done = 0;
  for (const step of steps) {
    const began = performance.now();
    try {
      const why = flags.quick === true ? null : ((await step.lacks?.(say)) ?? null);
      if (why !== null) {
        say(`${step.name}: skipped, and keeps the old: ${why}`);
        continue;
      }
      say(`${step.name}: ${step.measures} (about ${step.minutes} minutes)`);
      await run(step, flags.quick === true);
      done += 1;
      say(`${step.name}: done in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    } catch (error) {
      failures.push(step.name);
      say(`${step.name}: FAILED, and keeps the old: ${messageOf(error)}`);
    }
  }
  if (flags.quick !== true && (done > 0 || steps.length === 0)) {
    const changed = await writeDocuments(root, await readKept(RESULTS));
    say(changed.length === 0 ? 'the documents stay as they were' : `written: ${changed.join(', ')}`);
  }
  if (failures.length > 0) say(`failed: ${failures.join(', ')}`);
  return failures.length === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
}

async function check(): Promise<ExitCode> {
  const problems = await checkDocuments(root, await readKept(RESULTS));
  problems.forEach(printLine);
  if (problems.length > 0) say('"npm run figures -- --only none" writes the documents from the kept results');
  else say('every figure is the one that is kept');
  return problems.length === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
}

function chosen(names: string | undefined): readonly Step[] {
  if (names === undefined) return STEPS;
  if (names === 'none') return [];
  const wanted = names.split(',');
  for (const name of wanted) {
    if (STEPS.some((step) => step.name === name)) continue;
    const known = STEPS.map((step) => step.name).join(', ');
    throw new UsageError('FLAG_REFUSED', `--only: expected ${known}; received ${JSON.stringify(name)}`);
  }
  return STEPS.filter(({ name }) => wanted.includes(name));
}

function described({ name, measures, writes, minutes, command }: Step): string[] {
  return [
    `${name}, about ${minutes} minutes: ${measures}`,
    `  runs   ${command.join(' ')}`,
    `  writes ${writes.join(', ')}`,
  ];
}

/** Runs a step's program, in a process group that ends with it, and keeps its figures. */
async function run(step: Step, quick: boolean): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), 'wikifleet-figures-'));
  try {
    const words = (quick ? step.quick : step.command).map((word) => (word === 'TEMPORARY' ? temporary : word));
    const [program = '', ...args] = words;
    const child = spawn(program === 'node' ? process.execPath : program, args, {
      cwd: root,
      env: { ...process.env, ...step.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    let output = '';
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString();
      process.stdout.write(bytes);
    });
    const ended = once(child, 'close');
    if (child.pid !== undefined) running.add(child.pid);
    const timer = setTimeout(() => killGroup(child.pid), PATIENCE * step.minutes * 60_000);
    try {
      const [code, signal] = (await ended) as [number | null, string | null];
      if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code ?? signal}`);
    } finally {
      clearTimeout(timer);
      if (child.pid !== undefined) running.delete(child.pid);
    }
    if (!quick && step.figures !== undefined) await keepFigures(RESULTS, step.figures.set, step.figures.of(output));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // it has ended
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    for (const pid of running) killGroup(pid);
    process.exit(EXIT_CODES.stopped);
  });
}
await runMain(async () => await main(process.argv.slice(2)));
