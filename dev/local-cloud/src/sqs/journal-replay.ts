import { createReadStream } from 'node:fs';
import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import type { JournalRecord } from './journal-record.js';

/** The first line of every journal. */
export const HEADER = '{"journal":"wikifleet-sqs","version":1}\n';
/** A line holds at most a message of 1 MiB, escaped as JSON. */
const MAX_LINE_BYTES = 16 * 1_048_576;

/**
 * Hands every record of a journal to `apply`. Returns the bytes up to the end of the last whole line, or undefined where there is no
 * file; what stands behind that is what a killed process left.
 */
export async function replay(path: string, apply: (record: JournalRecord) => void): Promise<number | undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let end = 0;
  let line = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1_048_576 }) as AsyncIterable<Buffer>) {
      let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10)) {
        line += 1;
        applyLine(path, line, data.subarray(0, at).toString(), apply);
        data = data.subarray(at + 1);
        end += at + 1;
      }
      if (data.length > MAX_LINE_BYTES) throw corrupt(path, line + 1, `longer than ${MAX_LINE_BYTES} bytes`);
      rest = data;
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  return end;
}

function applyLine(path: string, line: number, text: string, apply: (record: JournalRecord) => void): void {
  if (line === 1) {
    if (`${text}\n` !== HEADER) throw corrupt(path, 1, `expected ${HEADER.trim()}, received ${text.slice(0, 80)}`);
    return;
  }
  try {
    // our own lines, whole: a process that dies leaves at most a beginning of the last one
    apply(JSON.parse(text) as JournalRecord);
  } catch (cause) {
    throw corrupt(path, line, messageOf(cause), cause);
  }
}

function corrupt(path: string, line: number, what: string, cause?: unknown): FleetError {
  return new FleetError('JOURNAL_CORRUPT', `${path}:${line}: not a record of the queues' journal: ${what}`, { cause });
}
