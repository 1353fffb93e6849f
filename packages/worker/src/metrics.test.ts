import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { WORKER_METRICS } from '@wikifleet/scaling/metrics';
import type { WorkerMetric } from '@wikifleet/scaling/metrics';
import { createLog } from './log.js';
import type { Log } from './log.js';
import { EmbeddedMetrics } from './metrics.js';

type Line = Readonly<Record<string, unknown>>;
interface Declared {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

/** CloudWatch's units. */
const UNITS = new Set(
  (
    'Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits Gigabits ' +
    'Terabits Percent Count None'
  ).split(' '),
);

/** A log whose lines are kept as they go to standard output. */
function capture(level: string): { log: Log; lines: () => Line[] } {
  const texts: string[] = [];
  const log = createLog('converter', level, { write: (text) => void texts.push(text) });
  return {
    log,
    lines: () =>
      texts.map((text) => {
        assert.match(text, /^[^\n]+\n$/, 'one line an event');
        return JSON.parse(text) as Line;
      }),
  };
}

/** What the published schema of the embedded metric format, and the limits beside it, ask of a line. */
function assertEmbedded(line: Line): Declared {
  assert.ok(JSON.stringify(line).length < 256 * 1024, 'bytes of a log event');
  const aws = line['_aws'] as { Timestamp: number; CloudWatchMetrics: Declared[] };
  assert.deepEqual(Object.keys(aws).toSorted(), ['CloudWatchMetrics', 'Timestamp']);
  assert.ok(Number.isInteger(aws.Timestamp));
  assert.ok(Math.abs(Date.now() - aws.Timestamp) < 60_000, 'milliseconds since 1970');
  assert.equal(aws.CloudWatchMetrics.length, 1);
  const [declared] = aws.CloudWatchMetrics;
  assert.ok(declared);
  const { Namespace, Dimensions, Metrics } = declared;
  assert.match(Namespace, /^[\w./#:-]{1,255}$/);
  assert.ok(Dimensions.length >= 1);
  for (const set of Dimensions) {
    assert.ok(set.length <= 30);
    for (const name of set) {
      const value = line[name];
      assert.ok(typeof value === 'string' && value.length >= 1 && value.length <= 1024, `${name} is on the root`);
    }
  }
  assert.ok(Metrics.length >= 1 && Metrics.length <= 100);
  assert.equal(new Set(Metrics.map(({ Name }) => Name)).size, Metrics.length);
  for (const { Name, Unit } of Metrics) {
    assert.ok(Name.length >= 1 && Name.length <= 1024);
    assert.ok(UNITS.has(Unit), Unit);
    const value = line[Name];
    const values: unknown[] = Array.isArray(value) ? value : [value];
    assert.ok(values.length >= 1 && values.length <= 100, `${Name} has ${values.length} values`);
    for (const one of values) assert.ok(typeof one === 'number' && Number.isFinite(one), `${Name} is on the root`);
  }
  return declared;
}

describe('EmbeddedMetrics', () => {
  it('writes lines that CloudWatch reads, whatever the level of the log is, by the service alone', () => {
    for (const level of ['debug', 'info', 'error', 'silent']) {
      const { log, lines } = capture(level);
      const metrics = new EmbeddedMetrics(log);
      for (const name of Object.keys(WORKER_METRICS) as WorkerMetric[]) metrics.add(name, 1.5);
      metrics.close();
      metrics.close();
      assert.equal(lines().length, 2, 'one at the start, one at the end');
      const [first, last] = lines().map((line) => assertEmbedded(line));
      assert.deepEqual(first?.Metrics.map(({ Name }) => Name).toSorted(), ['TaskSeconds', 'TaskStarts']);
      assert.deepEqual(
        last?.Metrics.map(({ Name }) => Name).toSorted(),
        Object.keys(WORKER_METRICS).toSorted(),
        'each that was counted',
      );
      assert.deepEqual(last.Dimensions, [['service']]);
      assert.deepEqual([last.Namespace, lines()[1]?.['service']], ['Wikifleet', 'converter']);
    }
  });

  it('sums up, keeps single values where the mean would hide something, and begins anew after each line', async () => {
    const { log, lines } = capture('info');
    const metrics = new EmbeddedMetrics(log);
    metrics.add('Rows', 2);
    metrics.add('Rows', 3);
    metrics.add('JobSeconds', 1.23456);
    metrics.add('JobSeconds', 4);
    await sleep(50);
    metrics.flush();
    metrics.add('Rows', 7);
    metrics.close();
    const [first, second, third] = lines();
    assert.deepEqual([second?.['Rows'], second?.['JobSeconds'], third?.['Rows']], [5, [1.235, 4], 7]);
    assert.equal(third && 'JobSeconds' in third, false);
    const task = [first, second, third].map((line) => Number(line?.['TaskSeconds'] ?? 0));
    assert.ok(task[1]! >= 0.045 && task[1]! < 1, `${task[1]} s between two lines`);
    assert.ok(task[0]! + task[2]! < 0.5, 'no second counts twice');
    assert.equal(first?.['TaskStarts'], 1);
  });

  it('takes no number that is none', () => {
    const { log, lines } = capture('info');
    const metrics = new EmbeddedMetrics(log);
    for (const value of [Number.NaN, Infinity, -Infinity, -5, 0]) metrics.add('Rows', value);
    metrics.close();
    const last = lines().at(-1);
    assert.ok(last && !('Rows' in last));
  });

  it('writes a line early rather than more values than the format takes', () => {
    const { log, lines } = capture('info');
    const metrics = new EmbeddedMetrics(log);
    for (let job = 0; job < 250; job += 1) metrics.add('JobSeconds', 1);
    metrics.close();
    const values = lines().map((line) => (line['JobSeconds'] as number[] | undefined)?.length ?? 0);
    assert.deepEqual(values, [0, 100, 100, 50]);
    for (const line of lines()) assertEmbedded(line);
  });

  it('writes at its interval', async () => {
    const { log, lines } = capture('info');
    const metrics = new EmbeddedMetrics(log, 20);
    await sleep(110);
    metrics.close();
    assert.ok(lines().length >= 4 && lines().length <= 8, `${lines().length} lines`);
  });
});
