import assert from 'node:assert/strict';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { join } from 'node:path';
import { inFolder } from '../end-to-end/programs.js';
import { emptyBucket } from '../tools/empty-bucket.js';
import { runChaos } from './chaos-run.js';
import type { ChaosOptions } from './chaos-run.js';
import { writeChaosSample } from './chaos-sample.js';

const SEED = 7;
const LOCALSTACK = process.env['WIKIFLEET_LOCALSTACK_ENDPOINT'] ?? '';

/** The fleet under one seed's faults, against its undisturbed self. */
async function compare(folder: string, cloud: string | null, megabytes: number): Promise<void> {
  const sample = join(folder, 'sample');
  await writeChaosSample(sample, megabytes, 18_000_000);
  const options = (name: string): ChaosOptions => ({
    folder: join(folder, name),
    sample,
    splitBytes: 6000,
    converters: 2,
    cloud,
    everyMs: [1000, 2500],
    operatorEveryMs: [2000, 5000],
    // LocalStack is slow, and loses messages of its own: there the workers' faults alone
    operatorSeconds: cloud === null ? 15 : 0,
    patienceSeconds: 480,
  });
  const calm = await runChaos(options('calm'), null, null);
  assert.deepEqual(calm.problems, []);
  assert.ok(calm.snapshot.rows > 400 && calm.snapshot.splits > 50);

  const outcome = await runChaos(options('chaos'), SEED, calm.snapshot);
  assert.deepEqual(outcome.problems, []);
  assert.deepEqual([outcome.lost, outcome.doubled], [0, 0]);
  const { counts, total } = outcome.tally;
  assert.ok(total > 50, `${total} faults`);
  for (const fault of ['worker killed', 'message delivered twice', 'S3 503', 'S3 answer cut'] as const) {
    assert.ok((counts.get(fault) ?? 0) > 0, `no ${fault}`);
  }
}

describe('chaos', function () {
  // a minute where nothing else runs
  this.timeout(1_200_000);

  it('leaves every row once, byte for byte, and nothing behind', async function () {
    if (!LONG_TESTS) this.skip('WIKIFLEET_LONG_TESTS=1');
    await inFolder(async (folder) => await compare(folder, null, 3));
  });

  it('does so against LocalStack', async function () {
    if (LOCALSTACK === '') this.skip('WIKIFLEET_LOCALSTACK_ENDPOINT');
    await emptyBucket(LOCALSTACK);
    await inFolder(async (folder) => await compare(folder, LOCALSTACK, 2));
  });
});
