import { FleetError, HelpRequested, PermanentError, UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import { reasonOf } from './output-target.js';
import { ReleaseStack } from './release-stack.js';
import { printLine, reportLine } from './terminal.js';

export type { ExitCode } from '@wikifleet/domain/exit-codes';

export interface MainOptions {
  /** What is still open so many milliseconds after the end is cut off, with a line; without it, waited for. */
  readonly lingerMs?: number;
}

/**
 * Runs a program: releases what it opened, turns what it throws into one clear line on standard error, and sets the
 * exit code (see docs/exit-codes.md). A stack is shown only for what nobody expected.
 */
export async function runMain(
  main: (releases: ReleaseStack) => Promise<ExitCode>,
  { lingerMs }: MainOptions = {},
): Promise<void> {
  // Node 20 works until that SDK drops it, in 2027; a warning at every start helps nobody
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const output = watchStandardOutput();
  process.on('uncaughtException', endUncaught);
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
    if (process.exitCode === EXIT_CODES.done) process.exitCode = code;
  }
  if (process.exitCode === EXIT_CODES.done) process.exitCode = await output.end();
}

/** Without a listener a reader that went away (`| head`) or a full disk behind `>` would end the program with a stack. */
function watchStandardOutput(): { end: () => Promise<ExitCode> } {
  let failed: Error | null = null;
  process.stdout.on('error', (error) => {
    failed ??= error;
  });
  // there is no other place to say it
  process.stderr.on('error', () => {});
  return {
    end: async () => {
      // what the last write met is reported a moment later
      await new Promise((resolve) => setImmediate(resolve));
      if (failed === null) return EXIT_CODES.done;
      if (codeOf(failed) === 'EPIPE') return EXIT_CODES.readerGone;
      reportLine(`wikifleet: standard output cannot be written: ${reasonOf(failed)}`);
      return EXIT_CODES.failed;
    },
  };
}

/** What was thrown where nobody waits for it: the program cannot go on. */
function endUncaught(error: unknown): void {
  const isMistake = error instanceof Error && !(error instanceof FleetError) && !('code' in error);
  report(error, isMistake || isDebugging());
  process.exit(EXIT_CODES.failed);
}

/** A task that is to end is killed where something keeps it open; then nobody learns what. */
function cutOffAfter(milliseconds: number): void {
  const cutOff = (): void => {
    const open = process.getActiveResourcesInfo().join(', ');
    reportLine(`wikifleet: cut off ${milliseconds} ms after its end; still open: ${open}`);
    process.exit();
  };
  setTimeout(cutOff, milliseconds).unref();
}

function report(error: unknown, withStack = isDebugging()): ExitCode {
  if (error instanceof HelpRequested) {
    for (const line of error.message.trimEnd().split('\n')) printLine(line);
    return EXIT_CODES.done;
  }
  reportLine(`wikifleet: ${messageOf(error)}`);
  if (error instanceof FleetError) for (const line of error.moreLines) reportLine(`  ${line}`);
  if (withStack && error instanceof Error && !(error instanceof PermanentError))
    for (const line of `${codeOf(error)}: ${error.stack}`.split('\n')) reportLine(line);
  return error instanceof UsageError ? EXIT_CODES.refused : EXIT_CODES.failed;
}

function isDebugging(): boolean {
  return process.env['WIKIFLEET_LOG_LEVEL'] === 'debug';
}
