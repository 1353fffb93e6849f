import type { RunModel, SimulatedFile } from './run-model.js';
import type { SimulatedRun } from './simulated-run.js';
import { simulate } from './simulate.js';

/** What may stand in a run's way. */
export const BOTTLENECKS = ['one big file', 'connections', 'converters', 'mirror bandwidth', 'start latency'] as const;
export type Bottleneck = (typeof BOTTLENECKS)[number];

/** How much sooner the run would end if this were relieved, in seconds. */
export interface Relief {
  readonly what: Bottleneck;
  readonly means: string;
  readonly gainSeconds: number;
}

export interface Diagnosis {
  readonly bottleneck: Bottleneck;
  /** All of them, the greatest gain first. */
  readonly reliefs: readonly Relief[];
}

/** Gains that are this near to the greatest count as equal: then the one that says most of the run is named. */
const NEAR = 0.9;

/**
 * What limits a run: each resource is relieved in turn (twice of it, or none of the waiting), the run is simulated
 * anew, and the one that brings the end nearest is the bottleneck. Several may gain the same: a run of one file ends sooner
 * with faster mirrors and with the file in two, and the file is the reason; so the order of `BOTTLENECKS` decides.
 */
export function diagnose(model: RunModel, run: SimulatedRun): Diagnosis {
  const reliefs = BOTTLENECKS.map((what) => {
    const [means, relieved] = relieve(model, what);
    return {
      what,
      means,
      gainSeconds: relieved === null ? 0 : Math.max(0, run.endSeconds - simulate(relieved).endSeconds),
    };
  });
  const most = Math.max(...reliefs.map(({ gainSeconds }) => gainSeconds));
  const bottleneck = reliefs.find(({ gainSeconds }) => gainSeconds >= most * NEAR)?.what ?? 'mirror bandwidth';
  return { bottleneck, reliefs: reliefs.toSorted((a, b) => b.gainSeconds - a.gainSeconds) };
}

function relieve(model: RunModel, what: Bottleneck): [string, RunModel | null] {
  const { files, mirrors, downloaders, converters } = model;
  switch (what) {
    case 'one big file':
      return ['every file in two', { ...model, files: files.flatMap(halves) }];
    case 'connections': {
      const live = mirrors.filter(({ connectionBytesPerSecond }) => connectionBytesPerSecond > 0);
      const allowed = live.reduce((sum, mirror) => sum + mirror.connections, 0);
      const used = downloaders.tasks * downloaders.slots;
      // where the mirrors' own connections are all in use, the mirrors are what limits
      if (used >= allowed) return ['all that the mirrors allow are in use', null];
      return [
        'twice the downloader slots',
        { ...model, downloaders: { ...downloaders, slots: 2 * downloaders.slots } },
      ];
    }
    case 'converters':
      return [
        'converters twice as fast',
        {
          ...model,
          converters: {
            ...converters,
            bytesPerSecond: 2 * converters.bytesPerSecond,
            splitSeconds: converters.splitSeconds / 2,
          },
        },
      ];
    case 'mirror bandwidth':
      return [
        'mirrors twice as fast',
        {
          ...model,
          mirrors: mirrors.map((mirror) => ({
            ...mirror,
            connectionBytesPerSecond: 2 * mirror.connectionBytesPerSecond,
            totalBytesPerSecond: mirror.totalBytesPerSecond === null ? null : 2 * mirror.totalBytesPerSecond,
            openSeconds: mirror.openSeconds / 2,
          })),
        },
      ];
    case 'start latency':
      return [
        'tasks that start at once, and metrics that are never late',
        {
          ...model,
          downloaders: { ...downloaders, startSeconds: 0 },
          converters: {
            ...converters,
            startSeconds: 0,
            launchesPerMinute: 1e9,
            scaling: converters.scaling && { ...converters.scaling, periodSeconds: 1, delaySeconds: 0, wakeSeconds: 0 },
          },
        },
      ];
  }
}

function halves(file: SimulatedFile): SimulatedFile[] {
  const bytes = Math.floor(file.bytes / 2);
  return [
    { ...file, bytes },
    { ...file, name: `${file.name} (second half)`, bytes: file.bytes - bytes },
  ];
}
