import { availableParallelism } from 'node:os';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { parseConvertJob } from '@wikifleet/domain/jobs';
import type { ConvertJob } from '@wikifleet/domain/jobs';
import { runName } from '@wikifleet/domain/run';
import { writeFailure } from '@wikifleet/runs/failures';
import { connect } from '@wikifleet/worker/connect';
import { createLog } from '@wikifleet/worker/log';
import { runMain } from '@wikifleet/worker/run-main';
import { runService } from '@wikifleet/worker/service';
import { SplitFailed, convertSplit } from './convert-split.js';

await runMain(async (releases) => {
  const settings = readSettings(process.env, [...CLOUD_VARIABLES, 'WIKIFLEET_GRACE_SECONDS', 'WIKIFLEET_WORKERS']);
  const log = createLog('converter', settings.WIKIFLEET_LOG_LEVEL);
  const workers = settings.WIKIFLEET_WORKERS === 0 ? availableParallelism() : settings.WIKIFLEET_WORKERS;
  const pool = releases.defer(openBlockPool(workers), async (p) => await p.close());
  const { store, downloads, converts } = await connect(settings, releases);
  await runService<ConvertJob>(
    {
      queue: converts,
      slots: 1,
      parse: parseConvertJob,
      describe: ({ run, file, split }) => ({ run: runName(run), file, split: split.index }),
      handle: async (job, context) => await convertSplit({ store, downloads, pool }, job, context),
      giveUp: async (job, error, attempts) => {
        const written = error instanceof SplitFailed ? error.written : null;
        await writeFailure(store, job, job.file, job.split.index, { error, attempts, written });
      },
    },
    { log, graceMs: settings.WIKIFLEET_GRACE_SECONDS * 1000 },
  );
  return 0;
});
