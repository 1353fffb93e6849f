import { HelpRequested, PermanentError, UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { ReleaseStack } from './release-stack.js';

/** What a program ends with: 0 done, 1 failed, 2 used wrongly, 130 stopped by hand, 141 its reader went away. */
export type ExitCode = 0 | 1 | 2 | 130 | 141;

export interface MainOptions {
  /** What is still open so many milliseconds after the end is cut off, with a line; without it, waited for. */
  readonly lingerMs?: number;
}

/**
 * Runs a program: releases what it opened, turns what it throws into one clear line on standard error, and sets the
 * exit code. A stack is shown only for what nobody expected.
 */
export async function runMain(
  main: (releases: ReleaseStack) => Promise<ExitCode>,
  { lingerMs }: MainOptions = {},
): Promise<void> {
  // Node 20 works until that SDK drops it, in 2027; a warning at every start helps nobody
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const releases = new ReleaseStack();
  try {
    process.exitCode = await main(releases);
  } catch (error) {
    process.exitCode = report(error);
  }
  if (lingerMs !== undefined) cutOffAfter(lingerMs);
  try {
    await releases.close();
  } catch (error) {
    // the first error says why it ended
    const code = report(error);
    if (process.exitCode === 0) process.exitCode = code;
  }
}

/** A task that is to end is killed where something keeps it open; then nobody learns what. */
function cutOffAfter(milliseconds: number): void {
  const cutOff = (): void => {
    const open = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`wikifleet: cut off ${milliseconds} ms after its end; still open: ${open}\n`);
    process.exit();
  };
  setTimeout(cutOff, milliseconds).unref();
}

function report(error: unknown): ExitCode {
  if (error instanceof HelpRequested) {
    process.stdout.write(error.message);
    return 0;
  }
  process.stderr.write(`wikifleet: ${messageOf(error)}\n`);
  if (error instanceof UsageError) return 2;
  if (!(error instanceof PermanentError) && error instanceof Error && process.env['WIKIFLEET_LOG_LEVEL'] === 'debug') {
    process.stderr.write(`${codeOf(error)}: ${error.stack}\n`);
  }
  return 1;
}
