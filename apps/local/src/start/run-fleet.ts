import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { filterArguments } from '@wikifleet/config/filter-flags';
import { startWatch } from '@wikifleet/dashboard/start-watch';
import { FleetError } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import type { RowsFormat } from '@wikifleet/domain/plan';
import { runSchema } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';
import { printLine, reportLine } from '@wikifleet/worker/terminal';
import { z } from 'zod';
import { plural } from '../figures.js';
import { ProgressLine } from '../progress-line.js';
import { FleetProcesses, runSeed } from './fleet-processes.js';
import type { Environment } from './fleet-processes.js';
import { LocalScaler } from './local-scaler.js';
import { forgetRuns, prepareOut, startCloud, startMirror } from './local-fleet.js';
import type { LoopbackCloud } from './local-fleet.js';
import { Progress } from './progress.js';
import { RunWatcher, isOver } from './run-state.js';
import type { RunState } from './run-state.js';
import type { OpenSource } from './sources.js';
import { summaryLines } from './summary.js';

export interface FleetOptions {
  readonly out: string;
  readonly converters: number;
  /** Threads in each converter. */
  readonly workers: number;
  readonly splitBytes: number;
  /** Of the loopback cloud; 0: any free one. */
  readonly port: number;
  readonly filter: PageFilter;
  readonly rowsFormat: RowsFormat;
  readonly plainText: boolean;
  /** What becomes of raw objects once a file's rows are whole. */
  readonly rawObjects: 'keep' | 'delete';
  readonly fresh: boolean;
  readonly force: boolean;
  readonly source: OpenSource;
}

const LOOK_EVERY_MS = 300;

/** Runs a fleet until its runs are complete, or what is left of them has failed. */
export async function runFleet(options: FleetOptions, releases: ReleaseStack): Promise<ExitCode> {
  const started = performance.now();
  const say = reportLine;
  const bar = releases.defer(new ProgressLine(process.stderr), (line) => line.clear());
  const stop = stopBySignal(releases);
  try {
    const folders = await prepareOut(options.out);
    const source = await options.source({
      state: folders.state,
      say,
      progress: (fraction, text) => {
        stop.throwIfAborted();
        bar.show(fraction, text);
      },
    });
    bar.clear();
    stop.throwIfAborted();
    const loopback = await startCloud(folders, options.port, releases);
    if (options.fresh) await forgetRuns(loopback.cloud);
    const mirrors =
      source.tree === null ? {} : { WIKIFLEET_MIRRORS: await startMirror(source.tree, folders.state, releases) };
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
    const states = await work(options, loopback, environment, join(folders.state, 'logs'), runs, bar, stop, releases);
    bar.clear();
    for (const line of summaryLines(states, folders.out, (performance.now() - started) / 1000)) printLine(line);
    if (source.refused > 0)
      say(`wikifleet: ${plural(source.refused, 'dump file')} of the folder could not be taken, see above`);
    return states.every(({ manifest }) => manifest !== null) && source.refused === 0
      ? EXIT_CODES.done
      : EXIT_CODES.failed;
  } catch (error) {
    if (!stop.aborted) throw error;
    bar.clear();
    say('wikifleet: stopped; the same command goes on where this one stopped');
    return EXIT_CODES.stopped;
  }
}

/** Aborts at the first SIGINT or SIGTERM; everything is then released in order. */
function stopBySignal(releases: ReleaseStack): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(new FleetError('STOPPED', 'stopped by a signal'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, abort);
    releases.defer(signal, (name) => void process.off(name, abort));
  }
  return controller.signal;
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
    const shape = [...filterArguments(options.filter), ...(options.plainText ? ['--plain-text'] : [])];
    const all = [...args, ...fixed, ...shape, ...(options.force ? ['--force'] : [])];
    const output = await runSeed(all, environment, say, stop);
    runs.push(answerSchema.parse(JSON.parse(output)).run);
  }
  return runs;
}

async function work(
  options: FleetOptions,
  { cloud }: LoopbackCloud,
  environment: Environment,
  logFolder: string,
  runs: readonly Run[],
  bar: ProgressLine,
  stop: AbortSignal,
  releases: ReleaseStack,
): Promise<RunState[]> {
  const watcher = await RunWatcher.open(cloud.store, runs);
  const progress = new Progress(watcher.plans);
  let dead: FleetError | undefined;
  const processes = new FleetProcesses({
    environment,
    logFolder,
    onLog: (program, line) => progress.take(program, line),
    onGivenUp: (error) => {
      dead ??= error;
    },
  });
  releases.defer(processes, async (fleet) => await fleet.stop());
  const scaler = new LocalScaler(options.converters);
  let states = await watcher.read();
  if (!(await isOver(states, []))) {
    processes.startDownloader();
  }
  while (!(await isOver(states, [cloud.downloads, cloud.converts]))) {
    await sleep(LOOK_EVERY_MS, undefined, { signal: stop });
    if (dead !== undefined) throw dead;
    processes.scaleConverters(scaler.wanted(await cloud.converts.depth(), processes.converters));
    states = await watcher.read();
    progress.settle(states);
    const { fraction, text } = progress.line();
    bar.show(fraction, text);
  }
  await processes.stop();
  return states;
}
