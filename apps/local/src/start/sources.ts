import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asTyped } from '@wikifleet/config/as-typed';
import { wikiName } from '@wikifleet/config/command-line';
import { directoryTree } from '@wikifleet/local-cloud/ftp/directory-tree';
import type { FtpTree } from '@wikifleet/local-cloud/ftp/ftp-tree';
import { mappedTree } from '@wikifleet/local-cloud/ftp/mapped-tree';
import { UsageError } from '@wikifleet/domain/errors';
import { compactDate, parseDate, parseKind, runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import { plural } from '../figures.js';
import { writeSample } from '../sample/write-sample.js';
import { scanFolder } from './scan-folder.js';
import type { FoundDump } from './scan-folder.js';

/** What a fleet is to convert. */
export interface Source {
  /** What the loopback mirror holds; null: the real mirrors are asked. */
  readonly tree: FtpTree | null;
  /** The arguments of each `seed`. */
  readonly seeds: readonly (readonly string[])[];
  /** Files that should have been converted and cannot be. */
  readonly refused: number;
}

export interface SourceContext {
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
  readonly sampleMegabytes: number;
  readonly sampleFolder: string;
}

const SAMPLE_DATE = '2026-10-01';

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
    await writeSample({
      out: sampleFolder,
      megabytes: sampleMegabytes,
      seed: 1,
      date: SAMPLE_DATE,
      onProgress: ({ written, total }) => progress(written / total, 'making the sample wiki'),
    });
    return {
      tree: directoryTree(sampleFolder),
      seeds: [
        ['--wiki', 'samplewiki', '--date', 'latest', '--kind', 'articles-multistream'],
        ['--wiki', 'sampletwowiki', '--date', SAMPLE_DATE, '--kind', 'content-current'],
      ],
      refused: 0,
    };
  };
}

function mirrorSource(wiki: string, flags: SourceFlags): OpenSource {
  const kind = parseKind(flags.kind ?? 'articles-multistream');
  const date = flags.date === undefined || flags.date === 'latest' ? 'latest' : parseDate(flags.date);
  wikiName('wiki', wiki);
  return async () =>
    await Promise.resolve({ tree: null, seeds: [['--wiki', wiki, '--date', date, '--kind', kind]], refused: 0 });
}

/** The dump files of a folder, each joining the run of its kind, wiki and date. */
function folderSource(folder: string, flags: SourceFlags): OpenSource {
  const kind = parseKind(flags.kind ?? 'articles');
  const wiki = flags.wiki === undefined ? undefined : wikiName('wiki', flags.wiki);
  const date = flags.date === undefined ? undefined : parseDate(flags.date);
  return async ({ state, say }) => {
    const { dumps, left, refused } = await scanFolder(folder, { kind, wiki, date });
    for (const { name, why } of left) say(`left: ${name} (${why})`);
    for (const { name, why } of refused) say(`not taken: ${name} (${why})`);
    if (dumps.length === 0) {
      throw new UsageError(
        'NO_DUMPS',
        `no dump files in ${folder}: expected files that hold <mediawiki or <page, as bzip2, gzip or plain XML`,
      );
    }
    const seeds: string[][] = [];
    for (const [name, members] of runsOf(dumps)) {
      say(`${name}: ${plural(members.length, 'dump file')}`);
      seeds.push(await seedOfFolder(members, join(state, `files-${seeds.length}.json`)));
    }
    const tree = mappedTree(new Map(dumps.map((dump) => [`/${pathOnMirror(dump)}`, dump.path])));
    return { tree, seeds, refused: refused.length };
  };
}

function runsOf(dumps: readonly FoundDump[]): Map<string, FoundDump[]> {
  const runs = new Map<string, FoundDump[]>();
  for (const dump of dumps) {
    const name = runName(dump.run);
    runs.set(name, [...(runs.get(name) ?? []), dump]);
  }
  return runs;
}

/** As a legacy run has it: `<wiki>/<YYYYMMDD>/<file>`. */
function pathOnMirror({ run, file }: FoundDump): string {
  return `${run.wiki}/${compactDate(run.date)}/${file}`;
}

async function seedOfFolder(dumps: readonly FoundDump[], list: string): Promise<string[]> {
  const files = dumps.map((dump) => ({ file: dump.file, path: pathOnMirror(dump), size: dump.size, checksum: null }));
  await writeFile(list, `${JSON.stringify(files, null, 1)}\n`);
  const run = dumps[0]?.run as Run;
  return ['--wiki', run.wiki, '--date', run.date, '--kind', run.kind, '--files', list];
}
