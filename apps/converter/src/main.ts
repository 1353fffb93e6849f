import { availableParallelism } from 'node:os';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { WORKER_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { parseConvertJob } from '@wikifleet/domain/jobs';
import type { ConvertJob } from '@wikifleet/domain/jobs';
import { runName } from '@wikifleet/domain/run';
import { checkCloud } from '@wikifleet/worker/check-cloud';
import { checkProgram } from '@wikifleet/worker/check-program';
import { connect, openCloud } from '@wikifleet/worker/connect';
import { createLog } from '@wikifleet/worker/log';
import { depthLog } from '@wikifleet/worker/depth-publisher';
import { openDepthPublisher } from '@wikifleet/worker/open-depth-publisher';
import { runMain } from '@wikifleet/worker/run-main';
import { runService } from '@wikifleet/worker/service';
import { serviceOptions } from '@wikifleet/worker/service-options';
import { convertSplit } from './convert-split.js';
import { recordSplitFailure } from './record-failure.js';

const COMMAND_LINE = {
  usage: asTyped('converter', '[--check]'),
  about:
    'Converts the splits of dump files as the convert queue names them, until SIGTERM. The environment names bucket and\n' +
    'queues (docs/operating.md).',
  flags: {
    check: { type: 'boolean', help: 'reach bucket and queues, say so in a line each, and take no message' },
  },
} as const;

/** An idle converter tells so often that nothing is left, so that the fleet goes home. */
const IDLE_MS = 60_000;

await runMain(
  async (releases) => {
    const { flags } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
    const settings = readSettings(process.env, [
      ...WORKER_VARIABLES,
      'WIKIFLEET_GRACE_SECONDS',
      'WIKIFLEET_PUBLISH_DEPTH',
      'WIKIFLEET_RAW_OBJECTS',
      'WIKIFLEET_WORKERS',
    ]);
    if (flags.check === true) {
      const cloud = openCloud(settings, releases);
      return await checkProgram(checkCloud(cloud.store, [cloud.converts, cloud.downloads]));
    }
    const log = createLog('converter', settings.WIKIFLEET_LOG_LEVEL);
    const options = serviceOptions(settings, log, releases);
    const workers = settings.WIKIFLEET_WORKERS === 0 ? availableParallelism() : settings.WIKIFLEET_WORKERS;
    const pool = releases.defer(openBlockPool(workers), async (p) => await p.close());
    const { store, downloads, converts } = await connect(settings, releases);
    const depth = openDepthPublisher(settings, [converts], depthLog(log), releases, { everyMs: IDLE_MS });
    const onClosed = (): void => void depth?.publish(converts);
    const parts = { store, downloads, pool, rawObjects: settings.WIKIFLEET_RAW_OBJECTS, onClosed };
    await runService<ConvertJob>(
      {
        queue: converts,
        slots: 1,
        parse: parseConvertJob,
        describe: ({ run, file, split }) => ({ run: runName(run), file, split: split.index }),
        handle: async (job, context) => {
          depth?.touch();
          await convertSplit(parts, job, context);
        },
        giveUp: async (job, error, attempts) => {
          await recordSplitFailure(store, job, error, attempts);
        },
      },
      { ...options, graceMs: settings.WIKIFLEET_GRACE_SECONDS * 1000 },
    );
    return 0;
  },
  { lingerMs: 3000 },
);
