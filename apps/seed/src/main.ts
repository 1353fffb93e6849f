import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { COLUMN_FLAGS, columnsOf } from '@wikifleet/config/column-flags';
import { FILTER_FLAGS, filterOf } from '@wikifleet/config/filter-flags';
import { parseRowsFormat, rowsFormatFlags } from '@wikifleet/config/rows-format';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { counted } from '@wikifleet/domain/counted';
import { UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { DEFAULT_SETTINGS } from '@wikifleet/domain/plan';
import { KINDS, parseKind } from '@wikifleet/domain/run';
import { catalogueOfMirrors } from '@wikifleet/mirror/catalogue-of-mirrors';
import { mirrorsFor, openMirrors } from '@wikifleet/mirror/open-mirrors';
import type { Queue } from '@wikifleet/queue/queue';
import { connect } from '@wikifleet/worker/connect';
import { openDepthPublisher } from '@wikifleet/worker/open-depth-publisher';
import { runMain } from '@wikifleet/worker/run-main';
import { printJson, reportLine } from '@wikifleet/worker/terminal';
import { chooseWikis } from './choose-wikis.js';
import { describe } from './describe.js';
import { planRun } from './plan-run.js';
import { seedRun } from './seed-run.js';

const COMMAND_LINE = {
  usage: asTyped('seed', '--wiki W --date D [--kind K] [flags]'),
  about:
    'Resolves a wiki and a date to a run, writes its plan, and enqueues one download job a dump file. Seeding again\n' +
    'enqueues only what is not done. The environment names bucket, queues and mirrors (docs/operating.md).',
  flags: {
    wiki: {
      type: 'string',
      value: 'W',
      help:
        "the wiki's database name: simplewiki, dewikivoyage; several with commas; @FILE names one a line;\n" +
        'all: every wiki that the mirrors list',
    },
    date: { type: 'string', value: 'D', help: 'YYYY-MM-DD, or latest: the newest run that is complete' },
    kind: { type: 'string', value: 'K', help: `one of ${KINDS.join(', ')}\n(default: articles-multistream)` },
    ...rowsFormatFlags(),
    'split-bytes': { type: 'string', value: 'N', help: 'compressed bytes of a split (default: 33554432)' },
    ...FILTER_FLAGS,
    ...COLUMN_FLAGS,
    'accept-listing': { type: 'boolean', help: "take the folder's listing where nobody vouches for the files" },
    'ignore-listing': {
      type: 'boolean',
      help: "take the list of files as it is where it disagrees with the folder's listing",
    },
    files: {
      type: 'string',
      value: 'FILE',
      help: 'a JSON array of {file, path, size, checksum} instead of the catalogue',
    },
    'wiki-overrides': { type: 'boolean', help: 'rows take --wiki, whatever database name the dump names' },
    'dry-run': { type: 'boolean', help: 'print files, bytes, splits and what would be enqueued, and change nothing' },
    force: { type: 'boolean', help: 'replace a plan that differs, and delete what it made' },
    json: { type: 'boolean', help: 'print one line of JSON a run instead of words' },
  },
} as const;

/** What a wiki may be without, so that `--wiki all` goes past it with a remark. */
const NOT_THERE = new Set(['WIKI_UNKNOWN', 'NO_COMPLETE_RUN', 'RUN_UNKNOWN', 'RUN_NOT_READY']);

await runMain(async (releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  if (flags.wiki === undefined || flags.date === undefined) {
    throw new UsageError('COMMAND_LINE_REFUSED', `expected --wiki and --date; usage: ${COMMAND_LINE.usage}`);
  }
  const request = {
    kind: parseKind(flags.kind ?? 'articles-multistream'),
    date: flags.date,
    acceptListing: flags['accept-listing'] ?? false,
    ignoreListing: flags['ignore-listing'] ?? false,
    filesFrom: flags.files,
    settings: {
      ...DEFAULT_SETTINGS,
      splitBytes: wholeNumber('split-bytes', flags['split-bytes'] ?? String(DEFAULT_SETTINGS.splitBytes), 1, 2 ** 40),
      ...parseRowsFormat(flags),
      ...filterOf(flags),
      ...columnsOf(flags),
      ...(flags['wiki-overrides'] === true ? { wikiOverrides: true as const } : {}),
    },
  } as const;
  const options = { dryRun: flags['dry-run'] ?? false, force: flags.force ?? false };
  const settings = readSettings(process.env, [
    ...CLOUD_VARIABLES,
    'WIKIFLEET_PUBLISH_DEPTH',
    'WIKIFLEET_MIRRORS',
    'WIKIFLEET_CONTACT',
  ]);
  const known = await openMirrors(settings.WIKIFLEET_MIRRORS, settings.WIKIFLEET_CONTACT, { most: 1 });
  for (const { mirror } of known) releases.defer(mirror, async (m) => await m.close());
  const cloud = await connect(settings, releases);
  const failed = (queue: Queue, error: unknown): void =>
    reportLine(
      `the depth of ${queue.name} was not published (${messageOf(error)}): the fleet wakes some minutes later`,
    );
  const depth = openDepthPublisher(settings, [cloud.downloads], { failed }, releases);
  const holding = mirrorsFor(known, request.kind);
  const source = catalogueOfMirrors(holding, new AbortController().signal, (name, error) =>
    reportLine(`the mirror ${name} could not be asked: ${messageOf(error)}`),
  );
  const chosen = await chooseWikis(
    flags.wiki,
    request.kind,
    holding.map(({ mirror }) => mirror),
  );
  chosen.remarks.forEach(reportLine);
  if (request.filesFrom !== undefined && chosen.wikis.length > 1) {
    throw new UsageError('COMMAND_LINE_REFUSED', '--files lists the files of one run: expected one wiki');
  }
  const one = async (wiki: string): Promise<void> => {
    const { draft, remarks } = await planRun(source, { ...request, wiki });
    remarks.forEach(reportLine);
    const seeded = await seedRun(cloud, draft, options);
    // wakes the fleet: SQS's own metrics would take minutes
    if (seeded.enqueued.length > 0) await depth?.publish(cloud.downloads, seeded.enqueued.length);
    if (flags.json === true) printJson(seeded);
    else describe(draft, seeded).forEach(reportLine);
  };
  const [first = '', ...others] = chosen.wikis;
  // what one wiki fails with is what the program fails with
  if (chosen.named && others.length === 0) {
    await one(first);
    return EXIT_CODES.done;
  }
  const counts = { seeded: 0, absent: 0, failed: 0 };
  for (const wiki of chosen.wikis) {
    try {
      await one(wiki);
      counts.seeded += 1;
    } catch (error) {
      const absent = !chosen.named && NOT_THERE.has(codeOf(error));
      counts[absent ? 'absent' : 'failed'] += 1;
      reportLine(`${absent ? 'skipped' : 'wikifleet'}: ${wiki}: ${messageOf(error)}`);
    }
  }
  reportLine(
    `${counts.seeded} of ${counted(chosen.wikis.length, 'wiki')} seeded, ${counts.absent} skipped, ${counts.failed} failed`,
  );
  return counts.failed > 0 || counts.seeded === 0 ? EXIT_CODES.failed : EXIT_CODES.done;
});
