import type { MotoClient } from './moto-client.js';
import { Task } from './task.js';
import type { TaskDefinition } from './task.js';

/** A service as `DescribeServices` answers. */
interface Service {
  readonly serviceName: string;
  readonly desiredCount: number;
  readonly taskDefinition: string;
  readonly deploymentConfiguration?: { readonly maximumPercent?: number; readonly minimumHealthyPercent?: number };
}

export interface EcsOptions {
  readonly moto: MotoClient;
  readonly cluster: string;
  readonly services: readonly string[];
  /** Seconds from a task's start to its program's: the image is pulled meanwhile. */
  readonly startSeconds: () => number;
  /** Starts the program of a task. */
  readonly launch: (task: Task) => void;
  readonly onLine: (task: Task, line: string) => void;
}

export type Protection =
  | { readonly protection: { readonly ProtectionEnabled: boolean; readonly TaskArn: string } }
  | { readonly failure: { readonly Arn: string; readonly Reason: string; readonly Detail: string } };

const ACCOUNT = '123456789012';
const SPOT_SECONDS = 120;

/**
 * Starts and stops tasks as ECS does. A service has its desired count of tasks. While tasks of an older task definition run, a
 * deployment is under way: it stops those that are not protected, and nothing is scaled in. Stand-ins: programs of this machine for
 * containers, every task starts in time, no health checks, no circuit breaker.
 */
export class Ecs {
  readonly tasks: Task[] = [];
  readonly #options: EcsOptions;
  readonly #desired = new Map<string, number>();
  #started = 0;

  constructor(options: EcsOptions) {
    this.#options = options;
  }

  /** Tasks of a service that were not asked to stop. */
  active(service: string): Task[] {
    return this.tasks.filter((task) => task.service === service && ['PROVISIONING', 'RUNNING'].includes(task.status));
  }

  /** Tasks that have an address and a price. */
  present(service: string): Task[] {
    return this.tasks.filter((task) => task.service === service && task.status !== 'STOPPED');
  }

  async tick(now: number): Promise<void> {
    for (const task of this.tasks) {
      if (task.status === 'PROVISIONING' && now >= task.startsAt) this.#options.launch(task);
      const timeout = task.container.stopTimeout ?? 30;
      if (task.status === 'DEACTIVATING' && now - (task.stoppedAt ?? now) >= timeout) task.kill();
    }
    for (const service of await this.#describe()) await this.#adjust(service, now);
  }

  async #describe(): Promise<Service[]> {
    const { cluster, services, moto } = this.#options;
    const answer = await moto.json<{ services?: Service[] }>('ecs', 'DescribeServices', { cluster, services });
    return answer.services ?? [];
  }

  async #adjust(service: Service, now: number): Promise<void> {
    const { serviceName: name, desiredCount, taskDefinition, deploymentConfiguration } = service;
    this.#desired.set(name, desiredCount);
    const percent = deploymentConfiguration?.maximumPercent ?? 200;
    const active = this.active(name);
    const old = active.filter(({ definition }) => definition.taskDefinitionArn !== taskDefinition);
    const open = (task: Task): boolean => task.protectedUntil <= now;
    for (const task of old.filter(open)) task.stop(now, `deployment of ${taskDefinition}`);
    const left = this.active(name);
    if (old.length === 0 && left.length > desiredCount) {
      const surplus = left.filter(open).slice(0, left.length - desiredCount);
      for (const task of surplus) task.stop(now, 'Scaling activity initiated by deployment');
    }
    // the old ones count: with 100 % nothing starts beside a protected one
    const room = Math.floor((desiredCount * percent) / 100) - this.active(name).length;
    const current = this.active(name).filter(
      ({ definition }) => definition.taskDefinitionArn === taskDefinition,
    ).length;
    for (let i = Math.min(room, desiredCount - current); i > 0; i -= 1) {
      await this.run(taskDefinition, now, { service: name, startedBy: `ecs-svc/${name}` });
    }
  }

  /** Starts a task of a task definition, the newest of its family where the revision is not named. */
  async run(
    taskDefinition: string,
    now: number,
    more: { readonly service?: string; readonly startedBy: string; readonly command?: readonly string[] },
  ): Promise<Task> {
    const { moto, cluster, startSeconds, onLine } = this.#options;
    const found = await moto.json<{ taskDefinition: TaskDefinition }>('ecs', 'DescribeTaskDefinition', {
      taskDefinition,
    });
    this.#started += 1;
    const id = String(this.#started).padStart(32, '0');
    const task = new Task({
      arn: `arn:aws:ecs:us-east-1:${ACCOUNT}:task/${cluster}/${id}`,
      definition: found.taskDefinition,
      service: more.service,
      startedBy: more.startedBy,
      startsAt: now + startSeconds(),
      onLine,
      ...(more.command === undefined ? {} : { command: more.command }),
    });
    this.tasks.push(task);
    return task;
  }

  find(arnOrId: string): Task | undefined {
    return this.tasks.find(({ arn, id }) => arn === arnOrId || id === arnOrId);
  }

  /** As the agent's endpoint answers: refused where more tasks would be protected than are wanted. */
  protect(task: Task, enabled: boolean, minutes: number, now: number): Protection {
    const answer = { protection: { ProtectionEnabled: enabled, TaskArn: task.arn } };
    if (!enabled) {
      task.protectedUntil = 0;
      return answer;
    }
    const others = this.active(task.service ?? '').filter((other) => other !== task && other.protectedUntil > now);
    if (others.length + 1 > (this.#desired.get(task.service ?? '') ?? 0)) {
      const Detail = 'The protected tasks would be more than the desired count';
      return { failure: { Arn: task.arn, Reason: 'DEPLOYMENT_BLOCKED', Detail } };
    }
    task.protectedUntil = now + minutes * 60;
    return answer;
  }

  /** SIGTERM, whatever protects it, and the end two minutes later. */
  interrupt(task: Task, now: number): void {
    task.stop(now, 'Your Spot Task was interrupted.');
    task.stoppedAt = now - (task.container.stopTimeout ?? 30) + SPOT_SECONDS;
  }

  /** A service's counts and deployments, as `DescribeServices` has them. */
  describe(service: Service): object {
    const active = this.active(service.serviceName);
    const running = active.filter(({ status }) => status === 'RUNNING').length;
    const old = active.filter(({ definition }) => definition.taskDefinitionArn !== service.taskDefinition).length;
    const rollout = old > 0 || active.length < service.desiredCount ? 'IN_PROGRESS' : 'COMPLETED';
    const deployments = [
      { status: 'PRIMARY', taskDefinition: service.taskDefinition, rolloutState: rollout },
      ...(old > 0 ? [{ status: 'ACTIVE', rolloutState: 'IN_PROGRESS' }] : []),
    ];
    return { ...service, runningCount: running, pendingCount: active.length - running, deployments };
  }

  async close(): Promise<void> {
    await Promise.all(this.tasks.map(async (task) => await task.end()));
  }
}
