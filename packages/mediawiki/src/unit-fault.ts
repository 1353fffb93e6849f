import { PermanentError } from '@wikifleet/domain/errors';
import { printable } from '@wikifleet/domain/printable';

/** What could be read of a unit that is broken. */
export interface KnownIds {
  readonly pageId?: number | null;
  readonly pageTitle?: string | null;
  readonly revisionId?: number | null;
}

/**
 * What is wrong with one unit: it goes to the quarantine, and what stands around it is converted. `at` is the byte
 * within the unit where that is known; whoever knows more of the unit adds it to `known`.
 */
export class UnitFault extends PermanentError {
  readonly at: number | null;
  known: KnownIds = {};

  constructor(code: string, expected: string, received: string, at: number | null = null) {
    const place = at === null ? {} : { place: `byte ${at} of the unit` };
    // It is data, whose stack nobody reads; to record one takes longer than to read a unit.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(code, `expected ${expected}; received ${received}`, { expected, received, ...place });
    Error.stackTraceLimit = stackTraceLimit;
    this.at = at;
  }
}

/** A value from outside, cut for a message; what cannot be seen is shown by its code point, for readers of receipts too. */
export function shown(value: string): string {
  return printable(JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value));
}
