import { setTimeout as sleep } from 'node:timers/promises';
import { DescribeTasksCommand, RunTaskCommand, StopTaskCommand } from '@aws-sdk/client-ecs';
import type { ContainerDefinition, ECSClient, Service, Task, TaskDefinition } from '@aws-sdk/client-ecs';
import { FleetError } from '@wikifleet/domain/errors';
import { asked } from './aws-calls.js';
import type { FleetService } from './fleet-services.js';

/** What came of something that was looked at: a line each. */
export interface Finding {
  readonly ok: boolean;
  readonly line: string;
}

export interface CheckTaskOptions {
  /** Ends the waiting, and the task. */
  readonly signal: AbortSignal;
  /** How often ECS is asked, in milliseconds. */
  readonly everyMs: number;
}

/**
 * Runs one task of a service with `--check`, on demand and in the service's own subnets, and waits for its end: whether
 * the image is there for the right architecture, and whether it reaches queue, bucket and mirror from where it runs.
 */
export async function checkTask(
  ecs: ECSClient,
  { cluster, name }: FleetService,
  service: Service,
  definition: TaskDefinition,
  { signal, everyMs }: CheckTaskOptions,
): Promise<Finding> {
  const container = mainContainer(definition, name);
  if (container?.name === undefined || (container.command ?? []).length === 0) {
    return { ok: false, line: `${name}: its task definition has no container with a command` };
  }
  const run = new RunTaskCommand({
    cluster,
    taskDefinition: service.taskDefinition ?? '',
    startedBy: 'wikifleet-doctor',
    capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: 1 }],
    networkConfiguration: service.networkConfiguration,
    overrides: { containerOverrides: [{ name: container.name, command: [...(container.command ?? []), '--check'] }] },
  });
  const { tasks = [], failures = [] } = await asked('ECS: RunTask', ecs.send(run, { abortSignal: signal }));
  const [task] = tasks;
  if (task?.taskArn === undefined) {
    const why = failures.map(({ reason = '', detail = '' }) => `${reason} ${detail}`.trim()).join('; ');
    return { ok: false, line: `${name}: ECS starts no task: ${why}` };
  }
  return await waitForEnd(ecs, cluster, name, task.taskArn, container, { signal, everyMs });
}

async function waitForEnd(
  ecs: ECSClient,
  cluster: string,
  name: string,
  arn: string,
  container: ContainerDefinition,
  { signal, everyMs }: CheckTaskOptions,
): Promise<Finding> {
  let last = 'PROVISIONING';
  let ended = false;
  try {
    for (;;) {
      const command = new DescribeTasksCommand({ cluster, tasks: [arn] });
      const answer = await asked('ECS: DescribeTasks', ecs.send(command, { abortSignal: signal }));
      const [task] = answer.tasks ?? [];
      last = task?.lastStatus ?? last;
      if (task !== undefined && last === 'STOPPED') {
        ended = true;
        return taskFinding(name, task, container);
      }
      await sleep(everyMs, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return { ok: false, line: `${name}: its task ${idOf(arn)} was still ${last} when the time was up; it is stopped` };
  } finally {
    // nobody else would
    if (!ended) await ecs.send(new StopTaskCommand({ cluster, task: arn, reason: 'doctor' })).catch(cannotStop(arn));
  }
}

function cannotStop(arn: string): (error: unknown) => never {
  return (error) => {
    throw new FleetError('TASK_LEFT', `the task ${arn} runs on, and cannot be stopped: stop it by hand`, {
      cause: error,
    });
  };
}

/** The container that does the work: the one of the service's name, or the first that is essential. */
export function mainContainer(
  { containerDefinitions = [] }: TaskDefinition,
  name: string,
): ContainerDefinition | undefined {
  return (
    containerDefinitions.find((container) => container.name === name) ??
    containerDefinitions.find(({ essential }) => essential !== false)
  );
}

/** What a task that ended came to. */
export function taskFinding(name: string, task: Task, container: ContainerDefinition): Finding {
  const stopped = task.containers?.find((c) => c.name === container.name);
  const exitCode = stopped?.exitCode;
  if (exitCode === 0) return { ok: true, line: `${name}: a task with --check ran, and reached all it needs` };
  const reasons = [task.stoppedReason, stopped?.reason].filter((reason) => reason !== undefined && reason !== '');
  const reason = reasons.join('; ') || 'ECS gives no reason';
  if (/CannotPullContainer|descriptor matching platform|image .*not found/i.test(reason)) {
    return {
      ok: false,
      line: `${name}: the image ${container.image} is not to be had for its architecture: ${reason}`,
    };
  }
  if (exitCode === undefined) return { ok: false, line: `${name}: its task did not start: ${reason}` };
  const log = logOf(task, container);
  // what the loader of another architecture's program ends with
  const hint = exitCode === 255 || /exec format/i.test(reason) ? ' (is the image of another architecture?)' : '';
  return { ok: false, line: `${name}: its checks failed with exit code ${exitCode}${hint}: ${reason}${log}` };
}

function logOf({ taskArn = '' }: Task, { name = '', logConfiguration }: ContainerDefinition): string {
  const group = logConfiguration?.options?.['awslogs-group'];
  const prefix = logConfiguration?.options?.['awslogs-stream-prefix'];
  if (group === undefined || prefix === undefined) return '';
  return `; its log says which: aws logs tail ${group} --log-stream-names ${prefix}/${name}/${idOf(taskArn)}`;
}

function idOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}
