/**
 * The one family of errors. `code` is stable and in capitals with underscores; the message is one line that says what was
 * expected and what came, and names the file and the place. It may hold text of any origin: whoever shows it makes it
 * printable, and a line break in it is shown as one (programs do both in `@wikifleet/worker/terminal`).
 */
export interface FleetErrorOptions {
  /** Where: a byte or bit position, a line, a key; part of the failure that is written down. */
  readonly place?: string;
  readonly expected?: string;
  readonly received?: string;
  readonly cause?: unknown;
  /** More lines below the message, where one line cannot say it: several problems, or what to do next. */
  readonly moreLines?: readonly string[];
}

export class FleetError extends Error {
  readonly code: string;
  readonly place: string | undefined;
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly moreLines: readonly string[];

  constructor(code: string, message: string, options: FleetErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.place = options.place;
    this.expected = options.expected;
    this.received = options.received;
    this.moreLines = options.moreLines ?? [];
  }
}

/** What no retry can mend: a malformed message, a file that lies, a page that breaks the rules. */
export class PermanentError extends FleetError {}

/** What is wrong with a setting or a command line: shown as one line, never with a stack. */
export class UsageError extends PermanentError {}

/** `--help` was given: no failure, but nothing else is to be done. `message` is the help text. */
export class HelpRequested extends Error {}

/** The message of anything thrown, for one line of a log or a terminal. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

/** The code of anything thrown: ours, Node's (`ECONNRESET`) or an SDK's name. */
export function codeOf(error: unknown): string {
  if (error instanceof FleetError) return error.code;
  if (error instanceof Error) return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return 'UNKNOWN';
}
