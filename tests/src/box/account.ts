import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../end-to-end/programs.js';
import type { Ended } from '../end-to-end/programs.js';
import { nextState, periodOf, periodsSeen, valueOf } from './alarms.js';
import type { Alarm, AlarmState } from './alarms.js';
import { AutoScaling } from './auto-scaling.js';
import { CallNeeds } from './calls.js';
import type { AwsCall } from './calls.js';
import { Gateway } from './gateway.js';
import type { Answer } from './gateway.js';
import type { MissingInList } from './metric-math.js';
import { MetricStore } from './metric-store.js';
import type { MetricName } from './metric-store.js';
import { MotoClient } from './moto-client.js';
import type { Json } from './moto-client.js';
import type { MotoServer } from './moto-server.js';
import { allows, mayAssume, readPolicy, readRole, roleName } from './policies.js';
import type { Access, Statement } from './policies.js';
import { Ecs } from './services.js';
import type { Task } from './task.js';
import { TerraformRoot } from './terraform.js';

export interface AccountOptions {
  /** Seconds of the box's clock in a second. */
  readonly speed?: number;
  /** Seconds until a task's program runs. */
  readonly startSeconds?: () => number;
  readonly missingInList?: MissingInList;
  /** SQS publishes nothing of a queue until so many seconds after its first message: it slept for six hours. */
  readonly sqsLateSeconds?: number;
  /** The mirror file of programs, in place of the image's. */
  readonly mirrors: string;
  /** May change the copy of `terraform/` before it is applied. */
  readonly edit?: (folder: string) => Promise<void>;
}

/** A notification that an alarm sent. */
export interface Notification {
  readonly alarm: string;
  readonly state: AlarmState;
  readonly topic: string;
}

const CLUSTER = 'wikifleet';
const SERVICES = ['wikifleet-downloader', 'wikifleet-converter'];
const ACCOUNT = '123456789012';
const TICK_MS = 100;
const MAX_TURN_MS = 200;
/** Seconds after a period's end at which its alarm is evaluated. */
const EVALUATION_LAG = 10;
/** A day, of which tests see minutes. */
const FULL_PERIOD = 60;
const OPERATOR = 'OPERATOR';
const TERRAFORM = 'terraform';

/**
 * An AWS account on this machine, with what `terraform apply` made in it. moto keeps the resources; tasks of the services are programs in
 * the environment of their task definitions, with the permissions of their roles; alarms are evaluated on the metrics that the
 * programs published. tests/README.md lists what stands in for AWS, and what that cannot show.
 */
export class Account {
  readonly moto: MotoClient;
  readonly root: TerraformRoot;
  readonly metrics = new MetricStore();
  readonly notifications: Notification[] = [];
  /** Tasks that ended by themselves with an exit code other than 0, with their last lines. */
  readonly failedTasks: string[] = [];
  readonly #options: Required<Omit<AccountOptions, 'edit'>>;
  readonly #folder: string;
  #now = 0;
  #tickedAt = performance.now();
  readonly #roles = new Map<string, readonly Statement[]>();
  readonly #states = new Map<string, AlarmState>();
  readonly #values = new Map<string, (number | undefined)[]>();
  readonly #deleted = new Map<string, number>();
  readonly #visibility = new Map<string, number>();
  /** When a queue had its first message. */
  readonly #wokeAt = new Map<string, number>();
  #gateway!: Gateway;
  #ecs!: Ecs;
  #scaling!: AutoScaling;
  #queues: string[] = [];
  #bucket = '';
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> = Promise.resolve();
  #lastTick = 0;
  #lastPeriod = 0;
  #lastEvaluation = 0;
  #problem: unknown;
  #operatorPolicy: string | undefined;

