import { asTyped } from '@wikifleet/config/as-typed';
import { HelpRequested, UsageError } from '@wikifleet/domain/errors';
import { runMain } from '@wikifleet/worker/run-main';
import type { Command } from './command.js';

/** Each is loaded when it is called: `fleet dlq` needs none of what `fleet start` does. */
const COMMANDS: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<Command> }>> = {
  status: {
    about: 'queues, tasks, runs and failures, and why it is not scaling now',
    load: async () => {
      // --watch repeats what queues and bucket say; without it, everything that AWS knows is read once
      if (process.argv.includes('--watch')) return (await import('./commands/status-watch.js')).watchStatus;
      return (await import('./commands/status.js')).status;
    },
  },
  watch: {
    about: 'queues, files, errors: live in a browser',
    load: async () => (await import('./commands/watch.js')).watch,
  },
  depth: {
    about: 'the depth of the queues over time, as CloudWatch has it',
    load: async () => (await import('./commands/depth.js')).depth,
  },
  costs: { about: 'what a run has cost', load: async () => (await import('./commands/costs.js')).costs },
  doctor: {
    about: 'check a deployment, with one task of each service',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  start: {
    about: 'have at least N converters run for a while',
    load: async () => (await import('./commands/start.js')).start,
  },
  stop: {
    about: 'scale both services in to zero and keep them there',
    load: async () => (await import('./commands/stop.js')).stop,
  },
  pause: {
    about: 'suspend dynamic scaling; the counts stay',
    load: async () => (await import('./commands/pause.js')).pause,
  },
  resume: {
    about: 'end what stop and pause suspended',
    load: async () => (await import('./commands/resume.js')).resume,
  },
  dlq: {
    about: 'list the dead-letter queues, with reasons',
    load: async () => (await import('./commands/dlq.js')).dlq,
  },
  redrive: { about: 'put the dead letters back', load: async () => (await import('./commands/redrive.js')).redrive },
  verify: {
    about: 'prove that a run is complete, or repair it',
    load: async () => (await import('./commands/verify.js')).verify,
  },
  get: { about: "one page's rows out of a finished run", load: async () => (await import('./commands/get.js')).get },
  estimate: {
    about: 'how long a run will take and what it will cost, before it is seeded',
    load: async () => (await import('./commands/estimate.js')).estimate,
  },
};

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`);
  return `usage: ${asTyped('fleet', 'COMMAND [flags]')}\n\n${lines.join('\n')}\n\n${asTyped('fleet', 'COMMAND --help')} has more on each.\n`;
}

await runMain(async (releases) => {
  const [name, ...argv] = process.argv.slice(2);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') throw new HelpRequested(help());
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    const expected = Object.keys(COMMANDS).join(', ');
    throw new UsageError(
      'COMMAND_LINE_REFUSED',
      `expected a command: one of ${expected}; received ${JSON.stringify(name)}`,
    );
  }
  return await (
    await command.load()
  )(argv, releases);
});
