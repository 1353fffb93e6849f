import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ROOT, inFolder, until } from '../end-to-end/programs.js';
import { WorkerProcesses, exitAfter } from './worker-processes.js';
import type { LogLine, WorkerProcess } from './worker-processes.js';

/** The sum of a metric over all lines of a log. */
function total(worker: WorkerProcess, name: string): number {
  const values = worker.events('metrics').map((line) => line[name] ?? 0);
  return values.flat().reduce<number>((sum, value) => sum + Number(value), 0);
}

/** What a metric line declares as metrics. */
function declared(line: LogLine | undefined): unknown {
  const aws = line?.['_aws'] as { CloudWatchMetrics: unknown[] } | undefined;
  return aws?.CloudWatchMetrics[0];
}

/** The agent of ECS, as far as protection goes. */
async function startAgent(): Promise<{ uri: string; states: boolean[]; close: () => void }> {
  const states: boolean[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { ProtectionEnabled } = JSON.parse(body) as { ProtectionEnabled: boolean };
      states.push(ProtectionEnabled);
      response.end(JSON.stringify({ protection: { ProtectionEnabled, TaskArn: 'arn:aws:ecs:x' } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { uri: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, states, close };
}

function heartbeatCheck(file: string): number | null {
  const program = join(ROOT, 'packages', 'worker', 'dist', 'check-heartbeat.js');
  return spawnSync(process.execPath, [program], { env: { ...process.env, WIKIFLEET_HEARTBEAT_FILE: file } }).status;
}

describe('the life of a worker', function () {
  this.timeout(90_000);

  it('is told by its metrics, its heartbeat and its protection, from the first job to its end', async () => {
    await inFolder(async (folder) => {
      const processes = await WorkerProcesses.start(folder);
      const agent = await startAgent();
      try {
        const life = { WIKIFLEET_METRICS: 'emf', ECS_AGENT_URI: agent.uri };
        const downloader = processes.worker('downloader', life);
        await until('both files are downloaded', () => downloader.events('file_downloaded').length === 2);
        downloader.kill('SIGTERM');
        await downloader.ended;
        assert.deepEqual(agent.states, [], 'a downloader hands its jobs back, so it asks for no protection');
        const bytes = downloader.events('file_downloaded').reduce((sum, line) => sum + Number(line['bytes']), 0);
        assert.deepEqual(
          ['JobsDone', 'JobsFailed', 'Retries', 'BytesIn', 'BytesOut'].map((name) => total(downloader, name)),
          [2, 0, 0, bytes, bytes],
        );

        const file = join(folder, 'heartbeat');
        const converter = processes.worker('converter', {
          ...life,
          WIKIFLEET_HEARTBEAT_FILE: file,
          WIKIFLEET_WORKERS: '2',
          WIKIFLEET_LOG_LEVEL: 'info',
        });
        await until('the run is closed', async () => await processes.isWhole());
        await until('the converter is idle', () => agent.states.length === 2);
        assert.equal(heartbeatCheck(file), 0);
        converter.kill('SIGTERM');
        const { code, stderr } = await converter.ended;
        assert.deepEqual([code, stderr], [0, '']);
        assert.equal(existsSync(file), false);
        assert.equal(heartbeatCheck(file), 1);
        assert.deepEqual(agent.states, [true, false], 'kept from job to job');

        const converted = converter.events('split_converted');
        const sum = (field: string): number => converted.reduce((all, line) => all + Number(line[field]), 0);
        assert.ok(sum('rows') > 500);
        assert.deepEqual(
          ['JobsDone', 'JobsFailed', 'Retries', 'Rows', 'XmlBytes', 'BytesIn', 'Quarantined', 'TaskStarts'].map(
            (name) => total(converter, name),
          ),
          [2, 0, 0, sum('rows'), sum('xmlBytes'), bytes, 0, 1],
        );
        assert.ok(total(converter, 'BytesOut') > 0 && total(converter, 'JobSeconds') > 0);
        const lasted = Number(converter.events('stopped')[0]?.['taskSeconds']);
        const seconds = total(converter, 'TaskSeconds');
        assert.ok(seconds > 0.3 && Math.abs(seconds - lasted) < 2, `${seconds} s, and ${lasted} s by its last words`);
        for (const line of converter.events('metrics')) {
          assert.equal(line['service'], 'converter');
          const { Namespace, Dimensions } = declared(line) as { Namespace: string; Dimensions: string[][] };
          assert.deepEqual([Namespace, Dimensions], ['Wikifleet', [['service']]]);
        }
      } finally {
        agent.close();
        await processes.close();
      }
    });
  });

  it('writes no metrics outside AWS unless asked to', async () => {
    await inFolder(async (folder) => {
      const processes = await WorkerProcesses.start(folder);
      try {
        const converter = processes.worker('converter');
        await until('it waits', () => converter.events('started').length === 1);
        converter.kill('SIGTERM');
        assert.equal((await exitAfter(converter, 0)).code, 0);
        assert.deepEqual(converter.events('metrics'), []);
      } finally {
        await processes.close();
      }
    });
  });

  it('can be tried by --check, which takes no message', async () => {
    await inFolder(async (folder) => {
      const processes = await WorkerProcesses.start(folder);
      try {
        const good = await processes.worker('downloader', {}, ['--check']).ended;
        assert.deepEqual([good.code, good.stderr], [0, '']);
        assert.deepEqual(good.stdout.split('\n'), [
          'ok    bucket wikifleet: reached',
          'ok    queue wikifleet-download: 2 visible, 0 in flight, 0 delayed',
          'ok    queue wikifleet-convert: 0 visible, 0 in flight, 0 delayed',
          'ok    mirrors: sample reached',
          '',
        ]);
        const other = await processes.worker('converter', { WIKIFLEET_BUCKET: 'no-such-bucket' }, ['--check']).ended;
        assert.equal(other.code, 1);
        assert.match(
          other.stdout,
          /^fail {2}bucket no-such-bucket: .+\nok {4}queue wikifleet-convert: .+\nok {4}queue/,
        );
        assert.deepEqual(await processes.depth('DOWNLOAD'), { visible: 2, inFlight: 0 });

        await processes.mirror.close();
        const without = await processes.worker('downloader', {}, ['--check']).ended;
        assert.equal(without.code, 1);
        assert.match(without.stdout, /\nfail {2}mirrors: .+\n$/);

        const wrong = await processes.worker('converter', {}, ['--chekc']).ended;
        assert.equal(wrong.code, 2);
        assert.match(wrong.stderr, /--chekc/);
      } finally {
        await processes.close();
      }
    });
  });
});
