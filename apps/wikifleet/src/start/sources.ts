import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { asTyped } from '@wikifleet/config/as-typed';
import { wikiName } from '@wikifleet/config/command-line';
import { directoryTree } from '@wikifleet/local-cloud/ftp/directory-tree';
import type { FtpTree } from '@wikifleet/local-cloud/ftp/ftp-tree';
import { mappedTree } from '@wikifleet/local-cloud/ftp/mapped-tree';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import { parseDate, parseKind, runName } from '@wikifleet/domain/run';
import type { Kind, Run } from '@wikifleet/domain/run';
import { count, megabytes, plural, shownName } from '../figures.js';
import { writeSample } from '@wikifleet/sample-wiki/write-sample';
import { FileDigests } from './file-digests.js';
import { isInside } from './folders.js';
import { checkNumbering } from './numbering.js';
import { runsOf, scanFolder } from './scan-folder.js';
import type { FoundDump, RefusedFile, ScannedFolder } from './scan-folder.js';
import { writeState } from './write-state.js';

/** What a fleet is to convert. */
export interface Source {
  /** What the loopback mirror holds; null: the real mirrors are asked. */
  readonly tree: FtpTree | null;
  /** The arguments of each `seed`; each prints a line a run. */
  readonly seeds: readonly (readonly string[])[];
  /** Files that should have been converted and cannot be planned. */
  readonly refused: readonly RefusedFile[];
  /** Names of runs that are not started, since one of their files cannot be read. */
  readonly notStarted: readonly string[];
  /** What the beginning of a planned file shows of why it fails, by the file's name. */
  readonly problems: ReadonlyMap<string, string>;
  /** For the summary. */
  readonly warnings: readonly string[];
  /** The files of a folder that are planned, beside which multistream indexes may lie. */
  readonly dumps: readonly FoundDump[];
}

export interface SourceContext {
  /** Where objects go: a real path. */
  readonly out: string;
  /** Our own folder, for lists. */
  readonly state: string;
  readonly say: (line: string) => void;
  readonly progress: (fraction: number, text: string) => void;
}

export type OpenSource = (context: SourceContext) => Promise<Source>;

export interface SourceFlags {
  readonly from?: string;
  readonly wiki?: string;
  readonly date?: string;
  readonly kind?: string;
  readonly acceptOverlap: boolean;
  /** Whether a list of files that disagrees with its folder is taken as it is. */
  readonly ignoreListing: boolean;
  readonly sampleMegabytes: number;
  readonly sampleFolder: string;
}

const SAMPLE_DATE = '2026-10-01';
const NOTHING_WRONG = {
  refused: [],
  notStarted: [],
  problems: new Map<string, string>(),
  warnings: [],
  dumps: [],
} as const;

/** Chooses the source by the flags, and checks them, before anything is started. */
export function chooseSource(flags: SourceFlags): OpenSource {
  if (flags.from !== undefined) return folderSource(flags.from, flags);
  if (flags.wiki !== undefined) return mirrorSource(flags.wiki, flags);
  if (flags.date !== undefined || flags.kind !== undefined) {
    throw new UsageError('COMMAND_LINE_REFUSED', '--date and --kind go with --wiki or --from (--help says more)');
  }
  return sampleSource(flags);
}

/** The sample wiki: a legacy run and a content export, found by their catalogues. */
function sampleSource({ sampleMegabytes, sampleFolder }: SourceFlags): OpenSource {
  return async ({ say, progress }) => {
    say(
      `Sample wiki: ${sampleMegabytes} MB of XML, made once (${asTyped('start', '--help')} says how to convert your own).`,
    );
    await writeState(
      sampleFolder,
      async () =>
        await writeSample({
          out: sampleFolder,
          megabytes: sampleMegabytes,
          seed: 1,
          date: SAMPLE_DATE,
          onProgress: ({ written, total }) => progress(written / total, 'making the sample wiki'),
        }),
    );
    return {
      tree: directoryTree(sampleFolder),
      seeds: [
        ['--wiki', 'samplewiki', '--date', 'latest', '--kind', 'articles-multistream'],
        ['--wiki', 'sampletwowiki', '--date', SAMPLE_DATE, '--kind', 'content-current'],
      ],
      ...NOTHING_WRONG,
    };
  };
}

function mirrorSource(wiki: string, flags: SourceFlags): OpenSource {
  const kind = parseKind(flags.kind ?? 'articles-multistream');
  const date = flags.date === undefined || flags.date === 'latest' ? 'latest' : parseDate(flags.date);
  wikiName('wiki', wiki);
  const ignoring = flags.ignoreListing ? ['--ignore-listing'] : [];
  return async () =>
    await Promise.resolve({
      tree: null,
      seeds: [['--wiki', wiki, '--date', date, '--kind', kind, ...ignoring]],
      ...NOTHING_WRONG,
    });
}

