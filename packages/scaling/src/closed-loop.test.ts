import assert from 'node:assert/strict';
import { AWS_ASSUMPTIONS } from './aws-assumptions.js';
import { converterSteps } from './converter-steps.js';
import { SimulatedService, random } from './testing/simulated-service-harness.js';
import type { Job } from './testing/simulated-service-harness.js';

interface Run {
  /** Seconds from the beginning. */
  readonly at: number;
  readonly files: number;
  readonly splits: number;
  /** Of a split, about; `SECONDS_PER_SPLIT` where it is not said. */
  readonly seconds?: number;
  readonly deadMirror?: true;
}

interface Scenario {
  readonly runs: readonly Run[];
  readonly sqsLateFor?: number;
  readonly lost?: number;
  readonly deployAt?: number;
  readonly unprotected?: true;
  readonly lies?: true;
}

const MAX = 20;
const DOWNLOADERS = 2;
/** At most 1.8 times as long: within the grace period of SIGTERM. */
const SECONDS_PER_SPLIT = 45;
const HOURS = 4;
const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

/** Seconds in which the fleet has to be there, and to be gone. */
const { awakeSeconds: GROWN, asleepSeconds: GONE } = AWS_ASSUMPTIONS;

interface Played {
  readonly downloads: SimulatedService;
  readonly converts: SimulatedService;
  readonly splits: number;
}

/** Four hours of a fleet, second by second. */
function play(scenario: Scenario, seed: number): Played {
  const chance = random(seed);
  const common = {
    random: chance,
    sqsLateFor: scenario.sqsLateFor ?? 0,
    lost: scenario.lost ?? 0,
    lies: scenario.lies ?? false,
    sqsPhase: Math.floor(chance() * 60),
  };
  const one = [{ capacity: DOWNLOADERS, from: 1 }];
  const steps = converterSteps({ max: MAX, drainSeconds: 600, secondsPerSplit: SECONDS_PER_SPLIT });
  // a downloader is stopped at any time: it lets go of its mirrors and hands back
  const downloads = new SimulatedService({ ...common, steps: one, slots: 1, publishes: 'every 20 s', protect: false });
  const converts = new SimulatedService({
    ...common,
    steps,
    slots: 1,
    publishes: 'when idle',
    protect: scenario.unprotected !== true,
  });
  // runs begin anywhere in a minute
  const offset = Math.floor(chance() * 60);
  let splits = 0;
  for (let now = 0; now < HOURS * 3600; now += 1) {
    for (const run of scenario.runs.filter(({ at }) => at + offset === now)) {
      const jobs = Array.from({ length: run.files }, (): Job => {
        if (run.deadMirror) return { seconds: Number.POSITIVE_INFINITY };
        const enqueued = Array.from({ length: run.splits }, () => ({
          seconds: Math.ceil((run.seconds ?? SECONDS_PER_SPLIT) * (0.2 + 1.6 * chance())),
        }));
        splits += run.splits;
        return { seconds: 60 + Math.floor(120 * chance()), done: (at) => converts.enqueue(at, enqueued) };
      });
      downloads.enqueue(now, jobs);
    }
    if (now === scenario.deployAt) {
      downloads.deploy(now);
      converts.deploy(now);
    }
    downloads.tick(now);
    converts.tick(now);
  }
  return { downloads, converts, splits };
}

const USUAL: readonly Run[] = [{ at: 600, files: 12, splits: 10 }];
const SCENARIOS: readonly [string, Scenario][] = [
  ['a small run: one message, one split', { runs: [{ at: 600, files: 1, splits: 1 }] }],
  ['a usual run', { runs: USUAL }],
  ["a usual run, SQS's metrics a quarter of an hour late", { runs: USUAL, sqsLateFor: 900 }],
  [
    'a short run that is over before any metric of SQS came',
    { runs: [{ at: 600, files: 2, splits: 2 }], sqsLateFor: 900 },
  ],
  ['a usual run, a third of the metrics missing', { runs: USUAL, lost: 0.33 }],
  ['a slow mirror, a split now and then', { runs: [{ at: 600, files: 16, splits: 1, seconds: 5 }] }],
  ['two runs at once', { runs: [...USUAL, { at: 840, files: 8, splits: 15 }] }],
  ['a second run an hour after the first has gone', { runs: [...USUAL, { at: 8000, files: 8, splits: 15 }] }],
  ['a deployment in mid-run', { runs: USUAL, deployAt: 1500 }],
  ['a deployment while nothing runs', { runs: USUAL, deployAt: 100 }],
  ['a deployment in mid-run, metrics late and missing', { runs: USUAL, deployAt: 1200, sqsLateFor: 900, lost: 0.2 }],
];

