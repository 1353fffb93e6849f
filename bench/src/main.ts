import { mkdir } from 'node:fs/promises';
import { arch, homedir, release, type } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as zlib from 'node:zlib';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { UsageError } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import { runMain } from '@wikifleet/worker/run-main';
import { printLine, reportLine } from '@wikifleet/worker/terminal';
import { writeDocuments } from './figure-documents.js';
import { Inputs } from './inputs.js';
import { readKept } from './kept-results.js';
import { MEMORY_SUITES, NO_ZSTD, suitesFor } from './legs.js';
import type { Suite } from './legs.js';
import { versionOf } from './measure.js';
import { findPeers, PEER_VERSIONS } from './peers.js';
import type { Peers } from './peers.js';
import { reportOf } from './report.js';
import { mergeResults, nodeMajor, processor, readResults, writeResults } from './results.js';
import type { Results, SuiteResult } from './results.js';
import { runSuite } from './run-suite.js';
import { scoreText } from './text/score-text.js';
import { wikifleet, wikrs, wtfWikipedia } from './text/text-programs.js';

const COMMAND_LINE = {
  usage: 'npm run bench -- [flags]',
  about:
    'Measures decoding and conversion beside what others do, whole processes in turn, and prints a table. A full run keeps\n' +
    'its figures in bench/results and writes docs/performance.md and docs/pictures/performance.svg.\n' +
    'Needs bzip2 and python3; lbzip2, zstd and lxml where they are to be had.',
  flags: {
    cache: { type: 'string', value: 'DIR', help: 'for dumps and peers (default: ~/.cache/wikifleet/bench)' },
    runs: { type: 'string', value: 'N', help: 'rounds that are measured (default: 5)' },
    megabytes: { type: 'string', value: 'N', help: 'of XML, at least (default: 220); four times as many for threads' },
    suite: { type: 'string', value: 'NAMES', help: 'only these suites, with commas between: main, threads, …' },
    peers: { type: 'boolean', help: 'wikrs, mwxml and wikiextractor too: they are installed into the cache' },
    text: { type: 'boolean', help: 'only scores of the text against reference texts; with --peers wikrs beside' },
    samples: { type: 'string', value: 'DIR', help: 'of --text: the reference texts (default: ../shared/samples/text)' },
    show: { type: 'string', value: 'N', help: 'of --text: prints the first N texts that are wrong' },
    memory: { type: 'boolean', help: 'only the peak memory, on dumps of 1 GB of XML' },
    report: { type: 'boolean', help: 'measures nothing, and writes document and picture anew from bench/results' },
    quick: { type: 'boolean', help: '20 MB, one round, nothing is kept: shows that everything runs' },
  },
} as const;

const root = fileURLToPath(new URL('../../', import.meta.url));
const RESULTS = join(root, 'bench/results');
const MEMORY_MEGABYTES = 1000;
const QUICK_MEGABYTES = 20;
const MEMORY_RUNS = 3;

function say(line: string): void {
  reportLine(`bench: ${line}`);
}

async function bench(argv: readonly string[]): Promise<ExitCode> {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const { quick = false, memory = false } = flags;
  if (flags.report === true) {
    await writeReport();
    return EXIT_CODES.done;
  }
  const cache = resolve(
    flags.cache ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'wikifleet/bench'),
  );
  if (flags.text === true) {
    const peers = flags.peers === true ? await findPeers(cache, true, say) : null;
    const program = peers?.wikrs ?? null;
    const programs = [wikifleet(), ...(program === null ? [] : [wikrs(program)]), wtfWikipedia()];
    const samples = resolve(flags.samples ?? join(root, '../shared/samples/text'));
    await scoreText(samples, programs, printLine, wholeNumber('show', flags.show ?? '0', 0, 10_000));
    return EXIT_CODES.done;
  }
  const rounds = wholeNumber('runs', flags.runs ?? (quick ? '1' : '5'), 1, 1000);
  const normal = memory ? MEMORY_MEGABYTES : 220;
  const megabytes = wholeNumber('megabytes', flags.megabytes ?? String(quick ? QUICK_MEGABYTES : normal), 1, 50_000);
  if ((await versionOf('python3', '--version')) === null) {
    throw new UsageError(
      'NO_PYTHON',
      'the bench needs python3, which is not on this machine: it reads what processes use',
    );
  }
  const peers = await findPeers(cache, flags.peers ?? false, say);
  if (peers.bzip2 === null) throw new UsageError('NO_BZIP2', 'the bench needs bzip2, which is not on this machine');
  const suites = chosen(memory ? MEMORY_SUITES : suitesFor(peers, await Inputs.haveReal()), flags.suite);
  const failures: string[] = [];
  const measured: SuiteResult[] = [];
  for (const suite of suites) {
    const input = await new Inputs(cache, megabytes * (quick ? 1 : suite.times), say).take(suite.input);
    const run = await runSuite(suite, input, memory ? Math.min(rounds, MEMORY_RUNS) : rounds, say);
    measured.push(run.result);
    failures.push(...run.failures);
  }
  const results: Results = {
    node: process.version,
    processor: processor(),
    system: `${type()} ${release()} ${arch()}`,
    versions: await versions(peers),
    suites: measured,
  };
  if (quick) reportOf([results]).split('\n').forEach(printLine);
  else await keep(results);
  for (const line of [...peers.missing, ...('zstdCompress' in zlib ? [] : [NO_ZSTD])]) say(`not measured: ${line}`);
  for (const line of failures) say(`FAILED: ${line}`);
  return failures.length === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
}

function chosen(suites: readonly Suite[], names: string | undefined): readonly Suite[] {
  if (names === undefined) return suites;
  const known = suites.map(({ name }) => name);
  return names.split(',').map((name) => {
    const suite = suites.find((one) => one.name === name);
    if (suite !== undefined) return suite;
    throw new UsageError('FLAG_REFUSED', `--suite: expected ${known.join(', ')}; received ${JSON.stringify(name)}`);
  });
}

async function versions({ lbzip2, python, others, wikrs, seekBzip }: Peers): Promise<Record<string, string>> {
  const number = (text: string | null): string => /\d+(\.\d+)+/.exec(text ?? '')?.[0] ?? 'unknown';
  const found: Record<string, string> = { bzip2: number(await versionOf('bzip2', '--help')) };
  if (lbzip2 !== null) found['lbzip2'] = number(await versionOf('lbzip2', '--version'));
  if (python !== null) found['Python'] = number(await versionOf(python, '--version'));
  const pinned = {
    lxml: python !== null,
    mwxml: others,
    wikiextractor: others,
    wikrs: wikrs !== null,
    'seek-bzip': seekBzip,
  };
  for (const [name, isHere] of Object.entries(pinned)) {
    if (isHere) found[name] = PEER_VERSIONS[name as keyof typeof PEER_VERSIONS];
  }
  return found;
}

async function keep(results: Results): Promise<void> {
  await mkdir(RESULTS, { recursive: true });
  const old = (await readResults(RESULTS)).find(({ node }) => nodeMajor(node) === nodeMajor(results.node));
  await writeResults(RESULTS, mergeResults(old, results));
  await writeReport();
}

/** Writes documents and pictures from all results that are kept. */
async function writeReport(): Promise<void> {
  const kept = await readKept(RESULTS);
  reportOf(kept.suites).split('\n').forEach(printLine);
  await writeDocuments(root, kept);
}

await runMain(async () => await bench(process.argv.slice(2)));
