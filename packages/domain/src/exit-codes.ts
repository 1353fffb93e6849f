/**
 * What every program ends with. docs/exit-codes.md says what each means for each command; a test compares it with this
 * table, and runs the programs.
 */
export const EXIT_CODES = {
  /** All that was asked is done, and complete. */
  done: 0,
  /** Something failed or is incomplete; standard error says what. What was written before may be there. */
  failed: 1,
  /** The command line, the environment or a file that they name is wrong: nothing was begun. */
  refused: 2,
  /** Ended by a signal before it was done: 128 and SIGINT's number, whichever signal came. */
  stopped: 130,
  /** Whoever read standard output has gone: 128 and SIGPIPE's number. */
  readerGone: 141,
} as const;

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];