describe('the closed loop of queue, metrics, alarms and tasks, in simulated time', function () {
  // forty fleets of four hours a test

  it('the simulation can fail: without protection busy tasks are stopped', () => {
    const stopped = SEEDS.map(
      (seed) => play({ runs: USUAL, deployAt: 1500, unprotected: true }, seed).converts.stoppedBusy,
    );
    assert.ok(stopped.every((count) => count > 0));
  });

  for (const [name, scenario] of SCENARIOS) {
    it(`${name}: from zero in three minutes, no busy task stopped, at zero in five and a half`, () => {
      for (const seed of SEEDS) {
        const { downloads, converts, splits } = play(scenario, seed);
        const at = `seed ${seed}`;
        assert.equal(converts.finished, splits, at);
        for (const service of [downloads, converts]) {
          // it goes between runs at most, never between two files of one
          const { length: wakings } = service.wakings;
          assert.ok(wakings >= 1 && wakings <= scenario.runs.length, `${at}: woke ${wakings} times`);
          for (const grown of service.wakings) assert.ok(grown <= GROWN, `${at}: the first task ran after ${grown} s`);
          if (service === converts || scenario.deployAt === undefined) assert.equal(service.stoppedBusy, 0, at);
          const gone = service.zeroAt - service.lastDoneAt;
          if (scenario.lost === undefined) assert.ok(gone <= GONE, `${at}: at zero ${gone} s after the last job`);
          assert.ok(gone <= 2 * GONE, `${at}: at zero ${gone} s after the last job`);
        }
        assert.ok(downloads.peak <= (scenario.deployAt === undefined ? DOWNLOADERS : 2 * DOWNLOADERS), at);
        if (scenario.deployAt === undefined) assert.ok(converts.peak <= MAX, at);
      }
    });
  }

  it('a run whose mirror is dead keeps the downloaders, and no converter; another run beside it is done', () => {
    for (const seed of SEEDS) {
      const dead: Run = { at: 700, files: 1, splits: 0, deadMirror: true };
      const { downloads, converts, splits } = play({ runs: [...USUAL, dead] }, seed);
      assert.equal(downloads.tasks, DOWNLOADERS, `seed ${seed}`);
      assert.equal(converts.finished, splits);
      assert.equal(converts.tasks, 0);
      const gone = converts.zeroAt - converts.lastDoneAt;
      assert.ok(gone <= GONE, `seed ${seed}: at zero ${gone} s after the last job`);
    }
  });

  it('a wrong zero from whoever publishes stops idle tasks alone, and every split is done all the same', () => {
    for (const seed of SEEDS) {
      const { converts, splits } = play({ runs: USUAL, sqsLateFor: 900, lies: true }, seed);
      assert.equal(converts.finished, splits, `seed ${seed}`);
      assert.equal(converts.stoppedBusy, 0, `seed ${seed}`);
    }
  });

  it('a deployment in mid-run gets through, ten minutes and a job at most, downloaders on a dead mirror too', () => {
    for (const seed of SEEDS) {
      const dead: Run = { at: 700, files: 1, splits: 0, deadMirror: true };
      const { downloads, converts } = play({ runs: [...USUAL, dead], deployAt: 1500 }, seed);
      assert.ok(downloads.replacedAfter <= 10, `seed ${seed}: ${downloads.replacedAfter} s`);
      // kept for ten minutes, until a job ends, and stopped within the next one
      const longest = 1.8 * SECONDS_PER_SPLIT;
      assert.ok(converts.replacedAfter <= 600 + 2 * longest + 30, `seed ${seed}: ${converts.replacedAfter} s`);
      assert.ok(converts.replacedAfter > 10, 'it was in mid-run');
    }
  });

  it('splits that are longer than the grace period are interrupted seldom, and all of them are done', () => {
    const long: Run = { at: 600, files: 12, splits: 10, seconds: 200 };
    for (const seed of SEEDS) {
      const { converts, splits } = play({ runs: [long], deployAt: 1500 }, seed);
      assert.equal(converts.finished, splits, `seed ${seed}`);
      assert.ok(converts.stoppedBusy <= 2 * converts.peak, `seed ${seed}: ${converts.stoppedBusy} of ${splits}`);
    }
  });
});
