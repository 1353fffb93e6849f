import { asTyped } from '@wikifleet/config/as-typed';
import { parseCommandLine } from '@wikifleet/config/command-line';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { printLine } from '@wikifleet/worker/terminal';
import type { Command } from '../command.js';
import { openFleet } from './open-fleet.js';
import { changeTarget, readTarget } from './scalable-targets.js';

/** `pause` and `resume`: whether alarms change the counts of both services. */
export function suspendScaling(name: 'pause' | 'resume', about: string): Command {
  const suspended = name === 'pause';
  return async (argv, releases) => {
    parseCommandLine({ usage: asTyped('fleet', name), about, flags: {} }, argv);
    const { scaling, services, there } = await openFleet(releases);
    const both = [services.downloader, services.converter];
    for (const service of both) await readTarget(scaling, service);
    for (const service of both) {
      await changeTarget(scaling, service, { suspended });
      const { desiredCount = 0, runningCount = 0 } = there[service.role];
      const counts = `${runningCount} running of ${desiredCount} wanted`;
      const what = suspended ? 'dynamic scaling suspended, the count stays' : 'dynamic scaling goes on';
      printLine(`${service.name}: ${what} (${counts})`);
    }
    return EXIT_CODES.done;
  };
}
