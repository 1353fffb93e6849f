import { wholeNumber } from '@wikifleet/config/command-line';
import type { MirrorConfig } from '@wikifleet/config/mirrors';
import { UsageError } from '@wikifleet/domain/errors';
import { splitCount } from '@wikifleet/simulation/run-model';
import type { RunModel, SimulatedFile, SimulatedMirror } from '@wikifleet/simulation/run-model';
import type { Assumptions } from './assumptions.js';
import type { EstimateFlags } from './command-line.js';
import { numberOf, secondsOf } from './parse-values.js';

/** The most converters that `--within` looks at. */
const MOST_TASKS = 1000;
const MEGABYTE = 1e6;

/** What the flags and the assumptions make of a fleet. */
export interface ModelInput {
  readonly flags: EstimateFlags;
  readonly assumed: Assumptions;
  readonly files: readonly SimulatedFile[];
  /** Those that hold runs of the kind. */
  readonly mirrors: readonly MirrorConfig[];
  /** Compressed bytes a second of one converter. */
  readonly bytesPerSecond: number;
}

/** The model of a run; throws a `UsageError` that names the flag which makes no sense. */
export function modelOf({ flags, assumed, files, mirrors, bytesPerSecond }: ModelInput): RunModel {
  const time = (
    flag: 'start' | 'wake' | 'open' | 'close' | 'fail' | 'drain' | 'split-overhead',
    otherwise: number,
  ): number => (flags[flag] === undefined ? otherwise : secondsOf(flag, flags[flag]));
  const whole = (
    flag: 'tasks' | 'downloaders' | 'slots' | 'seed',
    otherwise: number,
    least: number,
    most: number,
  ): number => wholeNumber(flag, flags[flag] ?? String(otherwise), least, most);
  const startSeconds = time('start', assumed.startSeconds);
  const perHour = numberOf('interruptions', flags.interruptions ?? String(assumed.interruptionsPerHour), 0, 1000);
  return {
    files,
    mirrors: mirrorsOf(mirrors, flags.bandwidth, assumed, time('open', assumed.openSeconds)),
    downloaders: {
      tasks: whole('downloaders', assumed.downloaders, 1, 32),
      slots: whole('slots', assumed.slots, 1, 32),
      bytesPerSecond: assumed.downloaderMegabytesPerSecond * MEGABYTE,
      startSeconds,
      closeSeconds: time('close', assumed.closeSeconds),
      failSeconds: time('fail', assumed.failSeconds),
    },
    converters: {
      most: whole('tasks', flags.within === undefined ? assumed.converters : MOST_TASKS, 1, 100_000),
      scaling:
        flags.fixed === true
          ? null
          : {
              rule: {
                drainSeconds: time('drain', assumed.drainSeconds),
                secondsPerSplit:
                  flags['rule-seconds'] === undefined
                    ? meanSeconds(files, bytesPerSecond)
                    : numberOf('rule-seconds', flags['rule-seconds'], 0.001, 1e6),
              },
              periodSeconds: assumed.periodSeconds,
              delaySeconds: assumed.delaySeconds,
              wakeSeconds: time('wake', assumed.wakeSeconds),
            },
      startSeconds,
      launchesPerMinute: assumed.launchesPerMinute,
      bytesPerSecond,
      splitSeconds: time('split-overhead', assumed.splitSeconds),
      spot: flags.spot === true ? { interruptionsPerHour: perHour, graceSeconds: assumed.graceSeconds } : null,
    },
    seed: whole('seed', 1, 0, 2 ** 32 - 1),
  };
}

/** What a split of this run takes on average: stubs are large, and small wikis' files small. */
function meanSeconds(files: readonly SimulatedFile[], bytesPerSecond: number): number {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const splits = files.reduce((sum, file) => sum + splitCount(file), 0);
  return Math.max(0.1, bytes / splits / bytesPerSecond);
}

function mirrorsOf(
  mirrors: readonly MirrorConfig[],
  bandwidth: string | undefined,
  assumed: Assumptions,
  openSeconds: number,
): SimulatedMirror[] {
  const speeds = speedsOf(bandwidth, mirrors);
  const usual = speeds.get('') ?? { connection: assumed.connectionMegabytesPerSecond, total: null };
  return mirrors.map(({ name, connections, status }) => {
    const { connection, total } = speeds.get(name) ?? usual;
    return {
      name,
      connections,
      connectionBytesPerSecond: connection * MEGABYTE,
      totalBytesPerSecond: total === null ? null : total * MEGABYTE,
      openSeconds,
      last: status,
    };
  });
}

/** `5`, `NAME=5`, `NAME=5/12`; under the empty name what holds for all others. */
function speedsOf(
  text: string | undefined,
  mirrors: readonly MirrorConfig[],
): Map<string, { readonly connection: number; readonly total: number | null }> {
  const speeds = new Map<string, { connection: number; total: number | null }>();
  if (text === undefined) return speeds;
  for (const word of text.split(',')) {
    const [, name = '', connection = '', total] = /^(?:([^=]+)=)?([\d.]+)(?:\/([\d.]+))?$/.exec(word.trim()) ?? [];
    const names = mirrors.map((mirror) => mirror.name);
    if (connection === '' || (name !== '' && !names.includes(name))) {
      const expected = `MB/s as 5, or NAME=5 or NAME=5/12 of ${names.join(', ')}`;
      throw new UsageError('FLAG_REFUSED', `--bandwidth: expected ${expected}; received ${JSON.stringify(word)}`);
    }
    speeds.set(name, {
      connection: numberOf('bandwidth', connection, 0, 100_000),
      total: total === undefined ? null : numberOf('bandwidth', total, 0, 1_000_000),
    });
  }
  return speeds;
}
