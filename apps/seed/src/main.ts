import { oneOf, parseCommandLine, wholeNumber } from '@wikifleet/config/command-line';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { UsageError } from '@wikifleet/domain/errors';
import { checkName } from '@wikifleet/domain/names';
import { COMPRESSIONS, DEFAULT_SPLIT_BYTES, ROWS_VERSION } from '@wikifleet/domain/plan';
import { KINDS, parseKind, runName } from '@wikifleet/domain/run';
import { mirrorsFor, openMirrors } from '@wikifleet/mirror/open-mirrors';
import { enqueueMissing } from '@wikifleet/runs/enqueue';
import { settlePlan } from '@wikifleet/runs/plans';
import type { PlanDraft } from '@wikifleet/runs/plans';
import { connect } from '@wikifleet/worker/connect';
import { runMain } from '@wikifleet/worker/run-main';
import { catalogueOfMirrors } from './mirror-source.js';
import { planRun } from './plan-run.js';

const COMMAND_LINE = {
  usage: 'npm run seed -- --wiki W --date D [--kind K] [flags]',
  about:
    'Resolves a wiki and a date to a run, writes its plan, and enqueues one download job a dump file. Seeding again\n' +
    'enqueues only what is not done. The environment names bucket, queues and mirrors (docs/operating.md).',
  flags: {
    wiki: { type: 'string', value: 'W', help: "the wiki's database name: simplewiki, dewikivoyage" },
    date: { type: 'string', value: 'D', help: 'YYYY-MM-DD, or latest: the newest run that is complete' },
    kind: { type: 'string', value: 'K', help: `one of ${KINDS.join(', ')}\n(default: articles-multistream)` },
    compression: { type: 'string', value: 'C', help: 'of the rows: none, gzip or zstd (default: gzip)' },
    'split-bytes': { type: 'string', value: 'N', help: 'compressed bytes of a split (default: 33554432)' },
    'accept-listing': { type: 'boolean', help: "take the folder's listing where nobody vouches for the files" },
    files: {
      type: 'string',
      value: 'FILE',
      help: 'a JSON array of {file, path, size, checksum} instead of the catalogue',
    },
    'dry-run': { type: 'boolean', help: 'print the plan and enqueue nothing' },
    force: { type: 'boolean', help: 'replace a plan that differs, and delete what it made' },
    json: { type: 'boolean', help: 'print one JSON object instead of words' },
  },
} as const;

await runMain(async (releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
  if (flags.wiki === undefined || flags.date === undefined) {
    throw new UsageError('COMMAND_LINE_REFUSED', `expected --wiki and --date; usage: ${COMMAND_LINE.usage}`);
  }
  const request = {
    kind: parseKind(flags.kind ?? 'articles-multistream'),
    wiki: checkName('wiki', flags.wiki),
    date: flags.date,
    acceptListing: flags['accept-listing'] ?? false,
    filesFrom: flags.files,
    settings: {
      splitBytes: wholeNumber('split-bytes', flags['split-bytes'] ?? String(DEFAULT_SPLIT_BYTES), 1, 2 ** 40),
      format: 'jsonl',
      compression: oneOf('compression', flags.compression ?? 'gzip', COMPRESSIONS),
      rowsVersion: ROWS_VERSION,
    },
  } as const;
  const settings = readSettings(process.env, [...CLOUD_VARIABLES, 'WIKIFLEET_MIRRORS', 'WIKIFLEET_CONTACT']);
  const known = await openMirrors(settings.WIKIFLEET_MIRRORS, settings.WIKIFLEET_CONTACT);
  for (const { mirror } of known) releases.defer(mirror, async (m) => await m.close());
  const cloud = await connect(settings, releases);
  const { draft, remarks } = await planRun(
    catalogueOfMirrors(mirrorsFor(known, request.kind), new AbortController().signal),
    request,
  );
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  remarks.forEach(say);
  if (flags['dry-run'] === true) {
    describeDraft(draft, say);
    for (const file of draft.files) say(`  would enqueue ${file.file} (${file.size ?? 'size not known'})`);
    return 0;
  }
  const { plan, existed } = await settlePlan(cloud.store, draft, { force: flags.force ?? false });
  const enqueued = await enqueueMissing(cloud.store, cloud.downloads, plan);
  if (flags.json === true) {
    const answer = { run: plan.run, planId: plan.planId, existed, enqueued: enqueued.files, done: enqueued.done };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
    return 0;
  }
  describeDraft(draft, say);
  say(
    `plan ${plan.planId} ${existed ? 'was there' : 'written'}; enqueued ${enqueued.files.length} files, ${enqueued.done} done before`,
  );
  return 0;
});

function describeDraft({ run, files, vouchedBy }: PlanDraft, say: (line: string) => void): void {
  const bytes = files.reduce((sum, file) => sum + (file.size ?? 0), 0);
  say(`${runName(run)}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB, vouched for by ${vouchedBy}`);
  if (vouchedBy === 'listing') say('Nobody vouched that this list of files is complete.');
}
