import type { ExitCode } from '@wikifleet/worker/run-main';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';

/** One command of `fleet`: takes what follows its name on the command line, returns the exit code. */
export type Command = (argv: readonly string[], releases: ReleaseStack) => Promise<ExitCode>;
