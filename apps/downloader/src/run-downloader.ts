import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { codeOf, messageOf } from '@wikifleet/domain/errors';
import { parseDownloadJob } from '@wikifleet/domain/jobs';
import type { DownloadJob } from '@wikifleet/domain/jobs';
import { runName } from '@wikifleet/domain/run';
import { MirrorPool } from '@wikifleet/mirror/mirror-pool';
import { openMirrors } from '@wikifleet/mirror/open-mirrors';
import { writeFailure } from '@wikifleet/runs/failures';
import { connect } from '@wikifleet/worker/connect';
import { createLog } from '@wikifleet/worker/log';
import { runMain } from '@wikifleet/worker/run-main';
import { runService } from '@wikifleet/worker/service';
import { download } from './download.js';

await runMain(async (releases) => {
  const settings = readSettings(process.env, [
    ...CLOUD_VARIABLES,
    'WIKIFLEET_MIRRORS',
    'WIKIFLEET_CONTACT',
    'WIKIFLEET_DOWNLOAD_SLOTS',
    'WIKIFLEET_DOWNLOADERS',
  ]);
  const log = createLog('downloader', settings.WIKIFLEET_LOG_LEVEL);
  const mirrors = await openMirrors(settings.WIKIFLEET_MIRRORS, settings.WIKIFLEET_CONTACT, {
    tasks: settings.WIKIFLEET_DOWNLOADERS,
  });
  for (const { mirror } of mirrors) releases.defer(mirror, async (m) => await m.close());
  const pool = new MirrorPool(mirrors, {
    onRest: ({ error, ...rest }) => log.warn({ event: 'mirror rests', ...rest, code: codeOf(error) }, messageOf(error)),
  });
  const { store, downloads, converts } = await connect(settings, releases);
  await runService<DownloadJob>(
    {
      queue: downloads,
      slots: settings.WIKIFLEET_DOWNLOAD_SLOTS,
      parse: parseDownloadJob,
      describe: ({ run, file }) => ({ run: runName(run), file }),
      handle: async (job, context) => await download({ store, converts, mirrors, pool }, job, context),
      giveUp: async (job, error, attempts) => {
        await writeFailure(store, job, job.file, 'download', { error, attempts, written: null });
      },
    },
    // the mirrors' connections are let go at once: a replacement may be waiting for them
    { log, graceMs: 0 },
  );
  return 0;
});
