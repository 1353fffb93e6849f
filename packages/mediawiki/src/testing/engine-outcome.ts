import type { PageHead, RevisionRow } from '../row-engine.js';
import { UnitFault } from '../unit-fault.js';

/** What an engine answers to a unit, as something that can be compared and lasts beyond its next call. */
export function outcomeOf(read: () => PageHead | RevisionRow): unknown {
  try {
    const answer = read();
    if ('line' in answer) return { line: answer.line.toString('latin1'), unmapped: answer.unmapped };
    return { ...answer, rowStart: answer.rowStart.toString('latin1') };
  } catch (error) {
    if (!(error instanceof UnitFault)) throw error;
    return { code: error.code, message: error.message, at: error.at, known: error.known };
  }
}
