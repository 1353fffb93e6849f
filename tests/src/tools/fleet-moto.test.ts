import assert from 'node:assert/strict';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { OUTSTANDING_METRIC, QUEUE_DIMENSION } from '@wikifleet/queue/publish-outstanding';
import { sealPlan } from '@wikifleet/domain/plan';
import { CloudWatchMetrics } from '@wikifleet/worker/cloudwatch-metrics';
import { run } from '../end-to-end/programs.js';
import type { Ended } from '../end-to-end/programs.js';
import { MOTO, MotoFleet } from './moto-fleet.js';
import type { MotoState } from './moto-fleet.js';

const DOWNLOADER = 'service/wikifleet/wikifleet-downloader';
const CONVERTER = 'service/wikifleet/wikifleet-converter';
const RUNNING = {
  DynamicScalingInSuspended: false,
  DynamicScalingOutSuspended: false,
  ScheduledScalingSuspended: false,
};
const SUSPENDED = {
  DynamicScalingInSuspended: true,
  DynamicScalingOutSuspended: true,
  ScheduledScalingSuspended: false,
};

// moto checks none, but the SDK does not send without
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

describe("the operator's command line on moto", function () {
  this.timeout(120_000);
  let moto: MotoFleet | undefined;
  let environment: Record<string, string> = {};
  let untouched: MotoState;

  before(async function () {
    if (MOTO === '') this.skip('WIKIFLEET_MOTO (tests/tools/moto-requirements.txt)');
    moto = await MotoFleet.start();
  });
  after(async () => await moto?.close());

  const fleet = async (args: readonly string[], more: Record<string, string> = {}): Promise<Ended> => {
    return await run('fleet/dist/main.js', args, { ...environment, ...more });
  };
  const done = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await fleet(args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  /** A fleet that nobody has touched. */
  const begin = async (): Promise<void> => {
    environment = (await moto?.make()) ?? {};
    untouched = await read();
  };
  const read = async (): Promise<MotoState> => (await moto?.read()) as MotoState;

  const refused: readonly [string, string[], Record<string, string>, RegExp][] = [
    [
      'a cluster that is not there',
      ['stop'],
      { WIKIFLEET_CLUSTER: 'other' },
      /in the cluster other: no such cluster; WIKIFLEET_CLUSTER/,
    ],
    [
      'a service that is not there',
      ['pause'],
      { WIKIFLEET_CONVERTER_SERVICE: 'other' },
      /wikifleet has no service other; WIKIFLEET_CONVERTER_SERVICE/,
    ],
    ['no cluster', ['resume'], { WIKIFLEET_CLUSTER: '' }, /the environment names no cluster/],
    [
      'an ARN for a name',
      ['stop'],
      { WIKIFLEET_CLUSTER: 'arn:aws:ecs:us-east-1:1:cluster/x' },
      /WIKIFLEET_CLUSTER: expected a name on ECS, not its ARN/,
    ],
    ['nobody there', ['stop'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, /ECS: DescribeServices.*: not reached: /],
    ['no tasks', ['start'], {}, /expected --tasks/],
    ['zero tasks', ['start', '--tasks', '0'], {}, /--tasks: expected a whole number from 1/],
    [
      'more tasks than the maximum',
      ['start', '--tasks', '21'],
      {},
      /--tasks: expected at most 20, the maximum in terraform; received 21/,
    ],
    ['a pin of no time', ['start', '--tasks', '1', '--minutes', '4'], {}, /--minutes: expected a whole number from 5/],
    ['costs of nothing', ['costs'], {}, /expected a run or --from/],
    [
      'costs of a run that is not there',
      ['costs', '--wiki', 'w', '--date', '2026-10-01'],
      {},
      /articles-multistream\/w\/2026-10-01: no plan/,
    ],
    [
      'prices of a region that nobody wrote down',
      ['costs', '--from', '2026-10-01'],
      { AWS_REGION: 'mars-1' },
      /none of mars-1/,
    ],
    ['half of a run', ['status', '--wiki', 'w'], {}, /a run is named by --wiki and --date/],
    ['no depth', ['depth', '--hours', '0'], {}, /--hours: expected a whole number from 1 to 336/],
  ];
  describe('refuses, and changes nothing:', () => {
    before(async () => await begin());
    for (const [name, args, more, says] of refused) {
      it(name, async () => {
        const { code, stdout, stderr } = await fleet(args, more);
        assert.equal(code, 2, stderr);
        assert.match(stderr, says);
        assert.equal(stdout, '');
      });
    }
    after(async () => assert.deepEqual(await read(), untouched));
  });

  describe('does what it says:', () => {
    beforeEach(async () => await begin());

    it('start raises the minimum, and schedules its end in the same breath; the maximum stays', async () => {
      const before = Date.now();
      assert.match(await done('start', '--tasks', '5', '--minutes', '30'), /at least 5 of at most 20 tasks until /);
      const { targets, actions, desired } = await read();
      assert.deepEqual(targets, { [DOWNLOADER]: [0, 2, RUNNING], [CONVERTER]: [5, 20, RUNNING] });
      assert.equal(actions.length, 1);
      const [name, resource, schedule, action] = actions[0] ?? [];
      assert.deepEqual([name, resource, action], ['wikifleet-start-runs-out', CONVERTER, { MinCapacity: 0 }]);
      const end = Date.parse(`${/^at\((.*)\)$/.exec(schedule ?? '')?.[1]}Z`);
      assert.ok(Math.abs(end - before - 30 * 60_000) < 30_000, schedule);
      assert.deepEqual(desired, untouched.desired, 'the count is moved by AWS, not by us');
    });

    it('a second start replaces the first; --on-demand takes the converters off Spot', async () => {
      await done('start', '--tasks', '5');
      await done('start', '--tasks', '3', '--on-demand');
      const { targets, actions, strategies } = await read();
      assert.deepEqual(targets[CONVERTER], [3, 20, RUNNING]);
      assert.equal(actions.length, 1);
      assert.deepEqual(strategies['wikifleet-converter'], [{ capacityProvider: 'FARGATE', base: 3, weight: 1 }]);
      assert.deepEqual(strategies['wikifleet-downloader'], []);
    });

    it('pause suspends dynamic scaling and nothing else, resume ends it', async () => {
      await done('start', '--tasks', '5');
      const started = await read();
      await done('pause');
      const paused = await read();
      assert.deepEqual(paused.targets, { [DOWNLOADER]: [0, 2, SUSPENDED], [CONVERTER]: [5, 20, SUSPENDED] });
      assert.deepEqual({ ...paused, targets: {} }, { ...started, targets: {} });
      await done('resume');
      assert.deepEqual(await read(), started);
    });

    it('stop: suspended, minimum 0, count 0, no schedule left, the maximum untouched; again it is the same', async () => {
      await done('start', '--tasks', '5');
      assert.deepEqual(untouched.desired, { 'wikifleet-downloader': 2, 'wikifleet-converter': 2 });
      assert.match(await done('stop'), /wikifleet-converter: dynamic scaling suspended, minimum 0, count 0/);
      const stopped = await read();
      assert.deepEqual(stopped.targets, { [DOWNLOADER]: [0, 2, SUSPENDED], [CONVERTER]: [0, 20, SUSPENDED] });
      assert.deepEqual(stopped.desired, { 'wikifleet-downloader': 0, 'wikifleet-converter': 0 });
      assert.deepEqual(stopped.actions, []);
      await done('stop');
      assert.deepEqual(await read(), stopped);
      await done('start', '--tasks', '1');
      assert.deepEqual((await read()).targets, { [DOWNLOADER]: [0, 2, RUNNING], [CONVERTER]: [1, 20, RUNNING] });
    });

    it('status: queues, counts, alarms, and why it is not scaling now', async () => {
      await done('stop');
      const text = await done('status');
      assert.match(text, /^wikifleet-convert: 3 visible, 0 in flight, 0 delayed; 0 dead letters$/m);
      assert.match(text, /^wikifleet-converter: 0 running of 0 wanted, from 0 to 20$/m);
      assert.match(text, /^ {2}not scaling: dynamic scaling out is suspended/m);
      assert.match(text, /^ {2}alarm wikifleet-converter-out: /m);
      assert.match(text, /scaling activities: this endpoint does not tell them/);
      await done('start', '--tasks', '4');
      const { services } = JSON.parse(await done('status', '--json')) as {
        services: { role: string; target: { min: number; max: number }; pin: string | null; whyNotScaling: string[] }[];
      };
      const converter = services.find(({ role }) => role === 'converter');
      assert.equal(converter?.target.min, 4);
      assert.match(converter?.pin ?? '', /^at\(/);
      assert.match(converter?.whyNotScaling.join('\n') ?? '', /no alarm has seen the backlog yet/);
    });

    it('depth: what CloudWatch has of the queues, drawn and as JSON', async () => {
      const text = await done('depth', '--hours', '1');
      assert.match(text, /^wikifleet-convert: visible 41, in flight not known/m);
      assert.match(text, /^ {6}41 ┤ +█+$/m);
      assert.match(text, /^wikifleet-download: CloudWatch has nothing of it in this time$/m);
      const { queues, periodSeconds } = JSON.parse(await done('depth', '--hours', '1', '--json')) as {
        periodSeconds: number;
        queues: { queue: string; visible: (number | null)[] }[];
      };
      assert.equal(periodSeconds, 60);
      const values = queues.find(({ queue }) => queue === 'wikifleet-convert')?.visible ?? [];
      assert.equal(values.length, 60);
      assert.deepEqual(
        values.filter((value) => value !== null),
        Array.from({ length: 10 }, () => 41),
      );
    });

    it('depth: what programs publish, under the name of the queue alone', async () => {
      const metrics = new CloudWatchMetrics({ AWS_ENDPOINT_URL: moto?.endpoint, AWS_REGION: 'us-east-1' });
      const datum = {
        MetricName: OUTSTANDING_METRIC,
        Dimensions: [{ Name: QUEUE_DIMENSION, Value: 'wikifleet-download' }],
        Timestamp: new Date(),
        Value: 71,
        Unit: 'Count',
        StorageResolution: 1,
      } as const;
      const { signal } = new AbortController();
      for (const Value of [71, 12]) await metrics.put({ ...datum, Dimensions: [...datum.Dimensions], Value }, signal);
      await metrics.close();
      await metrics.close();
      const text = await done('depth', '--hours', '1');
      assert.match(text, /^wikifleet-download: visible not known, in flight not known, published by the fleet 71 /m);
    });

    it("costs: the tasks' seconds by their size and the prices", async () => {
      const from = new Date(Date.now() - 3_600_000).toISOString().slice(0, 10);
      const { times, onDemand, prices } = JSON.parse(await done('costs', '--from', from, '--json')) as {
        prices: string;
        onDemand: number;
        times: { service: string; seconds: number; vcpus: number; gigabytes: number; publicAddress: boolean }[];
      };
      assert.deepEqual(
        times.map(({ service, seconds, vcpus, gigabytes, publicAddress }) => {
          return [service, seconds, vcpus, gigabytes, publicAddress];
        }),
        [
          ['downloader', 600, 1, 2, true],
          ['converter', 2400, 4, 8, true],
        ],
      );
      assert.match(prices, /^\d{4}-\d\d-\d\d$/);
      assert.ok(onDemand > 0.05 && onDemand < 0.2, String(onDemand));
      assert.match(await done('costs', '--from', from), /hours of public IPv4 addresses/);
    });

    it('status and costs of a run: from its plan on', async () => {
      const place = { endpoint: environment['AWS_ENDPOINT_URL'] ?? '', region: 'us-east-1' };
      const s3 = new S3Client({ ...place, forcePathStyle: true });
      const simplewiki = { kind: 'articles-multistream', wiki: 'simplewiki', date: '2026-10-01' } as const;
      const plan = sealPlan({
        run: simplewiki,
        vouchedBy: 'dumpstatus',
        settings: {
          splitBytes: 1000,
          format: 'jsonl',
          compression: 'gzip',
          rowsVersion: 1,
          partsVersion: 1,
          namespaces: null,
          redirects: true,
          extract: [],
          keepInText: [],
          columns: null,
        },
        files: [{ file: 'a.bz2', path: 'simplewiki/a.bz2', size: 10, checksum: null }],
        supersedes: [],
      });
      const Key = 'runs/articles-multistream/simplewiki/2026-10-01/plan.json';
      await s3.send(new PutObjectCommand({ Bucket: 'wikifleet', Key, Body: JSON.stringify(plan) }));
      s3.destroy();
      const metrics = new CloudWatchMetrics({ AWS_ENDPOINT_URL: place.endpoint, AWS_REGION: place.region });
      const seconds = {
        MetricName: 'TaskSeconds',
        Dimensions: [{ Name: 'service', Value: 'converter' }],
        Timestamp: new Date(),
        Value: 1800,
        Unit: 'Count',
        StorageResolution: 1,
      } as const;
      await metrics.put({ ...seconds, Dimensions: [...seconds.Dimensions] }, new AbortController().signal);
      await metrics.close();

      const named = ['--wiki', 'simplewiki', '--date', '20261001'];
      const line = 'articles-multistream/simplewiki/2026-10-01 (plan 0123abcd): open, 0 of 1 file done';
      for (const args of [[], named]) assert.ok((await done('status', ...args)).includes(line));
      const { times } = JSON.parse(await done('costs', ...named, '--json')) as {
        times: { service: string; seconds: number }[];
      };
      // what was reported before the plan was written is another's
      assert.deepEqual(
        times.map(({ service, seconds: found }) => [service, found]),
        [
          ['downloader', 0],
          ['converter', 1800],
        ],
      );
      assert.match(await done('costs', ...named), /^articles-multistream\/simplewiki\/2026-10-01, /);
    });

    it('doctor says what is wrong, ends in time, and leaves no task running', async () => {
      const started = Date.now();
      const { code, stdout } = await fleet(['doctor', '--seconds', '10']);
      assert.equal(code, 1);
      assert.ok(Date.now() - started < 40_000);
      assert.match(stdout, /^ok {4}queues and bucket are reached from here$/m);
      assert.match(stdout, /^ok {4}wikifleet-converter: its tasks are ARM64$/m);
      assert.match(stdout, /^fail {2}vCPU quotas: AWS does not say what they are$/m);
      // moto runs nothing: no task ends with exit code 0
      assert.match(stdout, /^fail {2}wikifleet-converter: its task .* (was still|did not start)/m);
      const { tasks } = await read();
      const commands = tasks.map(([, by, command]) => [by, ...command]);
      assert.deepEqual(commands.toSorted(), [
        ['wikifleet-doctor', 'apps/converter/dist/main.js', '--check'],
        ['wikifleet-doctor', 'apps/downloader/dist/main.js', '--check'],
      ]);
      assert.deepEqual(
        tasks.map(([last]) => last),
        ['STOPPED', 'STOPPED'],
      );
    });
  });
});
