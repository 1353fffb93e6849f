import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { requestsOfRun } from '@wikifleet/runs/run-requests';
import { inFolder, run, start, until } from '../end-to-end/programs.js';
import type { Running } from '../end-to-end/programs.js';
import { startSampleMirror } from './sample-mirror.js';
import { Recorder } from './terraform-recorder.js';

/** Of what a run makes in truth, so much may be missing from the count, or be too much in it. */
const TOLERANCE = 0.25;
const READS = /^S3\.(Get|Head)/;

describe('the requests that estimate and costs count', function () {
  this.timeout(240_000);

  it('are those of a recorded run', async () => {
    await inFolder(async (folder) => {
      const running: Running[] = [];
      const data = join(folder, 'data');
      const cloud = start('wikifleet/dist/cloud.js', ['--out', data, '--port', '0']);
      running.push(cloud);
      await until(
        'the loopback cloud answers',
        () => /^export WIKIFLEET_CONVERT_DEAD_LETTER/m.test(cloud.output()),
        60,
      );
      const environment = Object.fromEntries(
        [...cloud.output().matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
      );
      const recorder = await Recorder.listen(environment['AWS_ENDPOINT_URL'] ?? '');
      try {
        const mirrors = await startSampleMirror(folder, running);
        const env = { ...environment, AWS_ENDPOINT_URL: recorder.endpoint, WIKIFLEET_MIRRORS: mirrors };
        const named = ['--wiki', 'samplewiki', '--date', '2026-10-01', '--split-bytes', '100000', '--json'];
        const seeded = await run('seed/dist/main.js', named, env);
        assert.equal(seeded.code, 0, seeded.stderr);
        const { planId, files, bytes, splits } = JSON.parse(seeded.stdout) as {
          planId: string;
          files: number;
          bytes: number;
          splits: number;
        };
        running.push(...['downloader', 'converter'].map((program) => start(`${program}/dist/main.js`, [], env)));
        const runFolder = join(data, 'runs/articles-multistream/samplewiki/2026-10-01', planId);
        const isClosed = async (): Promise<boolean> =>
          (await readdir(runFolder).catch((): string[] => [])).includes('manifest.json');
        await until('the run is complete', isClosed, 120);
        const count = (is: (name: string) => boolean): number => recorder.calls.filter(({ name }) => is(name)).length;
        const recorded = {
          s3Writes: count((name) => name.startsWith('S3.') && !READS.test(name)),
          s3Reads: count((name) => READS.test(name)),
        };
        const each = { bytes: bytes / files, splits: splits / files };
        const counted = requestsOfRun(Array.from({ length: files }, () => each));
        for (const name of ['s3Writes', 's3Reads'] as const) {
          const off = Math.abs(counted[name] - recorded[name]) / recorded[name];
          assert.ok(off <= TOLERANCE, `${name}: counted ${counted[name]}, recorded ${recorded[name]}`);
        }
      } finally {
        for (const { child } of running) child.kill('SIGKILL');
        await recorder.close();
      }
    });
  });
});
