import { UsageError } from '@wikifleet/domain/errors';
import { ConvertSide } from './convert-side.js';
import { DownloadSide } from './download-side.js';
import { EventHeap } from './event-heap.js';
import { checkModel } from './check-model.js';
import { splitCount } from './run-model.js';
import type { RunModel } from './run-model.js';
import type { Milestone, Observer, SimulatedRun } from './simulated-run.js';
import { Timeline } from './timeline.js';

/** No run takes so long, or needs so many tasks: those that are taken away sooner than a split is done never finish it. */
const LONGEST_SECONDS = 10 * 365 * 24 * 3600;
const MOST_LAUNCHES = 300_000;

/**
 * Runs a run in simulated time, from its seeding until nothing is paid for any more: the same for the same model. Time
 * passes from event to event, so that long waits cost nothing. Throws a `UsageError` for a model that makes no sense or
 * never comes to an end.
 */
export function simulate(model: RunModel, observe?: Observer): SimulatedRun {
  checkModel(model);
  const { files, downloaders } = model;
  const events = new EventHeap<(now: number) => void>();
  const timeline = new Timeline();
  const converts = new ConvertSide(model, events, observe);
  let firstFileAt = Infinity;
  let downloadedAt = 0;
  let downloaded = 0;
  const onFile = (file: number, now: number): void => {
    firstFileAt = Math.min(firstFileAt, now);
    downloadedAt = now;
    downloaded += 1;
    converts.enqueue(file, now);
  };
  const downloads = new DownloadSide(model, events, onFile, observe);
  let now = 0;
  for (;;) {
    const at = Math.min(events.nextAt, downloads.nextAt);
    if (at === Infinity || (converts.isDone && converts.tasks === 0)) break;
    if (at > LONGEST_SECONDS || converts.launched > MOST_LAUNCHES) {
      const where = `after ${Math.round(now)} s ${downloaded} of ${files.length} files are there, and ${converts.launched} tasks were launched`;
      const message = `the run has no end: ${where}; mirrors this slow, or tasks that are interrupted so often, never finish it`;
      throw new UsageError('NO_END', message);
    }
    timeline.add(now, at, {
      bytes: downloads.bytesPerSecond,
      transfers: downloads.transfers,
      backlog: converts.backlog,
      wanted: converts.wanted,
      tasks: converts.tasks,
      busy: converts.busy,
    });
    now = at;
    downloads.advance(now);
    if (downloads.nextAt <= events.nextAt) downloads.complete(now);
    else events.take()?.(now);
  }
  const milestones: Milestone[] = [
    { at: downloaders.startSeconds, what: 'the downloaders take their first files' },
    { at: firstFileAt, what: 'the first file is on S3' },
    { at: converts.firstAt, what: 'the first split is under work' },
    { at: converts.peakAt, what: `the most converters: ${converts.peak}` },
    { at: downloadedAt, what: 'the last file is on S3' },
    { at: converts.endAt, what: 'the last split is converted' },
    { at: now, what: 'the last converter is gone' },
  ];
  return {
    endSeconds: converts.endAt,
    downloadedSeconds: downloadedAt,
    quietSeconds: now,
    files: files.length,
    splits: files.reduce((sum, file) => sum + splitCount(file), 0),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    downloaders: { tasks: downloaders.tasks, taskSeconds: downloaders.tasks * now },
    converters: {
      peak: converts.peak,
      launched: converts.launched,
      taskSeconds: converts.taskSeconds,
      billedSeconds: converts.billedSeconds,
      busySeconds: converts.busySeconds,
      interrupted: converts.interrupted,
      redone: converts.redone,
    },
    mirrors: downloads.mirrors,
    milestones: milestones.toSorted((a, b) => a.at - b.at),
    timeline: timeline.points(),
  };
}