/** The dump files of a folder, each joining the run of its kind, wiki and date. */
function folderSource(folder: string, flags: SourceFlags): OpenSource {
  const kind: Kind | undefined = flags.kind === undefined ? undefined : parseKind(flags.kind);
  const wiki = flags.wiki === undefined ? undefined : wikiName('wiki', flags.wiki);
  const date = flags.date === undefined ? undefined : parseDate(flags.date);
  return async ({ out, state, say, progress }) => {
    const digests = await FileDigests.open(join(state, 'digests.json'));
    const onProgress = (read: number, total: number): void =>
      progress(total === 0 ? 0 : read / total, `reading the dump files: ${megabytes(read)} of ${megabytes(total)}`);
    const scanned = await scanFolder(await realFolder(folder), { kind, wiki, date, digests, onProgress });
    const { dumps, left, refused } = scanned;
    for (const { name, why } of left) say(`left: ${shownName(name)} (${why})`);
    for (const { name, why } of refused) say(`not taken: ${shownName(name)} (${why})`);
    if (dumps.length === 0 && refused.length === 0) {
      throw new UsageError(
        'NO_DUMPS',
        `no dump files in ${folder}: expected files that hold <mediawiki or <page, as bzip2, gzip or plain XML`,
      );
    }
    refuseOutputs(dumps, out);
    await writeState(state, async () => await digests.save());
    return await plannedSource(scanned, { state, say, wiki: flags.wiki, acceptOverlap: flags.acceptOverlap });
  };
}

async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    throw new UsageError('FOLDER_UNREADABLE', `${folder} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** A link in the folder may lead to what this very command writes or deletes. */
function refuseOutputs(dumps: readonly FoundDump[], out: string): void {
  const inside = dumps.find(({ path }) => isInside(path, out));
  if (inside === undefined) return;
  throw new UsageError(
    'INPUT_IN_OUTPUT',
    `${shownName(inside.file)} is a link to a file below --out ${out}, where objects are written and deleted: give another --out`,
  );
}

interface PlannedOptions {
  readonly state: string;
  readonly say: (line: string) => void;
  /** The wiki of all rows, whatever the dumps name. */
  readonly wiki: string | undefined;
  readonly acceptOverlap: boolean;
}

async function plannedSource(
  { dumps, refused, warnings }: ScannedFolder,
  { state, say, wiki, acceptOverlap }: PlannedOptions,
): Promise<Source> {
  const notes = [...warnings];
  const overlaps: string[] = [];
  const blocked = new Set(refused.flatMap(({ run }) => (run === null ? [] : [runName(run)])));
  const runs: ListedRun[] = [];
  const planned: FoundDump[] = [];
  for (const [name, members] of runsOf(dumps)) {
    if (blocked.has(name)) {
      say(`${name}: not started: one of its files cannot be read (see "not taken" above)`);
      continue;
    }
    say(`${name}: ${plural(members.length, 'dump file')}`);
    const numbering = checkNumbering(
      members.map(({ file, name: { numbers, isContentExport } }) => ({ file, numbers, isContentExport })),
    );
    notes.push(...numbering.gaps.map((gap) => `${name}: by the numbers in the names, files are ${gap}`));
    overlaps.push(...numbering.overlaps.map((overlap) => `${name}: ${overlap}`));
    runs.push(listedRun(members));
    planned.push(...members);
  }
  if (overlaps.length > 0 && !acceptOverlap) throw overlapError(overlaps);
  const list = join(state, 'runs.json');
  await writeState(list, `${JSON.stringify(runs, null, 1)}\n`);
  // one program for all of them: hundreds would spend most of their time on their start
  const seed = ['--runs', list, ...(wiki === undefined ? [] : ['--wiki-overrides'])];
  return {
    tree: mappedTree(new Map(planned.map((dump) => [`/${pathOnMirror(dump)}`, dump.path]))),
    seeds: runs.length === 0 ? [] : [seed],
    refused,
    notStarted: [...blocked],
    problems: new Map(planned.flatMap(({ file, problem }) => (problem === null ? [] : [[file, problem] as const]))),
    warnings: [...notes, ...overlaps.map((overlap) => `${overlap}: their rows are there more than once`)],
    dumps: planned,
  };
}

function overlapError(overlaps: readonly string[]): UsageError {
  const lines = overlaps.slice(0, 10);
  const rest = overlaps.length > lines.length ? [`and ${count(overlaps.length - lines.length)} more`] : [];
  const advice = 'Move the surplus files to another folder, or give --accept-overlap to convert them all.';
  return new UsageError(
    'FILES_OVERLAP',
    'files of the folder hold the same pages, whose rows would be there more than once:',
    { moreLines: [...lines, ...rest, advice] },
  );
}

/** Names are unique in a folder. */
function pathOnMirror({ file }: FoundDump): string {
  return `folder/${file}`;
}

/** A run as `seed --runs` takes it. */
interface ListedRun extends Run {
  readonly files: readonly object[];
}

function listedRun(dumps: readonly FoundDump[]): ListedRun {
  const files = dumps.map((dump) => ({
    file: dump.file,
    path: pathOnMirror(dump),
    size: dump.size,
    checksum: { algorithm: 'sha256', value: dump.sha256 },
  }));
  return { ...(dumps[0]?.run as Run), files };
}
