import { UsageError, messageOf } from '@wikifleet/domain/errors';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import type { ExitCode } from '@wikifleet/domain/exit-codes';
import { printLine } from './terminal.js';

/** Something that a program must reach before it can work. */
export interface Check {
  /** `queue wikifleet-convert`: what stands in its line. */
  readonly name: string;
  /** Says what it found in a few words, or throws. */
  readonly run: (signal: AbortSignal) => Promise<string>;
}

const SECONDS = 60;

/**
 * Makes all checks beside each other and prints a line each, `ok` or `fail`; 1 where one failed. A check that takes
 * longer than `seconds` has failed.
 */
export async function checkProgram(
  checks: readonly Check[],
  seconds = SECONDS,
  print: (line: string) => void = printLine,
): Promise<ExitCode> {
  const lines = await Promise.all(
    checks.map(async ({ name, run }) => {
      try {
        return { ok: true, line: `ok    ${name}: ${await withinSeconds(run, seconds)}` };
      } catch (error) {
        return { ok: false, line: `fail  ${name}: ${messageOf(error)}` };
      }
    }),
  );
  for (const { line } of lines) print(line.replaceAll(/\s*\n\s*/g, ' '));
  return lines.every(({ ok }) => ok) ? EXIT_CODES.done : EXIT_CODES.failed;
}

/** Also where what it calls heeds no signal. */
async function withinSeconds(run: Check['run'], seconds: number): Promise<string> {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new UsageError('CHECK_TIMEOUT', `no answer within ${seconds} s`);
      controller.abort(error);
      reject(error);
    }, seconds * 1000);
  });
  try {
    return await Promise.race([run(controller.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
