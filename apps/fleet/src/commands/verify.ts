import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { planKey } from '@wikifleet/domain/keys';
import type { Plan } from '@wikifleet/domain/plan';
import { KINDS } from '@wikifleet/domain/run';
import type { Run } from '@wikifleet/domain/run';
import { mirrorsFor, openMirrors } from '@wikifleet/mirror/open-mirrors';
import { loadPlan } from '@wikifleet/runs/load-plan';
import { repairRun } from '@wikifleet/runs/repair-run';
import type { Problem } from '@wikifleet/runs/verify-file';
import { verifyRun } from '@wikifleet/runs/verify-run';
import { connect } from '@wikifleet/worker/connect';
import type { Cloud } from '@wikifleet/worker/connect';
import type { Command } from '../command.js';
import { compareIndexes } from '../runs/compare-indexes.js';
import { namedRun } from '../runs/named-run.js';
import { VerifyReport } from '../format/verify-report.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'verify --wiki W --date D [--kind K] [--expect DIGEST] [--index] [--repair] [--json]'),
  about:
    'Reads everything of a run again, and proves that every page of every file is there once, or reports what is missing: a\n' +
    'line a problem. Exit code 0 only when the run is proved. Nothing is changed without --repair.',
  flags: {
    wiki: { type: 'string', value: 'W', help: "the wiki's database name: simplewiki, dewikivoyage" },
    date: { type: 'string', value: 'D', help: 'YYYY-MM-DD' },
    kind: { type: 'string', value: 'K', help: `one of ${KINDS.join(', ')}\n(default: articles-multistream)` },
    expect: {
      type: 'string',
      value: 'DIGEST',
      help: 'the digest that was printed when the run was closed: it proves that nothing was rewritten since',
    },
    index: {
      type: 'boolean',
      help: 'also compare the pages with the multistream indexes of the mirrors (WIKIFLEET_MIRRORS)',
    },
    repair: {
      type: 'boolean',
      help: 'enqueue just what is wrong or missing, close what is ready, and delete what no job of the plan writes',
    },
    json: { type: 'boolean', help: 'print JSON instead of words' },
  },
} as const;

export const verify: Command = async (argv, releases) => {
  const { flags } = parseCommandLine(COMMAND_LINE, argv);
  const run = namedRun(flags.wiki, flags.date, flags.kind);
  if (run === null) {
    throw new UsageError('COMMAND_LINE_REFUSED', `expected --wiki and --date; usage: ${COMMAND_LINE.usage}`);
  }
  if (flags.expect !== undefined && !/^[0-9a-f]{64}$/.test(flags.expect)) {
    const received = JSON.stringify(flags.expect.slice(0, 100));
    throw new UsageError('COMMAND_LINE_REFUSED', `--expect: expected a digest of 64 hex digits, received ${received}`);
  }
  const cloud = await connect(readSettings(process.env, CLOUD_VARIABLES), releases);
  const report = new VerifyReport(run, flags.json === true);
  const plan = await planOf(cloud, run, (problem) => report.add(problem));
  if (plan === null) return report.unplanned();
  const { signal } = new AbortController();
  const verdict = await verifyRun(cloud.store, plan, {
    signal,
    onProblem: (problem) => report.add(problem),
    onFile: () => report.read(plan.files.length),
  });
  const outstanding = await outstandingJobs(cloud);
  // what was rewritten with all its digests is sound in itself: nothing is there to be repaired
  if (verdict.proved && flags.expect !== undefined && flags.expect !== verdict.digest) {
    return report.rewritten(flags.expect, verdict.digest);
  }
  if (verdict.proved && flags.index === true) {
    const settings = readSettings(process.env, ['WIKIFLEET_MIRRORS', 'WIKIFLEET_CONTACT']);
    const known = await openMirrors(settings.WIKIFLEET_MIRRORS, settings.WIKIFLEET_CONTACT, { most: 1 });
    for (const { mirror } of known) releases.defer(mirror, async (m) => await m.close());
    const mirrors = mirrorsFor(known, run.kind).map(({ mirror }) => mirror);
    const pool = releases.defer(openBlockPool(1), async (p) => await p.close());
    for await (const compared of compareIndexes(cloud.store, plan, mirrors, pool, signal)) report.compared(compared);
  }
  if (verdict.proved || flags.repair !== true) return report.end(verdict, outstanding);
  return report.end(verdict, outstanding, await repairRun(cloud.store, cloud.downloads, verdict, signal));
};

/** The plan; null where there is none that can be read, which is said. */
async function planOf({ store }: Cloud, run: Run, onProblem: (problem: Problem) => void): Promise<Plan | null> {
  const problem = (code: string, message: string): null => {
    onProblem({ code, file: null, splits: [], message });
    return null;
  };
  try {
    return (
      (await loadPlan(store, run)) ?? problem('PLAN_MISSING', `${planKey(run)}: it is not there: nothing was seeded`)
    );
  } catch (error) {
    if (codeOf(error) !== 'OBJECT_MALFORMED') throw error;
    return problem('PLAN_MALFORMED', messageOf(error));
  }
}

/** Jobs in both queues, of whatever run: about. */
async function outstandingJobs({ downloads, converts }: Cloud): Promise<number> {
  const depths = await Promise.all([downloads.depth(), converts.depth()]);
  return depths.reduce((sum, { visible, inFlight, delayed }) => sum + visible + inFlight + delayed, 0);
}
