import { counted } from '@wikifleet/domain/counted';
import type { Diagnosis } from '@wikifleet/simulation/bottleneck';
import type { Cost } from '@wikifleet/simulation/cost';
import type { RequestCostLine } from '@wikifleet/simulation/request-cost';
import { mirrorsLimit } from '@wikifleet/simulation/run-model';
import type { RunModel } from '@wikifleet/simulation/run-model';
import type { SimulatedRun } from '@wikifleet/simulation/simulated-run';
import type { TimelinePoint } from '@wikifleet/simulation/timeline';
import type { PlannedFiles } from './file-list.js';
import type { ConverterSpeed } from './converter-speed.js';
import { bytesWords, dollarsWords, timeWords } from './parse-values.js';

/** What was planned, of what, and how it would go. */
export interface Planned {
  readonly files: PlannedFiles;
  readonly speed: ConverterSpeed;
  readonly threads: number;
  readonly priceSource: string;
  readonly model: RunModel;
  readonly run: SimulatedRun;
  readonly diagnosis: Diagnosis;
  /** Of the tasks. */
  readonly cost: Cost;
  /** Of requests, metrics and logs. */
  readonly requests: readonly RequestCostLine[];
}

const ROWS = 16;
const BAR = 40;
const SPLIT_BYTES = 32 * 1024 * 1024;

/** A plan in words: what is done, how it goes, what limits it, the tasks over time, the cost. */
export function reportOf(planned: Planned): string[] {
  const { files, speed, threads, model, run, diagnosis, cost, requests, priceSource } = planned;
  const { bottleneck, reliefs } = diagnosis;
  return [
    `${files.title}: ${counted(run.files, 'file')}, ${bytesWords(run.bytes)}, ${counted(run.splits, 'split')}, vouched for by ${files.vouchedBy}`,
    `mirrors: ${mirrorWords(model)}; ${bytesWords(mirrorsLimit(model.mirrors))}/s at most`,
    `fleet: ${fleetWords(model, threads)}`,
    `a split of 32 MiB: ${timeWords(SPLIT_BYTES / speed.bytesPerSecond)} (${speed.source})`,
    '',
    `The run ends after ${timeWords(run.endSeconds)}; bottleneck: ${bottleneck}.`,
    ...run.milestones.map(({ at, what }) => `  ${timeWords(at).padStart(10)}  ${what}`),
    ...interruptionWords(run),
    '',
    'What would end it sooner:',
    ...reliefs
      .filter(({ gainSeconds }) => gainSeconds >= 0.5)
      .map(({ means, gainSeconds }) => `  ${timeWords(gainSeconds).padStart(10)}  ${means}`),
    '',
    'Bytes from the mirrors, convert jobs and converters over time:',
    ...bars(run.timeline),
    '',
    `Cost: ${dollarsWords(totalOf(planned))} (${priceSource}; storage is billed by the month: 0.023 a GB)`,
    ...cost.lines.map(
      ({ what, seconds, dollars }) =>
        `  ${dollarsWords(dollars).padStart(10)}  ${what}, ${(seconds / 3600).toFixed(2)} task hours`,
    ),
    ...requests.map(
      ({ what, count, dollars }) =>
        `  ${dollarsWords(dollars).padStart(10)}  ${what}, ${count.toFixed(count < 10 ? 1 : 0)}`,
    ),
  ];
}

/** Of tasks, requests, metrics and logs. */
function totalOf({ cost, requests }: Pick<Planned, 'cost' | 'requests'>): number {
  return requests.reduce((sum, { dollars }) => sum + dollars, cost.dollars);
}

function mirrorWords({ mirrors }: RunModel): string {
  return mirrors
    .map(({ name, connections, connectionBytesPerSecond, totalBytesPerSecond, last }) => {
      const total = totalBytesPerSecond === null ? '' : `, ${bytesWords(totalBytesPerSecond)}/s in all`;
      if (connectionBytesPerSecond === 0) return `${name} dead`;
      return `${name} ${connections} × ${bytesWords(connectionBytesPerSecond)}/s${total}${last ? ' (when no other is free)' : ''}`;
    })
    .join(', ');
}

function fleetWords({ downloaders, converters }: RunModel, threads: number): string {
  const kind = `${counted(threads, 'thread')}, ${converters.spot === null ? 'on demand' : 'on Spot'}`;
  const many = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const how =
    converters.scaling === null ? many(converters.most, 'converter') : `at most ${many(converters.most, 'converter')}`;
  const { rule } = converters.scaling ?? { rule: null };
  const scaled = rule === null ? '' : `, scaled to drain a backlog in ${timeWords(rule.drainSeconds)}`;
  return `${many(downloaders.tasks, 'downloader')} with ${many(downloaders.slots, 'slot')}, ${how} of ${kind}${scaled}`;
}

function interruptionWords({ converters: { interrupted, redone, launched } }: SimulatedRun): string[] {
  return interrupted === 0
    ? []
    : [`  ${interrupted} of ${counted(launched, 'task')} interrupted, ${counted(redone, 'split')} begun anew`];
}

/** The timeline as some rows of text. */
function bars(timeline: readonly TimelinePoint[]): string[] {
  const rows = merged(timeline, ROWS);
  const most = Math.max(1, ...rows.map(({ tasks }) => tasks));
  return rows.map(({ from, bytesPerSecond, backlog, tasks, busy }) => {
    const [full, half] = [Math.round((BAR * busy) / most), Math.round((BAR * tasks) / most)];
    const bar = '█'.repeat(full) + '░'.repeat(Math.max(0, half - full));
    const figures = `${bytesWords(bytesPerSecond).padStart(9)}/s ${backlog.toFixed(0).padStart(7)} jobs ${tasks.toFixed(1).padStart(7)} tasks`;
    return `  ${timeWords(from).padStart(10)} ${figures} ${bar}`.trimEnd();
  });
}

/** Fewer points of the same time: means of as many as become one. */
export function merged(timeline: readonly TimelinePoint[], most: number): TimelinePoint[] {
  const size = Math.max(1, Math.ceil(timeline.length / most));
  const points: TimelinePoint[] = [];
  for (let at = 0; at < timeline.length; at += size) {
    const group = timeline.slice(at, at + size);
    const seconds = group.reduce((sum, point) => sum + point.seconds, 0);
    const mean = (of: (point: TimelinePoint) => number): number =>
      group.reduce((sum, point) => sum + of(point) * point.seconds, 0) / seconds;
    points.push({
      from: group[0]?.from ?? 0,
      seconds,
      bytesPerSecond: mean((point) => point.bytesPerSecond),
      transfers: mean((point) => point.transfers),
      backlog: mean((point) => point.backlog),
      wanted: mean((point) => point.wanted),
      tasks: mean((point) => point.tasks),
      busy: mean((point) => point.busy),
    });
  }
  return points;
}

/** A plan as data: what the words say, and the whole timeline. */
export function dataOf({
  files,
  speed,
  threads,
  model,
  run,
  diagnosis,
  cost,
  requests,
}: Planned): Record<string, unknown> {
  const { timeline, ...figures } = run;
  return {
    title: files.title,
    vouchedBy: files.vouchedBy,
    bottleneck: diagnosis.bottleneck,
    ...figures,
    reliefs: diagnosis.reliefs,
    cost: { dollars: totalOf({ cost, requests }), lines: cost.lines, requests },
    speed: { ...speed, secondsPerSplit: SPLIT_BYTES / speed.bytesPerSecond, threads },
    fleet: { mirrors: model.mirrors, downloaders: model.downloaders, converters: model.converters, seed: model.seed },
    timeline,
  };
}
