import { asTyped } from '@wikifleet/config/as-typed';
import { HelpRequested, UsageError } from '@wikifleet/domain/errors';
import type { ExitCode } from '@wikifleet/worker/run-main';
import { runMain } from '@wikifleet/worker/run-main';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';

/** A command of the operator's: what stands behind its name on the command line, to its exit code. */
export type Command = (argv: readonly string[], releases: ReleaseStack) => Promise<ExitCode>;

/** Loaded when it is called: `fleet dlq` needs none of what `fleet start` does. */
const COMMANDS: Readonly<Record<string, { readonly about: string; readonly load: () => Promise<Command> }>> = {
  status: {
    about: 'queues, tasks, runs and failures, and why it is not scaling now',
    load: async () => {
      // again and again, of queues and bucket alone, is another thing than once with all that AWS knows
      if (process.argv.includes('--watch')) return (await import('./status-watch.js')).watchStatus;
      return (await import('./status.js')).status;
    },
  },
  watch: { about: 'queues, files, errors: live in a browser', load: async () => (await import('./watch.js')).watch },
  depth: {
    about: 'the depth of the queues over time, as CloudWatch has it',
    load: async () => (await import('./depth.js')).depth,
  },
  costs: { about: 'what a run cost', load: async () => (await import('./costs.js')).costs },
  doctor: {
    about: 'check a deployment, with one task of each service',
    load: async () => (await import('./doctor.js')).doctor,
  },
  start: { about: 'have at least N converters run for a while', load: async () => (await import('./start.js')).start },
  stop: { about: 'send both services home and keep them there', load: async () => (await import('./stop.js')).stop },
  pause: { about: 'suspend dynamic scaling; the counts stay', load: async () => (await import('./pause.js')).pause },
  resume: { about: 'end what stop and pause suspended', load: async () => (await import('./resume.js')).resume },
  dlq: { about: 'list the dead-letter queues, with reasons', load: async () => (await import('./dlq.js')).dlq },
  redrive: { about: 'put the dead letters back', load: async () => (await import('./redrive.js')).redrive },
  verify: { about: 'prove that a run is whole, or mend it', load: async () => (await import('./verify.js')).verify },
  get: { about: "one page's rows out of a finished run", load: async () => (await import('./get.js')).get },
  plan: {
    about: 'how long, how much, how many: before it is begun',
    load: async () => (await import('./plan.js')).plan,
  },
};

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { about }]) => `  ${name.padEnd(10)} ${about}`);
  return `usage: ${asTyped('fleet', 'COMMAND [flags]')}\n\n${lines.join('\n')}\n\n${asTyped('fleet', 'COMMAND --help')} tells more of each.\n`;
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
