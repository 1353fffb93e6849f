import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { readSettings } from '@wikifleet/config/settings';
import { counted } from '@wikifleet/domain/counted';
import { UsageError, codeOf } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import { KINDS, runName } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import { completeRun, newestCompleteRun } from '@wikifleet/runs/complete-run';
import type { CompleteRun } from '@wikifleet/runs/complete-run';
import { findPage } from '@wikifleet/runs/find-page';
import type { FoundPage } from '@wikifleet/runs/find-page';
import { findQuarantined } from '@wikifleet/runs/find-quarantined';
import type { FoundQuarantine } from '@wikifleet/runs/find-quarantined';
import type { Sought } from '@wikifleet/runs/page-rows';
import { Store } from '@wikifleet/store/store';
import { StreamOutput } from '@wikifleet/worker/stream-output';
import { reportLine } from '@wikifleet/worker/terminal';
import type { Command } from '../command.js';
import { namedRun } from '../runs/named-run.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'get --wiki W [--date D] [--kind K] --page ID|--title T'),
  about:
    "Prints one page's rows out of a finished run, as they stand in it and in the order of the dump, on standard output;\n" +
    'how many there are, what of the page is in quarantine, and what it took, on standard error. Exit code 1 where the\n' +
    'run has no row of the page, or is not finished.',
  flags: {
    wiki: { type: 'string', value: 'W', help: "the wiki's database name: simplewiki, dewikivoyage" },
    date: { type: 'string', value: 'D', help: 'YYYY-MM-DD (default: the newest run that is complete)' },
    kind: { type: 'string', value: 'K', help: `one of ${KINDS.join(', ')}\n(default: articles-multistream)` },
    page: { type: 'string', value: 'ID', help: "the page's id: some six small requests" },
    title: {
      type: 'string',
      value: 'T',
      help: 'its title, with its namespace; where no page has it as it stands, with spaces for\nunderscores: one more request a file, and one or two a split',
    },
  },
} as const;

/** Shown of the quarantine. */
const MAX_SHOWN = 20;

export const get: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const sought = soughtBy(flags.page, flags.title);
  if (flags.wiki === undefined) throw refusal('expected --wiki');
  // any date, for the checks of wiki and kind
  const named = namedRun(flags.wiki, flags.date ?? '2000-01-01', flags.kind);
  if (named === null) throw refusal('expected --wiki');
  const settings = readSettings(process.env, ['AWS_ENDPOINT_URL', 'AWS_REGION', 'WIKIFLEET_BUCKET']);
  const place = { bucket: settings.WIKIFLEET_BUCKET, region: settings.AWS_REGION, endpoint: settings.AWS_ENDPOINT_URL };
  const store = releases.defer(Store.connect(place), (s) => s.close());
  await store.check();
  const { signal } = new AbortController();
  const run = await chooseRun(store, named, flags.date !== undefined, signal);
  try {
    return await getPage(store, run, sought, signal);
  } catch (error) {
    // the reader of a pipe went away, as `head` does
    if (codeOf(error) === 'EPIPE') return EXIT_CODES.readerGone;
    throw error;
  }
};

async function getPage(store: Store, run: CompleteRun, sought: Sought, signal: AbortSignal): Promise<ExitCode> {
  const output = StreamOutput.standardOutput();
  const found = await findPage(store, run, sought, async ({ line }) => await output.write(line), signal);
  const quarantine = await findQuarantined(store, run, sought, found, signal);
  const lines = [...describe(run, sought, found), ...describeQuarantine(quarantine)];
  const { requests, bytes } = store.traffic;
  lines.push(`${counted(requests, 'request')}, ${counted(bytes, 'byte')}`);
  lines.forEach(reportLine);
  return found.rows > 0 ? EXIT_CODES.done : EXIT_CODES.failed;
}

function refusal(what: string): UsageError {
  return new UsageError('COMMAND_LINE_REFUSED', `${what}; usage: ${COMMAND_LINE.usage}`);
}

function soughtBy(page: string | undefined, title: string | undefined): Sought {
  if ((page === undefined) === (title === undefined)) throw refusal('expected --page or --title, and not both');
  if (title !== undefined) return { title };
  if (page !== undefined && /^-?\d{1,15}$/.test(page)) return { id: Number(page) };
  throw new UsageError('FLAG_REFUSED', `--page: expected an id, received ${JSON.stringify(page)}`);
}

async function chooseRun(store: Store, run: Run, isDated: boolean, signal: AbortSignal): Promise<CompleteRun> {
  if (isDated) return await completeRun(store, run, signal);
  const { unfinished, ...newest } = await newestCompleteRun(store, run, signal);
  const passed = unfinished.map(({ date }) => `${date} is not complete`);
  reportLine([`reading ${runName(newest.plan.run)}`, ...passed].join('; '));
  return newest;
}

function describe({ plan, manifest }: CompleteRun, sought: Sought, found: FoundPage): string[] {
  const name = 'id' in sought ? `page ${sought.id}` : `a page ${JSON.stringify(sought.title)}`;
  if (found.rows === 0) {
    const { pagesWithoutRevision: without } = manifest.counts;
    const hint =
      without === 0 ? '' : `; ${counted(without, 'page of it has', 'pages of it have')} no revision, and so no row`;
    return [`${runName(plan.run)}, which is complete, has no row of ${name}${hint}`];
  }
  const titles = found.titles.map((title) => JSON.stringify(title)).join(', ');
  const places = found.places
    .slice(0, MAX_SHOWN)
    .map(({ file, split, rows }) => `  ${rows} in ${file}, split ${split}`);
  const more = found.places.length - places.length;
  return [
    `${runName(plan.run)}: ${counted(found.rows, 'row')} of page ${found.ids.join(', ')} (${titles})`,
    ...places,
    ...(more > 0 ? [`  and in ${counted(more, 'more split')}`] : []),
    ...(found.repeated > 0
      ? [
          `  ${found.repeated} of them ${found.repeated === 1 ? 'is in two files, and is' : 'are in two files, and are'} printed once`,
        ]
      : []),
  ];
}

function describeQuarantine({ revisions, nameless, records, unread }: FoundQuarantine): string[] {
  const shown = revisions.slice(0, MAX_SHOWN).map(({ key, line, revisionId, code, reason }) => {
    return `  ${revisionId === null ? 'no known revision' : `revision ${revisionId}`}: ${code}: ${reason} (${key}, line ${line})`;
  });
  const more = revisions.length - shown.length;
  return [
    ...(revisions.length > 0
      ? [`${counted(revisions.length, 'record of the page is', 'records of the page are')} in quarantine:`, ...shown]
      : []),
    ...(more > 0 ? [`  and ${more} more`] : []),
    ...(nameless > 0
      ? [`${counted(nameless, 'record in quarantine does', 'records in quarantine do')} not name a page`]
      : []),
    ...(unread > 0
      ? [
          `${counted(unread, 'quarantine file was', 'quarantine files were')} not read to the end; the run has ${counted(records, 'record')}`,
        ]
      : []),
  ];
}
