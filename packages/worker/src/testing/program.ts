/**
 * The program that the tests of runMain and runService start: `node testing/program.js MODE …`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HelpRequested, PermanentError, UsageError } from '@wikifleet/domain/errors';
import { Queue } from '@wikifleet/queue/queue';
import { createLog } from '../log.js';
import type { ReleaseStack } from '../release-stack.js';
import { runMain } from '../run-main.js';
import type { ExitCode } from '../run-main.js';
import { runService } from '../service.js';

type Mode = (releases: ReleaseStack, args: readonly string[]) => Promise<ExitCode>;

async function broken(thrown: unknown): Promise<ExitCode> {
  return await Promise.reject(thrown);
}

/** Something that stays open, whatever is released. */
function leak(): void {
  setInterval(() => {}, 1000);
}

const MODES: Readonly<Record<string, Mode>> = {
  done: async (releases) => {
    releases.defer('x', () => void process.stdout.write('released\n'));
    return await Promise.resolve(0);
  },
  failed: async () => await Promise.resolve(1),
  help: async () => await broken(new HelpRequested('usage: this\n')),
  usage: async (releases) => {
    releases.defer('x', () => {
      throw new Error('does not close');
    });
    return await broken(new UsageError('U', 'used wrongly'));
  },
  permanent: async () => await broken(new PermanentError('P', 'never')),
  unexpected: async (releases) => {
    releases.defer('x', () => void process.stdout.write('released\n'));
    return await broken(new TypeError('nobody expected this'));
  },
  text: async () => await broken('only text'),
  leaking: async () => {
    leak();
    return await Promise.resolve(0);
  },
  unclosed: async (releases) => {
    releases.defer('x', () => {
      throw new Error('does not close');
    });
    return await Promise.resolve(0);
  },
  service: async (releases, [url = '', endpoint = '', graceMs = '0', delayMs = '0', silentMs = '60000']) => {
    // what a program does before its service: connect
    await sleep(Number(delayMs));
    const place = { region: 'us-east-1', endpoint };
    const queue = releases.defer(Queue.connect({ url, deadLetterUrl: url, ...place }), (q) => q.close());
    await runService<string>(
      {
        queue,
        slots: 2,
        parse: (body) => body,
        describe: (job) => ({ job }),
        giveUp: async () => await Promise.resolve(),
        handle: async (job, { signal, log }) => {
          log.info({ event: 'job begun' });
          await sleep(job === 'long' ? 60_000 : 300, undefined, { signal });
        },
      },
      { log: createLog('test', 'info'), graceMs: Number(graceMs), watch: { silentMs: Number(silentMs) } },
    );
    return 0;
  },
};

const [mode = '', ...args] = process.argv.slice(2);
const main = MODES[mode];
if (process.env['WIKIFLEET_TEST_PROGRAM'] === '1' && main !== undefined) {
  await runMain(async (releases) => await main(releases, args), { lingerMs: 300 });
}
