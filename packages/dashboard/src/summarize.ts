import { rawPrefix } from '@wikifleet/domain/keys';
import { runName } from '@wikifleet/domain/run';
import { openFailures, rowsOf, sharesOf, stateOf } from './file-progress.js';
import type { FileProgress, FileState } from './file-progress.js';
import type { Upload } from './read-uploads.js';
import type { RunReader } from './run-reader.js';
import { stateOfFile, stateOfRun } from './run-states.js';
import type { MirrorSummary, RunSummary, Snapshot, Tile, TileFilter, TilePage } from './snapshot.js';

/** Tiles of one page: what a screen shows and a browser draws at once. */
const TILES = 500;
const MOST_FAILURES = 20;
const MOST_QUARANTINED = 100;
const MOST_TRANSFERS = 50;
const MOST_MIRRORS = 50;

type Sums = Pick<
  Snapshot,
  | 'runs'
  | 'runsUnread'
  | 'files'
  | 'bytes'
  | 'downloadedBytes'
  | 'convertedBytes'
  | 'rows'
  | 'filesUncounted'
  | 'quarantinedRevisions'
  | 'filteredPages'
  | 'downloadedPerSecond'
  | 'convertedPerSecond'
  | 'rowsPerSecond'
  | 'secondsLeft'
  | 'mirrors'
  | 'notesUnread'
  | 'failures'
  | 'quarantine'
>;

/** Everything that runs say together; time is that of all files once. */
export function summarize(readers: readonly RunReader[]): Sums {
  const files = { waiting: 0, downloading: 0, downloaded: 0, converting: 0, done: 0, failed: 0 };
  const sums = { bytes: 0, downloadedBytes: 0, convertedBytes: 0, rows: 0, openBytes: 0 };
  const counts = { filesUncounted: 0, quarantinedRevisions: 0, filteredPages: 0, notesUnread: 0 };
  const rates = { downloadedPerSecond: 0, convertedPerSecond: 0, rowsPerSecond: 0 };
  const mirrors = new Map<string, MirrorSummary>();
  const runs = readers.map((reader) => {
    for (const file of reader.files.values()) {
      const state = stateOf(file);
      files[state] += 1;
      const { downloaded, converted } = sharesOf(file);
      const size = file.size ?? 0;
      sums.bytes += size;
      sums.downloadedBytes += size * downloaded;
      sums.convertedBytes += size * converted;
      if (state !== 'failed') sums.openBytes += size * (1 - converted);
      sums.rows += rowsOf(file);
      counts.quarantinedRevisions += file.quarantined;
      counts.filteredPages += file.filteredPages;
      if (file.manifest !== null && file.rows === null) counts.filesUncounted += 1;
      if (reader.state !== 'done' && file.record !== null && file.mirror === null) counts.notesUnread += 1;
      if (file.mirror !== null) addToMirror(mirrors, file.mirror, file);
    }
    const since = reader.beganAt;
    rates.downloadedPerSecond += reader.rates.downloaded.perSecond(since);
    rates.convertedPerSecond += reader.rates.converted.perSecond(since);
    rates.rowsPerSecond += reader.rates.rows.perSecond(since);
    for (const [name, rate] of reader.rates.mirrors) {
      const mirror = mirrors.get(name);
      const more = rate.perSecond(since);
      if (mirror !== undefined) mirrors.set(name, { ...mirror, bytesPerSecond: mirror.bytesPerSecond + more });
    }
    return summarizeRun(reader);
  });
  const { openBytes, ...bytes } = sums;
  const left = rates.convertedPerSecond > 0 && openBytes > 0 ? openBytes / rates.convertedPerSecond : null;
  return {
    runs,
    runsUnread: readers.filter(({ state }) => state === 'unread').length,
    files,
    ...bytes,
    ...counts,
    ...rates,
    secondsLeft: left,
    mirrors: [...mirrors.values()].sort((a, b) => b.bytes - a.bytes).slice(0, MOST_MIRRORS),
    failures: readers
      .flatMap(({ run, failures }) => failures.map((failure) => ({ ...failure, run: runName(run) })))
      .sort((a, b) => b.at.localeCompare(a.at))
      .slice(0, MOST_FAILURES),
    quarantine: readers
      .flatMap(({ quarantined }) => quarantined.map(({ key, size }) => ({ key, bytes: size })))
      .slice(0, MOST_QUARANTINED),
  };
}

