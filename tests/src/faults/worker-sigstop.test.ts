import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inFolder, run, until } from '../end-to-end/programs.js';
import { rowsOf } from '../end-to-end/rows.js';
import { RUN, WIKI, WorkerProcesses } from './worker-processes.js';

describe('a converter that is stopped past its lease, and woken', function () {
  this.timeout(90_000);

  it('notices, does no harm, and works on', async () => {
    await inFolder(async (folder) => {
      const processes = await WorkerProcesses.start(folder);
      try {
        await processes.downloadAll();
        const link = await processes.link();
        link.bytesPerSecond = 20_000;
        const sleeper = processes.worker('converter', {
          AWS_ENDPOINT_URL: link.endpoint,
          WIKIFLEET_VISIBILITY_SECONDS: '4',
          WIKIFLEET_WORKERS: '2',
        });
        await until('it reads its split', () => link.held > 0);
        // the lease is extended while it works, past the visibility
        await sleep(5000);
        assert.deepEqual(await processes.depth('CONVERT'), { visible: 1, inFlight: 1 });
        assert.equal(sleeper.events('lease lost').length, 0);

        sleeper.kill('SIGSTOP');
        const other = processes.worker('converter', { WIKIFLEET_WORKERS: '2' });
        await until('another closes the run', async () => await processes.isWhole());
        await until('and acknowledges', async () => (await processes.depth('CONVERT')).inFlight === 0);
        const [rows, runs] = [await processes.objects('rows'), await processes.objects('runs')];

        sleeper.kill('SIGCONT');
        await until('the sleeper notices', () => sleeper.events('lease lost').length === 1);
        const [lost] = sleeper.events('lease lost');
        assert.deepEqual(
          [lost?.['code'], lost?.['run'], lost?.['split'], lost?.['receiveCount']],
          ['LEASE_LOST', `articles-multistream/${WIKI}/2026-10-01`, 0, 1],
        );
        link.bytesPerSecond = Infinity;
        await sleep(2000);
        assert.equal(sleeper.child.exitCode, null, 'it lives');
        assert.deepEqual(await processes.depth('CONVERT'), { visible: 0, inFlight: 0 });

        const settled = [...sleeper.events('settled'), ...other.events('settled')];
        const acknowledged = settled.filter(({ msg }) => msg === 'acknowledge').map(({ messageId }) => messageId);
        assert.equal(acknowledged.length, 2);
        assert.equal(new Set(acknowledged).size, 2, 'each message was deleted once');
        assert.ok(acknowledged.includes(lost?.['messageId']));
        assert.deepEqual(sleeper.events('settled'), []);
        assert.deepEqual(await processes.objects('rows'), rows);
        assert.deepEqual(await processes.objects('runs'), runs, 'nothing was written by the sleeper');

        const below = join(folder, 'out', 'rows', RUN);
        const files = await readdir(below);
        assert.equal(files.length, 2);
        for (const file of files) {
          const dump = join(folder, 'mirror', WIKI, '20261001', file);
          const calm = await run('wikifleet/dist/convert.js', [dump]);
          assert.equal(calm.code, 0, calm.stderr);
          assert.equal(await rowsOf(below, file), calm.stdout, 'the rows are those of a calm conversion');
        }

        // and there is work for it again
        sleeper.kill('SIGTERM');
        assert.equal((await sleeper.ended).code, 0);
      } finally {
        await processes.close();
      }
    });
  });
});
