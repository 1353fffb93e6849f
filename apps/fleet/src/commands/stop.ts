import { UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { counted } from '@wikifleet/domain/counted';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { printLine } from '@wikifleet/worker/terminal';
import { asked } from '../aws/aws-calls.js';
import type { Command } from '../command.js';
import { openFleet } from '../aws/open-fleet.js';
import { changeTarget, deletePinsEnd, readTarget } from '../aws/scalable-targets.js';

const COMMAND_LINE = {
  usage: asTyped('fleet', 'stop'),
  about:
    'Sends both services home and keeps them there: dynamic scaling is suspended, the minimum is 0, then the count is 0.\n' +
    'The maximum stays. Busy converters finish their job; what they leave stays in the queues. `resume` ends it.',
  flags: {},
} as const;

/** What becomes of tasks that run. */
const WAITS = {
  downloader: (tasks: number): string => `${counted(tasks, 'task')} hand their downloads back within seconds`,
  converter: (tasks: number): string =>
    `${counted(tasks, 'task')}: those at work are protected until their split is done; ECS stops each of them within ` +
    'ten minutes and a split (`status` shows how many run)',
} as const;

export const stop: Command = async (argv, releases) => {
  parseCommandLine(COMMAND_LINE, argv);
  const { ecs, scaling, services, there } = await openFleet(releases);
  const both = [services.downloader, services.converter];
  // whatever is wrong with one of them is found before anything is changed
  for (const service of both) await readTarget(scaling, service);
  // both before any count: an alarm would start again what was just stopped
  for (const service of both) await changeTarget(scaling, service, { min: 0, suspended: true });
  for (const service of both) {
    await deletePinsEnd(scaling, service);
    const command = new UpdateServiceCommand({ cluster: service.cluster, service: service.name, desiredCount: 0 });
    await asked('ECS: UpdateService', ecs.send(command));
    const running = there[service.role].runningCount ?? 0;
    const busy = running === 0 ? '' : `; ${WAITS[service.role](running)}`;
    printLine(`${service.name}: dynamic scaling suspended, minimum 0, count 0${busy}`);
  }
  printLine(`"${asTyped('fleet', 'resume')}" has them scale again`);
  return EXIT_CODES.done;
};
