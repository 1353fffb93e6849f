import { counted } from '@wikifleet/domain/counted';
import type { RunSummary, Snapshot } from '@wikifleet/dashboard/snapshot';

const WIDEST_BAR = 40;
const MOST_ERRORS = 3;
/** What stands above and below the runs. */
const OTHER_LINES = 14;

/** A whole screen, no line longer than `columns`, no more lines than `rows`. */
export function screenLines(snapshot: Snapshot, columns: number, rows: number): string[] {
  const { files, runs, failures, problems, calls } = snapshot;
  const width = Math.max(10, Math.min(WIDEST_BAR, columns - 50));
  const all = Object.values(files).reduce((sum, n) => sum + n, 0);
  const share = (n: number, of: number): number => (of === 0 ? 0 : n / of);
  const shown = Math.max(1, rows - OTHER_LINES - Math.min(MOST_ERRORS, failures.length));
  const lines = [
    ...queueLines(snapshot, width),
    '',
    `downloaded  ${bar(share(snapshot.downloadedBytes, snapshot.bytes), width)} ${gigabytes(snapshot.downloadedBytes)} of ${gigabytes(snapshot.bytes)}, ${megabytes(snapshot.downloadedPerSecond)}/s`,
    `converted   ${bar(share(snapshot.convertedBytes, snapshot.bytes), width)} ${megabytes(snapshot.convertedPerSecond)}/s, ${leftOf(snapshot)}`,
    `files done  ${bar(share(files.done, all), width)} ${files.done} of ${all}; ${files.downloading} downloading, ${files.converting} converting, ${files.failed} failed`,
    `rows        ${count(snapshot.rows)}, ${count(snapshot.rowsPerSecond)}/s${snapshot.filesUncounted === 0 ? '' : ` (${counted(snapshot.filesUncounted, 'file')} not counted yet)`}${snapshot.filteredPages === 0 ? '' : `, ${count(snapshot.filteredPages)} pages filtered out`}`,
    '',
    ...inWork(runs)
      .slice(0, shown)
      .map(
        (run) =>
          `${bar(run.converted, 10)} ${run.run}: ${run.state}, ${run.done} of ${counted(run.files, 'file')}${missingOf(run)}`,
      ),
    ...(runs.length > shown ? [`and ${counted(runs.length - shown, 'more run')}`] : []),
    ...failures.slice(0, MOST_ERRORS).map(({ file, code, message }) => `! ${file}: ${code}: ${message}`),
    ...(snapshot.runsUnread === 0 ? [] : [`${counted(snapshot.runsUnread, 'run')} not read so far`]),
    ...problems.slice(0, 1).map((problem) => `not read: ${problem}`),
    `${calls.s3} calls to S3 in the last minute (at most ${calls.s3AtMost}), ${calls.sqs} to SQS`,
  ];
  return lines.slice(0, Math.max(1, rows - 1)).map((line) => cut(line, columns));
}

/** The same in one line, without what changes by itself. */
export function plainLine({ files, rows, depth, runs, runsUnread, failures, problems }: Snapshot): string {
  const all = Object.values(files).reduce((sum, n) => sum + n, 0);
  const [downloads, converts] = depth?.queues ?? [];
  const of = (queue: typeof downloads): string =>
    queue === undefined ? 'not known' : `${queue.visible}+${queue.inFlight} (${queue.deadLetters} dead)`;
  return [
    `${files.done} of ${counted(all, 'file')} done`,
    `${files.downloading} downloading`,
    `${files.converting} converting`,
    `${files.failed} failed`,
    `${count(rows)} rows`,
    `download queue ${of(downloads)}`,
    `convert queue ${of(converts)}`,
    `${runs.filter(({ state }) => state === 'done').length} of ${counted(runs.length, 'run')} done`,
    ...(runsUnread === 0 ? [] : [`${counted(runsUnread, 'run')} not read so far`]),
    ...failures.slice(0, 1).map(({ file, code }) => `last error ${file}: ${code}`),
    ...problems.slice(0, 1).map((problem) => `not read: ${problem}`),
  ].join(', ');
}

/** `████████░░░░░░░░`; full only at 1. */
export function bar(share: number, width: number): string {
  const full = Math.floor(Math.max(0, Math.min(1, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

function queueLines({ depth, queueNames }: Snapshot, width: number): string[] {
  if (depth === null) return ['queues: not known so far'];
  const most = Math.max(1, ...depth.queues.map(({ visible, inFlight }) => visible + inFlight));
  const names = Math.max(...queueNames.map((name) => name.length));
  return depth.queues.map(({ visible, inFlight, deadLetters }, at) => {
    const drawn = bar((visible + inFlight) / most, width);
    return `${(queueNames[at] ?? '').padEnd(names)} ${drawn} ${visible} visible, ${inFlight} in flight, ${counted(deadLetters, 'dead letter')}`;
  });
}

/** What a run lacks; of one that is worked on, the counts say it. */
function missingOf({ missing, done, files }: RunSummary): string {
  return missing === null || done < files ? '' : `: ${missing}`;
}

/** What goes on first; what is done last. */
function inWork(runs: readonly RunSummary[]): RunSummary[] {
  const order = ['failed', 'open', 'unread', 'no plan', 'done'];
  return [...runs].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
}

/** By characters: half of a pair is none. */
function cut(line: string, columns: number): string {
  const characters = Array.from(line);
  return characters.length < columns ? line : `${characters.slice(0, Math.max(0, columns - 2)).join('')}…`;
}

function leftOf({ secondsLeft, files, runsUnread }: Snapshot): string {
  const all = Object.values(files).reduce((sum, n) => sum + n, 0);
  if (all > 0 && files.done === all && runsUnread === 0) return 'all done';
  if (secondsLeft === null) return 'time left not known';
  const minutes = Math.floor(secondsLeft / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
  return minutes > 0 ? `${minutes} min ${Math.floor(secondsLeft % 60)} s left` : `${Math.ceil(secondsLeft)} s left`;
}

function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function gigabytes(bytes: number): string {
  return bytes < 1e9 ? megabytes(bytes) : `${(bytes / 1e9).toFixed(2)} GB`;
}