function addToMirror(mirrors: Map<string, MirrorSummary>, mirror: string, file: FileProgress): void {
  const sum = mirrors.get(mirror) ?? { mirror, files: 0, bytes: 0, bytesPerSecond: 0, lastAt: null };
  const at = file.record?.modified?.getTime() ?? null;
  mirrors.set(mirror, {
    ...sum,
    files: sum.files + 1,
    bytes: sum.bytes + (file.size ?? 0),
    lastAt: at === null ? sum.lastAt : Math.max(at, sum.lastAt ?? 0),
  });
}

function summarizeRun(reader: RunReader): RunSummary {
  const sum = { done: 0, failed: 0, size: 0, downloaded: 0, converted: 0, rows: 0 };
  for (const file of reader.files.values()) {
    const state = stateOf(file);
    if (state === 'done') sum.done += 1;
    if (state === 'failed') sum.failed += 1;
    // a file of unknown size counts as little as can be, and not as nothing
    const size = Math.max(1, file.size ?? 0);
    const { downloaded, converted } = sharesOf(file);
    sum.size += size;
    sum.downloaded += size * downloaded;
    sum.converted += size * converted;
    sum.rows += rowsOf(file);
  }
  const of = (share: number): number => (sum.size === 0 ? 0 : share / sum.size);
  const { done, failed, rows } = sum;
  const [downloaded, converted] = [of(sum.downloaded), of(sum.converted)];
  return {
    run: runName(reader.run),
    state: reader.state,
    missing: missingOf(reader, done, failed),
    files: reader.files.size,
    done,
    failed,
    downloaded,
    converted,
    rows,
  };
}

function missingOf(reader: RunReader, done: number, failed: number): string | null {
  if (reader.state === 'unread') return null;
  if (reader.state === 'no plan') return 'it has no plan: `seed` writes one';
  const facts = { manifest: reader.manifest, files: reader.files.size, done, failed };
  const { state, missing, next } = stateOfRun(facts);
  return state === 'done' ? null : `${missing}: ${next}`;
}

/** What a file lacks that has a receipt for each split. */
function missingManifest({ splits, receipts, record, manifest, revoked }: FileProgress): string | null {
  if (manifest !== null || record === null || receipts.size < splits) return null;
  const { missing, next } = stateOfFile({
    manifest: revoked === null ? 'absent' : 'revoked',
    repairs: [],
    failures: 0,
    record: 'there',
    rawObject: true,
    splits,
    missingSplits: [],
  });
  return `${missing}; ${next}`;
}

/** The uploads under way, with the size of their files where a run says it. */
export function transfersOf(readers: readonly RunReader[], uploads: readonly Upload[]): Snapshot['transfers'] {
  const sizes = new Map<string, number | null>();
  for (const { run, files } of readers) {
    for (const { file, size, uploading } of files.values()) if (uploading) sizes.set(rawPrefix(run, file), size);
  }
  return uploads.slice(0, MOST_TRANSFERS).map(({ key, received }) => {
    // each attempt to download a file has an object of its own below the file's prefix
    return { key, received, size: sizes.get(key.slice(0, key.lastIndexOf('/') + 1)) ?? null };
  });
}

/** One page of a run's tiles, in the plan's order. */
export function tilesOf(reader: RunReader, show: TileFilter, page: number): TilePage {
  const shown: [FileProgress, FileState][] = [];
  for (const file of reader.files.values()) {
    const state = stateOf(file);
    const open = state !== 'done' && state !== 'failed';
    if (show === 'all' || (show === 'open' ? open : state === show)) shown.push([file, state]);
  }
  const pages = Math.max(1, Math.ceil(shown.length / TILES));
  const at = Math.min(page, pages - 1);
  const why = new Map(reader.failures.map(({ file, code, message }) => [file, `${code}: ${message}`.slice(0, 500)]));
  return {
    run: runName(reader.run),
    show,
    page: at,
    pages,
    files: shown.length,
    tiles: shown.slice(at * TILES, (at + 1) * TILES).map(([file, state]) => tileOf(file, state, why)),
  };
}

function tileOf(file: FileProgress, state: FileState, why: ReadonlyMap<string, string>): Tile {
  const { splits, receipts, size } = file;
  return {
    file: file.file,
    state,
    downloaded: sharesOf(file).downloaded,
    splits,
    splitsDone: state === 'done' ? splits : Math.min(splits, receipts.size),
    bytes: size,
    rows: rowsOf(file),
    why: openFailures(file).length === 0 ? missingManifest(file) : (why.get(file.file) ?? null),
  };
}
