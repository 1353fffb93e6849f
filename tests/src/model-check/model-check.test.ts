import assert from 'node:assert/strict';
import { EXHAUSTIVE, LONG_TESTS } from '@wikifleet/testing/extent';
import { describeCoverage } from './coverage.js';
import { runSchedule } from './run-schedule.js';

/** One schedule alone, with its trace. */
const REPLAYED = process.env['WIKIFLEET_MODEL_SEED'];
/** The default run ends before the last schedule once it has reached every branch. */
const SCHEDULES = EXHAUSTIVE ? 100_000 : 2000;
const MIN_SCHEDULES = 300;
const FIRST_SEED = 1;

describe('the protocol of a run, on a model of S3 and SQS', function () {
  this.timeout(EXHAUSTIVE ? 4 * 3_600_000 : 300_000);

  it('holds in every order of requests, under faults, repairs, new plans and tampering', async () => {
    const hits = new Map<string, number>();
    const [first, count] = REPLAYED === undefined ? [FIRST_SEED, SCHEDULES] : [Number(REPLAYED), 1];
    process.stdout.write(
      `      at most ${count} schedules from seed ${first}; WIKIFLEET_MODEL_SEED=n replays one with its trace\n`,
    );
    let steps = 0;
    let schedules = 0;
    for (let seed = first; seed < first + count; seed += 1) {
      const isEnough =
        !LONG_TESTS && !EXHAUSTIVE && seed >= first + MIN_SCHEDULES && describeCoverage(hits).missing.length === 0;
      if (isEnough && REPLAYED === undefined) break;
      const result = await runSchedule({ seed, hits });
      schedules += 1;
      steps += result.steps;
      if (REPLAYED !== undefined) process.stdout.write(`${result.trace.join('\n')}\n`);
      if (result.violations.length === 0) continue;
      const trace = REPLAYED === undefined ? `\n${result.trace.join('\n')}` : '';
      assert.fail(`seed ${seed}: ${result.violations.join('\n')}${trace}`);
    }
    if (REPLAYED !== undefined) return;
    const { lines, missing } = describeCoverage(hits);
    process.stdout.write(
      `      ${steps} steps in ${schedules} schedules; branches reached, and how often:\n${lines.join('\n')}\n`,
    );
    assert.deepEqual(missing, [], 'branches that no schedule reached');
  });

  it('gives the same trace for the same seed', async () => {
    const [first, again] = [await traceOf(17), await traceOf(17)];
    assert.ok(first.length > 50);
    assert.deepEqual(first, again);
  });
});

async function traceOf(seed: number): Promise<readonly string[]> {
  return (await runSchedule({ seed, hits: new Map() })).trace;
}
