import { join } from 'node:path';
import { lstat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { columnArguments } from '@wikifleet/config/column-flags';
import { filterArguments } from '@wikifleet/config/filter-flags';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import { startWatch } from '@wikifleet/dashboard/start-watch';
import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import type { RowsFormat } from '@wikifleet/domain/plan';
import { runSchema } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';
import { printLine, reportLine } from '@wikifleet/worker/terminal';
import { z } from 'zod';
import { shownName } from '../figures.js';
import { ProgressLine } from '../progress-line.js';
import { compareIndexes } from './compare-indexes.js';
import { FaultWatch } from './fault-watch.js';
import { FleetProcesses, runSeed } from './fleet-processes.js';
import type { Environment } from './fleet-processes.js';
import { realPathOf, refuseSharedFolders } from './folders.js';
import { LocalScaler } from './local-scaler.js';
import { forgetRuns, prepareOut, startCloud, startMirror } from './local-fleet.js';
import type { Folders, LoopbackCloud } from './local-fleet.js';
import { OwnKeys, refuseForeignFiles } from './own-keys.js';
import { Progress } from './progress.js';
import { RunWatcher, isOver } from './run-state.js';
import type { RunState } from './run-state.js';
import { emptiedFiles } from './emptied-files.js';
import { watchedTree } from './watched-tree.js';
import type { OpenSource, Source } from './sources.js';
import { failedFiles, summaryLines } from './summary.js';

export interface FleetOptions {
  readonly out: string;
  /** The folder of the dump files; undefined where there is none. */
  readonly from: string | undefined;
  readonly converters: number;
  /** Threads in each converter. */
  readonly workers: number;
  readonly splitBytes: number;
  /** Of the loopback cloud; 0: any free one. */
  readonly port: number;
  readonly filter: PageFilter;
  readonly rowsFormat: RowsFormat;
  readonly choice: ColumnChoice;
  /** What becomes of raw objects once a file's rows are whole. */
  readonly rawObjects: 'keep' | 'delete';
  readonly fresh: boolean;
  readonly force: boolean;
  readonly source: OpenSource;
}

const LOOK_EVERY_MS = 300;
/** Files that are open while no message is left are given up after so long. */
const IDLE_MS = 10_000;

/** Runs a fleet until its runs are complete, or what is left of them has failed. */
export async function runFleet(options: FleetOptions, releases: ReleaseStack): Promise<ExitCode> {
  const started = performance.now();
  const say = reportLine;
  const bar = releases.defer(new ProgressLine(process.stderr), (line) => line.clear());
  const { stop, abort } = stopBySignal(releases);
  const faults = new FaultWatch(abort);
  try {
    if (options.from !== undefined) await refuseSharedFolders(options.from, options.out);
    const out = await realPathOf(options.out);
    const own = await OwnKeys.read(out);
    await refuseForeignFiles(out, own);
    const folders = await prepareOut(options.out);
    const source = await options.source({
      out: folders.out,
      state: folders.state,
      say: (line) => {
        bar.clear();
        say(line);
      },
      progress: (fraction, text) => {
        stop.throwIfAborted();
        bar.show(fraction, text);
      },
    });
    bar.clear();
    stop.throwIfAborted();
    const loopback = await startCloud(folders, options.port, releases, faults);
    if (options.fresh) await forgetRuns(loopback.cloud, own);
    const states = await runSource(source, { options, folders, loopback, faults, bar, say, stop, releases });
    bar.clear();
    const emptied = await emptiedFiles(loopback.cloud.store, states);
    const ended = { states, emptied, source };
    for (const line of summaryLines(ended, folders.out, (performance.now() - started) / 1000)) {
      printLine(line);
    }
    const indexes = await compareIndexes(loopback.cloud.store, source.dumps, states);
    for (const line of indexes.compared) printLine(`  ${line}`);
    for (const line of indexes.problems) say(`wikifleet: ${line}`);
    const isComplete = states.every(({ manifest }) => manifest !== null) && indexes.problems.length === 0;
    return isComplete && failedFiles(ended).length === 0 ? EXIT_CODES.done : EXIT_CODES.failed;
  } catch (error) {
    bar.clear();
    // what was reported first is why everything after it failed
    if (faults.first !== undefined) throw faults.first;
    if (!stop.aborted) throw error;
    say('wikifleet: stopped; the same command goes on where this one stopped');
    return EXIT_CODES.stopped;
  }
}

interface RunningFleet {
  readonly options: FleetOptions;
  readonly folders: Folders;
  readonly loopback: LoopbackCloud;
  readonly faults: FaultWatch;
  readonly bar: ProgressLine;
  readonly say: (line: string) => void;
  readonly stop: AbortSignal;
  readonly releases: ReleaseStack;
}

/** Seeds the runs of a source, and works until nothing more will happen. */
async function runSource(source: Source, fleet: RunningFleet): Promise<RunState[]> {
  const { options, folders, loopback, faults, say, stop, releases } = fleet;
  if (source.seeds.length === 0) return [];
  const mirrors =
    source.tree === null
      ? {}
      : { WIKIFLEET_MIRRORS: await startMirror(watchedTree(source.tree, faults), folders.state, releases) };
  const environment = {
    ...loopback.environment,
    ...mirrors,
    WIKIFLEET_WORKERS: String(options.workers),
    WIKIFLEET_RAW_OBJECTS: options.rawObjects,
  };
  const runs = await seedAll(source.seeds, options, environment, say, stop);
  const watch = await startWatch({ cloud: loopback.cloud, runs, port: 0 });
  releases.defer(watch, async (page) => await page.close());
  say(`Watch it live: ${watch.url}`);
  return await work(fleet, environment, runs);
}

/** Of a plan that differs from the files of the folder, what that means and what to do. */
function explained(error: unknown): unknown {
  if (!(error instanceof FleetError) || error.code !== 'SEED_FAILED') return error;
  const changed = error.moreLines.flatMap((line) => /^\s*(\S+): (?:checksum|size): the plan has/.exec(line)?.[1] ?? []);
  if (changed.length === 0) return error;
  const files = [...new Set(changed)].join(', ');
  return new FleetError('FILES_CHANGED', error.message, {
    cause: error,
    moreLines: [
      ...error.moreLines,
      `Changed since the earlier start with this --out: ${files}. The rows there are those of the earlier files.`,
      '--force deletes these rows and converts the run again; another --out keeps them.',
    ],
  });
}

/** Aborts at the first SIGINT or SIGTERM, or when `abort` is called; everything is then released in order. */
function stopBySignal(releases: ReleaseStack): { stop: AbortSignal; abort: (error: FleetError) => void } {
  const controller = new AbortController();
  const onSignal = (): void => controller.abort(new FleetError('STOPPED', 'stopped by a signal'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, onSignal);
    releases.defer(signal, (name) => void process.off(name, onSignal));
  }
  return { stop: controller.signal, abort: (error) => controller.abort(error) };
}

async function seedAll(
  seeds: readonly (readonly string[])[],
  options: FleetOptions,
  environment: Environment,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<Run[]> {
  const runs: Run[] = [];
  const answerSchema = z.object({ run: runSchema });
  for (const args of seeds) {
    const { format, compression } = options.rowsFormat;
    const rows = ['--format', format, '--compression', compression];
    const fixed = ['--json', ...rows, '--split-bytes', String(options.splitBytes)];
    const shape = [...filterArguments(options.filter), ...columnArguments(options.choice)];
    const all = [...args, ...fixed, ...shape, ...(options.force ? ['--force'] : [])];
    const output = await runSeed(all, environment, say, stop).catch((error: unknown) => {
      throw options.from === undefined ? error : explained(error);
    });
    runs.push(answerSchema.parse(JSON.parse(output)).run);
  }
  return runs;
}

async function work(fleet: RunningFleet, environment: Environment, runs: readonly Run[]): Promise<RunState[]> {
  const { options, folders, loopback, faults, bar, say, stop, releases } = fleet;
  const { cloud } = loopback;
  const watcher = await RunWatcher.open(cloud.store, runs);
  const progress = new Progress(watcher.plans);
  let dead: FleetError | undefined;
  const processes = new FleetProcesses({
    environment,
    logFolder: join(folders.state, 'logs'),
    onLog: (program, line) => progress.take(program, line),
    onLogFailed: (path, error) => {
      // a fault that was reported before is the reason
      if (faults.first !== undefined) return;
      bar.clear();
      say(`wikifleet: the log ${shownName(path)} cannot be written (${messageOf(error)}); the run goes on without it`);
    },
    onGivenUp: (error) => {
      dead ??= error;
    },
  });
  releases.defer(processes, async (all) => await all.stop());
  const folder = await stateOf(folders.state);
  const scaler = new LocalScaler(options.converters);
  let idleSince: number | undefined;
  let states = await watcher.read();
  if (!(await isOver(states, []))) {
    processes.startDownloader();
  }
  while (!(await isOver(states, [cloud.downloads, cloud.converts]))) {
    await sleep(LOOK_EVERY_MS, undefined, { signal: stop });
    if (dead !== undefined) throw dead;
    if ((await stateOf(folders.state)) !== folder) throw vanished(folders.state, faults);
    const depth = await cloud.converts.depth();
    processes.scaleConverters(scaler.wanted(depth, processes.converters));
    states = await watcher.read();
    progress.settle(states);
    const { fraction, text } = progress.line();
    bar.show(fraction, text);
    const isIdle = isEmpty(depth) && isEmpty(await cloud.downloads.depth()) && !(await isOver(states, []));
    idleSince = isIdle ? (idleSince ?? performance.now()) : undefined;
    if (idleSince !== undefined && performance.now() - idleSince > IDLE_MS) throw stuck(states);
  }
  await processes.stop();
  return states;
}

interface Depth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

function isEmpty({ visible, inFlight, delayed }: Depth): boolean {
  return visible + inFlight + delayed === 0;
}

/** Which folder it is; where it cannot be seen, why. */
async function stateOf(folder: string): Promise<string> {
  try {
    const { dev, ino } = await lstat(folder, { bigint: true });
    return `${dev} ${ino}`;
  } catch (error) {
    return codeOf(error);
  }
}

function vanished(folder: string, faults: FaultWatch): FleetError {
  const message =
    `${folder} is not there any more: it was moved or deleted while the fleet worked in it. ` +
    'Run the same command again: it begins with what is there';
  faults.fail('OUT_VANISHED', message);
  return faults.first ?? new FleetError('OUT_VANISHED', message);
}

/** Nothing is left to do, and files have neither a manifest nor a failure. */
function stuck(states: readonly RunState[]): FleetError {
  const open = states.flatMap(({ plan, done, failures }) => {
    const failed = new Set(failures.map(({ file }) => file));
    return plan.files.filter(({ file }) => !done.has(file) && !failed.has(file)).map(({ file }) => file);
  });
  const named = open.slice(0, 5).join(', ');
  return new FleetError(
    'MESSAGES_LOST',
    `no message is left in the queues, and ${open.length} files are not converted (${named}${open.length > 5 ? ' …' : ''}). ` +
      'Run the same command again: it enqueues what is missing',
  );
}