  private constructor(moto: MotoClient, root: TerraformRoot, folder: string, options: AccountOptions) {
    this.moto = moto;
    this.root = root;
    this.#folder = folder;
    this.#options = {
      speed: 10,
      startSeconds: () => 60 + 30 * Math.random(),
      // the worse of the two
      missingInList: 'missing',
      // as documented: up to a quarter of an hour
      sqsLateSeconds: 900,
      ...options,
    };
  }

  /** Applies `terraform/` to an empty moto, and begins. */
  static async open(
    server: MotoServer,
    variables: Readonly<Record<string, unknown>>,
    options: AccountOptions,
  ): Promise<Account> {
    await server.reset();
    const moto = new MotoClient(server.endpoint);
    const needs = await CallNeeds.read();
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-box-tasks-'));
    let account: Account | undefined;
    const there = (): Account => {
      if (account === undefined) throw new Error('the account is not open yet');
      return account;
    };
    const gateway = await Gateway.listen(server.endpoint, needs, {
      policiesOf: (accessKey) => (accessKey === TERRAFORM ? null : there().#policiesOf(accessKey)),
      alsoNeeds: async (call) => await there().#alsoNeeds(call),
      before: async (call) => await there().#before(call),
      after: async (call, body) => await there().#after(call, body),
      agent: async (path, method, body) => await there().#agent(path, method, body),
    });
    let root: TerraformRoot | undefined;
    try {
      root = await TerraformRoot.open(gateway.endpoint, options.edit);
      account = new Account(moto, root, folder, options);
      account.#gateway = gateway;
      await root.apply(variables);
      await account.#begin();
      return account;
    } catch (error) {
      await gateway.close();
      await root?.close();
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async #begin(): Promise<void> {
    // moto denies what the policy denies without TLS, also where there is TLS: it evaluates no conditions
    const { environment } = (await this.root.outputs()) as { environment: Record<string, string> };
    this.#bucket = environment['WIKIFLEET_BUCKET'] ?? '';
    await this.moto.deleteBucketPolicy(this.#bucket);
    const listed = await this.moto.json<{ QueueUrls?: string[] }>('sqs', 'ListQueues', {});
    this.#queues = listed.QueueUrls ?? [];
    this.#ecs = new Ecs({
      moto: this.moto,
      cluster: CLUSTER,
      services: SERVICES,
      startSeconds: this.#options.startSeconds,
      launch: (task) => this.#launch(task),
      onLine: (_task, line) => this.#onLine(line),
    });
    this.#scaling = new AutoScaling(this.moto, CLUSTER);
    await this.reloadRoles();
    this.#timer = setInterval(() => {
      this.#turn = this.#turn
        .then(async () => await this.#tick())
        .catch((error: unknown) => {
          this.#problem ??= error;
        });
    }, TICK_MS);
  }

  /** Seconds of the box's clock. It stands still where this machine is too busy for the box's turns: else AWS would be fast and the fleet slow. */
  get now(): number {
    return this.#now;
  }

  get endpoint(): string {
    return this.#gateway.endpoint;
  }

  get ecs(): Ecs {
    return this.#ecs;
  }

  get gateway(): Gateway {
    return this.#gateway;
  }

  get scaling(): AutoScaling {
    return this.#scaling;
  }

  /** Reads roles and the operator's policy anew, after an apply. */
  async reloadRoles(): Promise<void> {
    this.#roles.clear();
    for (const program of ['seed', 'downloader', 'converter']) {
      this.#roles.set(`wikifleet-${program}-task`, await readRole(this.moto, `wikifleet-${program}-task`));
    }
    const arn = this.#operatorPolicy;
    if (arn !== undefined) this.#roles.set(OPERATOR, await readPolicy(this.moto, arn));
  }

  /** From here on the operator has this policy alone. */
  async limitOperator(policyArn: string): Promise<void> {
    this.#operatorPolicy = policyArn;
    await this.reloadRoles();
  }

  /** Waits until `condition` holds; throws after so many seconds of the box's clock. */
  async until(what: string, condition: () => boolean | Promise<boolean>, seconds: number): Promise<void> {
    const began = this.now;
    for (;;) {
      if (this.#problem !== undefined) throw this.#problem;
      if (await condition()) return;
      if (this.now - began > seconds) throw new Error(`not within ${seconds} s of the box: ${what}\n${this.report()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** What happened, for the message of a test that fails. */
  report(): string {
    const tasks = this.#ecs.tasks.map(({ id, definition, status, lines }) => {
      return `${definition.family} ${id.slice(-3)} ${status}: ${lines.slice(-3).join(' | ').slice(0, 600)}`;
    });
    const alarms = [...this.#states].map(([name, state]) => `${name} ${state} ${this.#values.get(name)?.join(',')}`);
    const refused = this.#gateway.refusals.map(({ accessKey, call, needs }) => `${accessKey} ${call}: ${needs}`);
    const scaled = this.#scaling.activities.map(
      ({ at, policy, from, to }) => `${Math.round(at)} s ${policy} ${from} to ${to}`,
    );
    const { problems } = this.#gateway;
    return [
      `at ${Math.round(this.now)} s`,
      ...tasks,
      ...alarms,
      ...refused,
      ...problems,
      ...scaled,
      ...this.failedTasks,
    ].join('\n');
  }

  /** The environment of the operator's commands: what Terraform prints, and where AWS is. */
  async operatorEnvironment(): Promise<Record<string, string>> {
    const { environment } = (await this.root.outputs()) as { environment: Record<string, string> };
    return { ...environment, ...this.#endpoints(OPERATOR), WIKIFLEET_MIRRORS: this.#options.mirrors };
  }

  /** Whether a run has its closed manifest. */
  async isClosed(run: string, planId: string): Promise<boolean> {
    const manifest = await this.moto.object(this.#bucket, `runs/${run}/${planId}/manifest.json`);
    return manifest !== null && (JSON.parse(manifest) as { state?: string }).state === 'closed';
  }

  /** Runs `fleet`, as its operator. */
  async fleet(...args: readonly string[]): Promise<Ended> {
    return await run('fleet/dist/main.js', args, await this.operatorEnvironment());
  }

  /** Runs `seed` on the operator's machine. */
  async seed(...args: readonly string[]): Promise<Ended> {
    return await run('seed/dist/main.js', args, await this.operatorEnvironment());
  }

  /** What EventBridge Scheduler needs to start a schedule's task, and the statements of the schedule's role. */
  async scheduleAccess(name: string): Promise<{ readonly statements: Statement[]; readonly needs: Access[] }> {
    const { Target: target } = (await this.moto.schedule(name)) as unknown as { Target: ScheduleTarget };
    const statements = await readRole(this.moto, roleName(target.RoleArn));
    const { TaskDefinitionArn: family, PropagateTags: tags, EnableECSManagedTags: managed } = target.EcsParameters;
    const found = await this.moto.json<{ taskDefinition: Task['definition'] }>('ecs', 'DescribeTaskDefinition', {
      taskDefinition: family,
    });
    const { taskRoleArn, executionRoleArn } = found.taskDefinition;
    const passed = { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' };
    const needs: Access[] = [
      { action: 'ecs:RunTask', resource: family, context: { 'ecs:cluster': target.Arn } },
      { action: 'iam:PassRole', resource: taskRoleArn, context: passed },
      { action: 'iam:PassRole', resource: executionRoleArn, context: passed },
    ];
    if (tags !== undefined || managed === true) {
      const resource = `arn:aws:ecs:us-east-1:${ACCOUNT}:task/${CLUSTER}/0123`;
      needs.push({ action: 'ecs:TagResource', resource, context: { 'ecs:CreateAction': 'RunTask' } });
    }
    if (target.DeadLetterConfig !== undefined)
      needs.push({ action: 'sqs:SendMessage', resource: target.DeadLetterConfig.Arn });
    return { statements, needs };
  }

  /** Starts what EventBridge Scheduler would, by the schedule's role; throws what it would be refused. */
  async runSchedule(name: string): Promise<Task> {
    const { Target: target } = (await this.moto.schedule(name)) as unknown as { Target: ScheduleTarget };
    const role = roleName(target.RoleArn);
    const context = { 'aws:SourceAccount': ACCOUNT };
    if (!(await mayAssume(this.moto, role, 'scheduler.amazonaws.com', context)))
      throw new Error(`${role}: not for schedules`);
    const { statements, needs } = await this.scheduleAccess(name);
    for (const need of needs) {
      if (!allows(statements, need)) throw new Error(`${role}: no ${need.action} on ${need.resource}`);
    }
    const { containerOverrides = [] } = JSON.parse(target.Input) as { containerOverrides?: ContainerOverride[] };
    return await this.#run(target.EcsParameters.TaskDefinitionArn, 'schedule', containerOverrides);
  }

  async #run(taskDefinition: string, startedBy: string, overrides: readonly ContainerOverride[]): Promise<Task> {
    const command = overrides[0]?.command;
    const task = await this.#ecs.run(taskDefinition, this.now, {
      startedBy,
      ...(command === undefined ? {} : { command }),
    });
    const named = overrides[0]?.name;
    if (named !== undefined && named !== task.container.name)
      throw new Error(`override of ${named}: no such container`);
    return task;
  }

  #endpoints(accessKey: string): Record<string, string> {
    const services = ['S3', 'SQS', 'CLOUDWATCH', 'ECS', 'APPLICATION_AUTO_SCALING', 'SERVICE_QUOTAS'];
    return {
      ...Object.fromEntries(services.map((service) => [`AWS_ENDPOINT_URL_${service}`, this.endpoint])),
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
  }

  #policiesOf(accessKey: string): readonly Statement[] | null {
    if (accessKey === OPERATOR && this.#operatorPolicy === undefined) return ANYTHING;
    const policies = this.#roles.get(accessKey);
    if (policies === undefined) throw new Error(`nobody has the access key ${accessKey}`);
    return policies;
  }

  /** Who starts a task passes both of its roles. */
  async #alsoNeeds({ name, parameters }: AwsCall): Promise<Access[]> {
    if (name !== 'ECS.RunTask') return [];
    const found = await this.moto.json<{ taskDefinition: Task['definition'] }>('ecs', 'DescribeTaskDefinition', {
      taskDefinition: parameters['taskDefinition'],
    });
    const { taskRoleArn, executionRoleArn } = found.taskDefinition;
    return [taskRoleArn, executionRoleArn].map((resource) => ({
      action: 'iam:PassRole',
      resource,
      context: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' },
    }));
  }

  #launch(task: Task): void {
    task.start(
      {
        ...this.#endpoints(roleName(task.definition.taskRoleArn)),
        WIKIFLEET_MIRRORS: this.#options.mirrors,
        BOX_SPEED: String(this.#options.speed),
        ...(task.service === undefined ? {} : { ECS_AGENT_URI: `${this.endpoint}/agent/${task.id}` }),
      },
      this.#folder,
    );
  }

  /** A line of a task's log: CloudWatch takes its metrics out of it. */
  #onLine(line: string): void {
    if (!line.includes('"_aws"')) return;
    const record = JSON.parse(line) as Json & { _aws: { CloudWatchMetrics: readonly EmbeddedMetrics[] } };
    for (const { Namespace, Dimensions, Metrics } of record._aws.CloudWatchMetrics) {
      for (const names of Dimensions) {
        const dimensions = Object.fromEntries(names.map((name) => [name, String(record[name])]));
        for (const { Name } of Metrics) {
          const values = [record[Name]].flat() as number[];
          this.#put({ namespace: Namespace, name: Name, dimensions }, ...values);
        }
      }
    }
  }

  /** For alarms at the box's time, and in moto at this machine's: commands read it there. */
  #put(metric: MetricName, ...values: readonly number[]): void {
    this.metrics.put(metric, this.now, ...values);
    const Dimensions = Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value }));
    const MetricData = values.map((Value) => ({
      MetricName: metric.name,
      Dimensions,
      Value,
      Timestamp: Date.now() / 1000,
    }));
    const put = this.moto.json('monitoring', 'PutMetricData', { Namespace: metric.namespace, MetricData });
    put.catch((error: unknown) => (this.#problem ??= error));
  }

  async #tick(): Promise<void> {
    const at = performance.now();
    this.#now += (Math.min(at - this.#tickedAt, MAX_TURN_MS) / 1000) * this.#options.speed;
    this.#tickedAt = at;
    const { now } = this;
    if (now - this.#lastTick >= 5) {
      this.#lastTick = now;
      await this.#scaling.keepBounds(now);
      await this.#ecs.tick(now);
      this.#noteFailures();
    }
    const period = Math.floor(now / FULL_PERIOD);
    if (period > this.#lastPeriod) {
      this.#lastPeriod = period;
      await this.#publishServiceMetrics();
    }
    const evaluation = Math.floor((now - EVALUATION_LAG) / FULL_PERIOD);
    if (evaluation > this.#lastEvaluation) {
      this.#lastEvaluation = evaluation;
      await this.#evaluateAlarms(evaluation * FULL_PERIOD);
    }
  }

  #noteFailures(): void {
    for (const task of this.#ecs.tasks) {
      if (task.stoppedAt !== undefined || task.exitCode === undefined || task.exitCode === 0) continue;
      task.stoppedAt = this.now;
      this.failedTasks.push(
        `${task.definition.family}: exit code ${task.exitCode}: ${task.lines.slice(-5).join(' | ')}`,
      );
    }
  }

  /** What SQS and ECS publish once a minute. */
  async #publishServiceMetrics(): Promise<void> {
    for (const url of this.#queues) {
      const name = url.slice(url.lastIndexOf('/') + 1);
      const { Attributes: attributes } = await this.moto.json<{ Attributes: Record<string, string> }>(
        'sqs',
        'GetQueueAttributes',
        { QueueUrl: url, AttributeNames: ['All'] },
      );
      const inFlight = Number(attributes['ApproximateNumberOfMessagesNotVisible']);
      const visible = Number(attributes['ApproximateNumberOfMessages']);
      if (inFlight + visible > 0 && !this.#wokeAt.has(name)) this.#wokeAt.set(name, this.now);
      const wokeAt = this.#wokeAt.get(name);
      if (wokeAt === undefined || this.now - wokeAt < this.#options.sqsLateSeconds) continue;
      const figures: Record<string, number> = {
        ApproximateNumberOfMessagesVisible: visible,
        NumberOfMessagesDeleted: this.#deleted.get(name) ?? 0,
        // no figure where nothing is in flight
        ...(inFlight > 0 ? { ApproximateNumberOfMessagesNotVisible: inFlight } : {}),
      };
      this.#deleted.delete(name);
      for (const [metric, value] of Object.entries(figures)) {
        this.#put({ namespace: 'AWS/SQS', name: metric, dimensions: { QueueName: name } }, value);
      }
    }
    for (const service of SERVICES) {
      const running = this.#ecs.active(service).filter(({ status }) => status === 'RUNNING').length;
      const dimensions = { ClusterName: CLUSTER, ServiceName: service };
      if (running > 0) {
        this.#put(
          { namespace: 'AWS/ECS', name: 'CPUUtilization', dimensions },
          ...Array.from({ length: running }, () => 50),
        );
      }
    }
  }

  /** `end`: of a period, in seconds of the box's clock. */
  async #evaluateAlarms(end: number): Promise<void> {
    const { MetricAlarms: alarms } = await this.moto.json<{ MetricAlarms: Alarm[] }>(
      'monitoring',
      'DescribeAlarms',
      {},
    );
    for (const alarm of alarms) {
      if (end % periodOf(alarm) !== 0) continue;
      const name = alarm.AlarmName;
      const values = this.#values.get(name) ?? [];
      this.#values.set(name, values);
      values.push(valueOf(alarm, this.metrics, end, this.#options.missingInList));
      if (values.length > periodsSeen(alarm)) values.shift();
      const before = this.#states.get(name) ?? 'INSUFFICIENT_DATA';
      const state = nextState(alarm, values, before);
      this.#states.set(name, state);
      if (state !== before) {
        await this.moto.json('monitoring', 'SetAlarmState', {
          AlarmName: name,
          StateValue: state,
          StateReason: 'evaluated',
        });
      }
      const actions = state === 'ALARM' ? alarm.AlarmActions : state === 'OK' ? alarm.OKActions : [];
      for (const action of actions ?? []) {
        const value = values.findLast((one) => one !== undefined);
        // a scaling policy is called every minute, a topic at a change
        if (action.includes(':scalingPolicy:')) {
          if (value !== undefined) await this.#scaling.act(action, value - alarm.Threshold, this.now);
        } else if (state !== before) this.notifications.push({ alarm: name, state, topic: action });
      }
    }
  }

  stateOf(alarm: string): AlarmState {
    return this.#states.get(alarm) ?? 'INSUFFICIENT_DATA';
  }

  async #before(call: AwsCall): Promise<{ parameters: unknown } | Answer | undefined> {
    const { name, parameters } = call;
    const shortened = (seconds: unknown): number => Math.ceil(Number(seconds) / this.#options.speed);
    switch (name) {
      case 'SQS.ReceiveMessage': {
        const visibility =
          parameters['VisibilityTimeout'] ?? (await this.#visibilityOf(String(parameters['QueueUrl'])));
        const wait = parameters['WaitTimeSeconds'] ?? 0;
        return {
          parameters: { ...parameters, WaitTimeSeconds: shortened(wait), VisibilityTimeout: shortened(visibility) },
        };
      }
      case 'SQS.ChangeMessageVisibility':
        return { parameters: { ...parameters, VisibilityTimeout: shortened(parameters['VisibilityTimeout']) } };
      case 'CloudWatch.PutMetricData':
        this.#onMetricData(parameters);
        return undefined;
      case 'ECS.RunTask': {
        const { overrides = {}, startedBy = '' } = parameters as {
          overrides?: { containerOverrides?: ContainerOverride[] };
          startedBy?: string;
        };
        const task = await this.#run(
          String(parameters['taskDefinition']),
          startedBy,
          overrides.containerOverrides ?? [],
        );
        return { body: { tasks: [described(task)], failures: [] } };
      }
      case 'ECS.DescribeTasks': {
        const tasks = (parameters['tasks'] as string[])
          .map((arn) => this.#ecs.find(arn))
          .filter((task) => task !== undefined);
        return { body: { tasks: tasks.map(described), failures: [] } };
      }
      case 'ECS.StopTask': {
        this.#ecs.find(String(parameters['task']))?.stop(this.now, String(parameters['reason']));
        return { body: {} };
      }
      case 'ApplicationAutoScaling.DescribeScalingActivities': {
        const own = this.#scaling.activities.filter(({ resourceId }) => resourceId === parameters['ResourceId']);
        const ScalingActivities = own.map(({ policy, to }) => ({
          ActivityId: 'box',
          StatusCode: 'Successful',
          Description: `Setting desired count to ${to}.`,
          Cause: policy,
          StartTime: Date.now() / 1000,
        }));
        return { body: { ScalingActivities: ScalingActivities.toReversed() } };
      }
      case 'ServiceQuotas.GetServiceQuota':
        return { body: { Quota: { QuotaCode: parameters['QuotaCode'], Value: 1000 } } };
      default:
        return undefined;
    }
  }

  async #after({ name, parameters }: AwsCall, body: string): Promise<string> {
    if (name === 'SQS.DeleteMessage') {
      const url = String(parameters['QueueUrl']);
      const queue = url.slice(url.lastIndexOf('/') + 1);
      this.#deleted.set(queue, (this.#deleted.get(queue) ?? 0) + 1);
    }
    if (name !== 'ECS.DescribeServices') return await Promise.resolve(body);
    const answer = JSON.parse(body) as { services: Parameters<Ecs['describe']>[0][] };
    return JSON.stringify({ ...answer, services: answer.services.map((service) => this.#ecs.describe(service)) });
  }

  async #visibilityOf(QueueUrl: string): Promise<number> {
    const known = this.#visibility.get(QueueUrl);
    if (known !== undefined) return known;
    const answer = await this.moto.json<{ Attributes: Record<string, string> }>('sqs', 'GetQueueAttributes', {
      QueueUrl,
      AttributeNames: ['VisibilityTimeout'],
    });
    const seconds = Number(answer.Attributes['VisibilityTimeout']);
    this.#visibility.set(QueueUrl, seconds);
    return seconds;
  }

  #onMetricData(parameters: Json): void {
    const { Namespace, MetricData } = parameters as unknown as {
      Namespace: string;
      MetricData: { MetricName: string; Value: number; Dimensions?: { Name: string; Value: string }[] }[];
    };
    for (const { MetricName, Value, Dimensions = [] } of MetricData) {
      const dimensions = Object.fromEntries(Dimensions.map((dimension) => [dimension.Name, dimension.Value]));
      this.metrics.put({ namespace: Namespace, name: MetricName, dimensions }, this.now, Value);
    }
  }

  /** The agent's endpoint for task protection, by the task's own role. */
  async #agent(path: string, method: string, body: string): Promise<Answer> {
    const id = /^\/agent\/(\w+)\/task-protection\/v1\/state$/.exec(path)?.[1] ?? '';
    const task = this.#ecs.find(id);
    if (task === undefined || method !== 'PUT') return await Promise.resolve({ status: 404, body: {} });
    const statements = this.#roles.get(roleName(task.definition.taskRoleArn)) ?? [];
    const access = { action: 'ecs:UpdateTaskProtection', resource: task.arn };
    if (!allows(statements, access)) {
      this.#gateway.refusals.push({ accessKey: task.id, call: 'ECSAgent.PutTaskProtection', needs: access.action });
      return { status: 400, body: { error: { Arn: task.arn, Code: 'AccessDeniedException', Message: access.action } } };
    }
    const { ProtectionEnabled: enabled, ExpiresInMinutes: minutes = 120 } = JSON.parse(body) as {
      ProtectionEnabled: boolean;
      ExpiresInMinutes?: number;
    };
    const answer = this.#ecs.protect(task, enabled, minutes, this.now);
    return { status: 'failure' in answer ? 400 : 200, body: answer };
  }

  /** May be called twice. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#turn;
    await this.#ecs.close();
    await this.#gateway.close();
    await this.root.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const ANYTHING: readonly Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];

interface EmbeddedMetrics {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string }[];
}

interface ContainerOverride {
  readonly name: string;
  readonly command?: readonly string[];
}

interface ScheduleTarget {
  readonly Arn: string;
  readonly RoleArn: string;
  readonly Input: string;
  readonly DeadLetterConfig?: { readonly Arn: string };
  readonly EcsParameters: {
    readonly TaskDefinitionArn: string;
    readonly PropagateTags?: string;
    readonly EnableECSManagedTags?: boolean;
  };
}

function described(task: Task): object {
  const { arn, status, exitCode, stoppedReason, startedBy, container, definition } = task;
  return {
    taskArn: arn,
    lastStatus: status,
    startedBy,
    stoppedReason,
    taskDefinitionArn: definition.taskDefinitionArn,
    containers: [{ name: container.name, ...(typeof exitCode === 'number' ? { exitCode } : {}) }],
  };
}
