import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';

/**
 * Faults of this machine that no retry of a job repairs: the disk is full or read-only, the device fails, files cannot be
 * opened. On AWS they do not exist; here they would be retried for hours without a word.
 */
const MACHINE_FAULTS = new Set([
  'EACCES',
  'EDQUOT',
  'EFBIG',
  'EIO',
  'EMFILE',
  'ENFILE',
  'ENODEV',
  'ENOSPC',
  'ENXIO',
  'EPERM',
  'EROFS',
  'ESTALE',
]);
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const MAX_CAUSES = 5;

/** Takes the faults of everything that runs in this process; the first one aborts the run. */
export class FaultWatch {
  readonly #onFault: (error: FleetError) => void;
  #first: FleetError | undefined;

  constructor(onFault: (error: FleetError) => void) {
    this.#onFault = onFault;
  }

  /** The fault that was reported first. */
  get first(): FleetError | undefined {
    return this.#first;
  }

  /** `what`: what could not be done, as a sentence without its end. Errors that a retry may repair are not faults. */
  report(what: string, error: unknown): void {
    const cause = machineFaultOf(error);
    if (cause === undefined || this.#first !== undefined) return;
    this.fail('MACHINE_FAULT', `${what}: ${messageOf(cause)}. ${adviceFor(cause)}`, cause);
  }

  /** Aborts the run, if nothing did before. */
  fail(code: string, message: string, cause?: unknown): void {
    if (this.#first !== undefined) return;
    this.#first = new FleetError(code, message, { cause });
    this.#onFault(this.#first);
  }
}

/** What to do about an error of the file system. */
export function adviceFor(error: unknown): string {
  const code = codeOf(error);
  const first = FULL.has(code)
    ? 'Make room'
    : code === 'EMFILE' || code === 'ENFILE'
      ? 'Allow more open files'
      : 'Repair that';
  return `${first}, and run the same command again: it goes on where this one stopped`;
}

function machineFaultOf(error: unknown): Error | undefined {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    if (MACHINE_FAULTS.has(codeOf(cause))) return cause;
    cause = cause.cause;
  }
  return undefined;
}
