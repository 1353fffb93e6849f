import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../end-to-end/programs.js';
import { checkApplied } from './check-applied.js';
import { MotoServer } from './moto-server.js';
import { DEFAULT_FLEET, FLEET_WITH_ALL_OPTIONS, TerraformRoot, BOX_NEEDS, imageOf } from './terraform.js';
import type { BridgeReport } from './terraform.js';

const TASK_DEFINITIONS = ['seed', 'downloader', 'converter'].map(
  (program) => `module.${program}_task[0].aws_ecs_task_definition.this`,
);
/** Of these calls only the requests are checked. */
const MISSING_IN_MOTO = ['logs.DeleteQueryDefinition', 'logs.PutQueryDefinition'];

describe(`terraform/ applied to moto`, function () {
  this.timeout(300_000);
  let moto: MotoServer | undefined;
  before(async function () {
    if (BOX_NEEDS !== '') this.skip(BOX_NEEDS);
    moto = await MotoServer.start();
  });
  after(async () => await moto?.close());

  const applied = async (test: (root: TerraformRoot) => Promise<void>): Promise<void> => {
    await moto?.reset();
    const root = await TerraformRoot.open(moto?.endpoint ?? '');
    try {
      await test(root);
    } finally {
      await root.close();
    }
  };
  const requestsOf = ({ requests }: BridgeReport, call: string): Readonly<Record<string, unknown>>[] =>
    requests.filter((request) => request.call === call).map(({ parameters }) => parameters);

  for (const [name, variables] of [
    ['the default fleet', DEFAULT_FLEET],
    ['all options', FLEET_WITH_ALL_OPTIONS],
  ] as const) {
    it(`${name}: created, planned again without a change, and destroyed; no call breaks a model of botocore`, async () => {
      await applied(async (root) => {
        await root.apply(variables);
        const created = await root.report();
        assert.deepEqual(created.problems, []);
        assert.ok(created.values > 1000, `${created.values} values`);
        const flags = ['-detailed-exitcode', '-no-color', '-var-file=box.tfvars.json'];
        // exit code 2, which rejects, where there is a difference
        await root.run('plan', ...flags);
        await root.apply(variables, { destroy: true });
        const destroyed = await root.report();
        assert.deepEqual(destroyed.problems, []);
        assert.deepEqual(destroyed.applied.destroy, created.applied.create);
        assert.deepEqual(destroyed.missing, MISSING_IN_MOTO);
      });
    });
  }

  it('the first deployment: without an image, and then with one', async () => {
    await applied(async (root) => {
      await root.apply({ contact: 'me@example.org' });
      assert.equal((await root.report()).applied.create['aws_ecs_service'], undefined);
      const { repository_url: repository } = await root.outputs();
      assert.match(String(repository), /^123456789012\.dkr\.ecr\.us-east-1\.amazonaws\.com\/wikifleet$/);
      await root.apply(DEFAULT_FLEET);
      const { problems, applied: actions } = await root.report();
      assert.deepEqual(problems, []);
      assert.equal(actions.create['aws_ecs_service'], 2);
      assert.deepEqual(actions.update, {});
    });
  });

  it('an upgrade registers a revision of each task definition, and moves the services to it', async () => {
    await applied(async (root) => {
      await root.apply(DEFAULT_FLEET);
      await root.apply({ ...DEFAULT_FLEET, image: imageOf('b') }, { replace: TASK_DEFINITIONS });
      const report = await root.report();
      assert.deepEqual(report.problems, []);
      assert.deepEqual(report.applied.update, { aws_ecs_service: 2 });
      for (const update of requestsOf(report, 'ecs.UpdateService')) {
        assert.match(String(update['taskDefinition']), /:2$/);
        assert.equal(update['forceNewDeployment'], true);
        assert.ok(!('desiredCount' in update), 'Application Auto Scaling alone changes it');
      }
    });
  });

  it('options are turned on and off again in a fleet that is there', async () => {
    await applied(async (root) => {
      await root.apply(DEFAULT_FLEET);
      const more = {
        alert_emails: ['a@example.org'],
        create_alert_topic: true,
        raw_expiry_days: 3,
        create_table: true,
      };
      await root.apply({ ...DEFAULT_FLEET, ...more });
      await root.apply(DEFAULT_FLEET);
      const { problems, applied: actions } = await root.report();
      assert.deepEqual(problems, []);
      assert.ok((actions.update['aws_s3_bucket_lifecycle_configuration'] ?? 0) >= 2);
      assert.ok((actions.update['aws_cloudwatch_metric_alarm'] ?? 0) >= 2);
      assert.equal(actions.destroy['aws_sns_topic'], 1);
    });
  });

  for (const force of [false, true]) {
    it(`destroys what holds something only where a variable allows it: ${force}`, async () => {
      const variables = {
        ...FLEET_WITH_ALL_OPTIONS,
        bucket_force_destroy: force,
        repository_force_delete: force,
        query_force_destroy: force,
      };
      await applied(async (root) => {
        await root.apply(variables);
        await root.apply(variables, { destroy: true });
        const report = await root.report();
        assert.deepEqual(report.problems, []);
        assert.deepEqual(requestsOf(report, 'ecr.DeleteRepository'), [{ repositoryName: 'wikifleet', force }]);
        assert.deepEqual(requestsOf(report, 'athena.DeleteWorkGroup'), [
          { WorkGroup: 'wikifleet', RecursiveDeleteOption: force },
        ]);
        const [services = {}] = requestsOf(report, 'ecs.DeleteService');
        assert.equal(services['cluster'], 'wikifleet');
      });
    });
  }

  it('a start that the schedule could not make is in a queue that an alarm watches', async () => {
    await applied(async (root) => {
      await root.apply(FLEET_WITH_ALL_OPTIONS);
      const report = await root.report();
      const [schedule] = requestsOf(report, 'scheduler.CreateSchedule');
      const { Target: target } = schedule as { Target: { DeadLetterConfig?: { Arn: string } } };
      const queue = 'wikifleet-seed-schedule-dead-letter';
      assert.equal(target.DeadLetterConfig?.Arn, `arn:aws:sqs:us-east-1:123456789012:${queue}`);
      const alarms = requestsOf(report, 'cloudwatch.PutMetricAlarm') as unknown as {
        AlarmActions: string[];
        Dimensions?: { Value: string }[];
      }[];
      const [alarm] = alarms.filter(({ Dimensions = [] }) => Dimensions.some(({ Value }) => Value === queue));
      assert.equal(alarm?.AlarmActions.length, 1);
    });
  });

  it('the other processors, a shell in tasks and a permissions boundary, where they are asked for', async () => {
    const boundary = 'arn:aws:iam::123456789012:policy/boundary';
    const variables = {
      ...FLEET_WITH_ALL_OPTIONS,
      cpu_architecture: 'X86_64',
      enable_execute_command: true,
      permissions_boundary_arn: boundary,
    };
    await applied(async (root) => {
      await root.apply(variables);
      const report = await root.report();
      assert.deepEqual(report.problems, []);
      const roles = requestsOf(report, 'iam.CreateRole');
      assert.ok(roles.length >= 7 && roles.every((role) => role['PermissionsBoundary'] === boundary));
      for (const service of requestsOf(report, 'ecs.CreateService'))
        assert.equal(service['enableExecuteCommand'], true);
      for (const definition of requestsOf(report, 'ecs.RegisterTaskDefinition')) {
        const { runtimePlatform, containerDefinitions } = definition as {
          runtimePlatform: { cpuArchitecture: string };
          containerDefinitions: { readonlyRootFilesystem: boolean }[];
        };
        assert.equal(runtimePlatform.cpuArchitecture, 'X86_64');
        assert.equal(containerDefinitions[0]?.readonlyRootFilesystem, false, 'the agent of ECS Exec writes');
      }
    });
  });

  it('every metric of dashboard and alarms is published, every variable read, every queue the right one', async () => {
    await applied(async (root) => {
      await root.apply(FLEET_WITH_ALL_OPTIONS);
      assert.deepEqual(await checkApplied(await root.report(), await root.outputs()), []);
    });
  });

  it('the metrics of alarms that docs/operating.md counts in an idle month are those that Terraform makes', async () => {
    await applied(async (root) => {
      await root.apply(DEFAULT_FLEET);
      const alarms = requestsOf(await root.report(), 'cloudwatch.PutMetricAlarm') as {
        Metrics?: { MetricStat?: unknown }[];
      }[];
      const metrics = alarms.map(
        ({ Metrics }) => Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1,
      );
      const count = metrics.reduce((sum, one) => sum + one, 0);
      const document = await readFile(join(ROOT, 'docs/operating.md'), 'utf8');
      const [, documented = '', free = '', all = ''] =
        /\| CloudWatch alarms \| (\d+) metrics at 0\.10.*\| ([\d.]+) to ([\d.]+) \|/.exec(document) ?? [];
      assert.equal(Number(documented), count);
      assert.deepEqual([free, all], [((count - 10) / 10).toFixed(2), (count / 10).toFixed(2)]);
    });
  });
});
