import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { WORKER_VARIABLES, readSettings } from '@wikifleet/config/settings';
import { codeOf, messageOf } from '@wikifleet/domain/errors';
import { parseDownloadJob } from '@wikifleet/domain/jobs';
import type { DownloadJob } from '@wikifleet/domain/jobs';
import { runName } from '@wikifleet/domain/run';
import { MirrorPool } from '@wikifleet/mirror/mirror-pool';
import { openMirrors } from '@wikifleet/mirror/open-mirrors';
import { PartMemory } from '@wikifleet/store/part-memory';
import { checkCloud } from '@wikifleet/worker/check-cloud';
import { checkProgram } from '@wikifleet/worker/check-program';
import { connect, openCloud } from '@wikifleet/worker/connect';
import { createLog } from '@wikifleet/worker/log';
import { depthLog } from '@wikifleet/worker/depth-publisher';
import { openDepthPublisher } from '@wikifleet/worker/open-depth-publisher';
import { runMain } from '@wikifleet/worker/run-main';
import { runService } from '@wikifleet/worker/service';
import { serviceOptions } from '@wikifleet/worker/service-options';
import { NO_PROTECTION } from '@wikifleet/worker/task-protection';
import { checkMirrors } from './check-mirrors.js';
import { download } from './download.js';
import { recordDownloadFailure } from './record-failure.js';

const COMMAND_LINE = {
  usage: asTyped('downloader', '[--check]'),
  about:
    'Moves dump files from the mirrors to S3 as the download queue names them, until SIGTERM. The environment names\n' +
    'bucket, queues and mirrors (docs/operating.md).',
  flags: {
    check: { type: 'boolean', help: 'reach bucket, queues and one mirror, say so in a line each, and take no message' },
  },
} as const;

/** The depth of the queues is told so often: converters are wanted within two minutes of the first split. */
const DEPTH_EVERY_MS = 20_000;

await runMain(
  async (releases) => {
    const { flags } = parseCommandLine(COMMAND_LINE, process.argv.slice(2));
    const settings = readSettings(process.env, [
      ...WORKER_VARIABLES,
      'WIKIFLEET_MIRRORS',
      'WIKIFLEET_CONTACT',
      'WIKIFLEET_DOWNLOAD_SLOTS',
      'WIKIFLEET_DOWNLOADERS',
      'WIKIFLEET_PUBLISH_DEPTH',
    ]);
    const mirrors = await openMirrors(settings.WIKIFLEET_MIRRORS, settings.WIKIFLEET_CONTACT, {
      tasks: settings.WIKIFLEET_DOWNLOADERS,
    });
    for (const { mirror } of mirrors) releases.defer(mirror, async (m) => await m.close());
    if (flags.check === true) {
      const cloud = openCloud(settings, releases);
      const checks = checkCloud(cloud.store, [cloud.downloads, cloud.converts]);
      return await checkProgram([...checks, checkMirrors(mirrors.map(({ mirror }) => mirror))]);
    }
    const log = createLog('downloader', settings.WIKIFLEET_LOG_LEVEL);
    const options = serviceOptions(settings, log, releases);
    const pool = new MirrorPool(mirrors, {
      onRest: ({ error, ...rest }) => {
        options.metrics.add('MirrorWaits', 1);
        options.metrics.add('MirrorWaitSeconds', rest.milliseconds / 1000);
        log.warn({ event: 'mirror rests', ...rest, code: codeOf(error) }, messageOf(error));
      },
    });
    const { store, downloads, converts } = await connect(settings, releases);
    const depth = openDepthPublisher(settings, [downloads, converts], depthLog(log), releases, {
      everyMs: DEPTH_EVERY_MS,
    });
    const slots = settings.WIKIFLEET_DOWNLOAD_SLOTS;
    // a part that comes for each, and half as many on their way to S3
    const memory = new PartMemory(slots + Math.ceil(slots / 2));
    const onEnqueued = (splits: number): void => void depth?.publish(converts, splits);
    await runService<DownloadJob>(
      {
        queue: downloads,
        slots,
        parse: parseDownloadJob,
        describe: ({ run, file }) => ({ run: runName(run), file }),
        handle: async (job, context) =>
          await download({ store, converts, mirrors, pool, memory, onEnqueued }, job, context),
        giveUp: async (job, error, attempts) => {
          await recordDownloadFailure(store, job, error, attempts);
        },
      },
      // Jobs are handed back and the mirrors' connections closed at once: a replacement may be waiting for them. So no task protection.
      { ...options, protection: NO_PROTECTION, graceMs: 0 },
    );
    return 0;
  },
  { lingerMs: 3000 },
);
