import assert from 'node:assert/strict';
import type { ContainerDefinition, Task } from '@aws-sdk/client-ecs';
import { mainContainer, taskFinding } from './check-task.js';
import { imageFindings } from '../commands/doctor.js';

const IMAGE = `123456789012.dkr.ecr.us-east-1.amazonaws.com/wikifleet@sha256:${'0'.repeat(64)}`;
const CONTAINER = {
  name: 'converter',
  image: IMAGE,
  command: ['apps/converter/dist/main.js'],
  logConfiguration: {
    logDriver: 'awslogs',
    options: { 'awslogs-group': '/wikifleet', 'awslogs-stream-prefix': 'converter' },
  },
} satisfies ContainerDefinition;
const ARN = 'arn:aws:ecs:us-east-1:123456789012:task/wikifleet/0123456789abcdef0123456789abcdef';
const stopped = (task: Task, container: NonNullable<Task['containers']>[number] = {}): Task => {
  return { taskArn: ARN, lastStatus: 'STOPPED', ...task, containers: [{ name: 'converter', ...container }] };
};

/** Shapes of DescribeTasks as ECS's documentation of stopped tasks has them. */
describe('taskFinding', () => {
  const cases: readonly [string, Task, RegExp][] = [
    [
      'an image that is not there',
      stopped({
        stopCode: 'TaskFailedToStart',
        stoppedReason: `CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref ${IMAGE}: not found`,
      }),
      /converter: the image .*wikifleet@sha256:0+ is not to be had for its architecture: CannotPullContainerError/,
    ],
    [
      'an image of another architecture alone',
      stopped({
        stopCode: 'TaskFailedToStart',
        stoppedReason:
          "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/arm64'",
      }),
      /not to be had for its architecture/,
    ],
    [
      'no way to the registry',
      stopped({
        stopCode: 'TaskFailedToStart',
        stoppedReason: 'ResourceInitializationError: unable to pull secrets or registry auth: connection issue',
      }),
      /its task did not start: ResourceInitializationError/,
    ],
    [
      'its checks failed: where its log is',
      stopped(
        { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' },
        { exitCode: 1 },
      ),
      /failed with exit code 1: Essential .*; its log says which: aws logs tail \/wikifleet --log-stream-names converter\/converter\/0123456789abcdef0123456789abcdef$/,
    ],
    [
      'a program of another architecture',
      stopped(
        { stopCode: 'EssentialContainerExited', stoppedReason: 'Essential container in task exited' },
        { exitCode: 255 },
      ),
      /exit code 255 \(is the image of another architecture\?\)/,
    ],
    [
      'memory',
      stopped(
        { stoppedReason: 'Essential container in task exited' },
        { exitCode: 137, reason: 'OutOfMemoryError: container killed' },
      ),
      /exit code 137: Essential.*OutOfMemoryError/,
    ],
    ['nothing at all', { lastStatus: 'STOPPED' }, /did not start: ECS gives no reason/],
  ];
  for (const [name, task, says] of cases) {
    it(name, () => {
      const { ok, line } = taskFinding('converter', task, CONTAINER);
      assert.equal(ok, false);
      assert.match(line, says);
    });
  }
  it('a task that reached all it needs', () => {
    const task = stopped({ stoppedReason: 'Essential container in task exited' }, { exitCode: 0 });
    assert.equal(taskFinding('converter', task, CONTAINER).ok, true);
  });
});

describe('mainContainer', () => {
  const one = { name: 'one', essential: false };
  const two = { name: 'two' };
  const three = { name: 'converter' };
  it('is the one of the name, else the first essential one, else none', () => {
    assert.equal(mainContainer({ containerDefinitions: [one, two, three] }, 'converter'), three);
    assert.equal(mainContainer({ containerDefinitions: [one, two] }, 'converter'), two);
    assert.equal(mainContainer({ containerDefinitions: [one] }, 'converter'), undefined);
    assert.equal(mainContainer({}, 'converter'), undefined);
  });
});

describe('imageFindings', () => {
  const cases: readonly [string, string, string, readonly boolean[]][] = [
    ['a tag', 'ARM64', 'wikifleet:latest', [true, false]],
    ['the other architecture, which an option asks for', 'X86_64', IMAGE, [true, true]],
    ['both right', 'ARM64', IMAGE, [true, true]],
  ];
  for (const [name, cpuArchitecture, image, expected] of cases) {
    it(name, () => {
      const definition = {
        runtimePlatform: { cpuArchitecture: cpuArchitecture as 'ARM64' | 'X86_64' },
        containerDefinitions: [{ name: 'converter', image }],
      };
      assert.deepEqual(
        imageFindings('converter', definition).map(({ ok }) => ok),
        expected,
      );
    });
  }
});
