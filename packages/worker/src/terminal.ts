import { printable, printableJson } from '@wikifleet/domain/printable';
import { isRegularFile, writeCompletely } from './write-completely.js';

/*
 * The one place where programs write what people read. Lines may hold text of any origin: file names, server replies,
 * contents of dumps and queues, the command line. All of it is made printable here, so that no caller can forget it.
 * Rows are data and do not come this way.
 */

/** Writes a line to standard output: what a command was asked for. */
export function printLine(line: string): void {
  toStandardOutput(`${printable(line)}\n`);
}

/** Writes a value to standard output, as one line of JSON. */
export function printJson(value: unknown): void {
  toStandardOutput(`${printableJson(value)}\n`);
}

/** Writes a line to standard error: remarks, progress, errors. */
export function reportLine(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

let isFile: boolean | undefined;

/** Errors are those of the stream, which `runMain` reports at the end. */
function toStandardOutput(text: string): void {
  isFile ??= isRegularFile(1);
  if (!isFile) return void process.stdout.write(text);
  try {
    writeCompletely(1, Buffer.from(text));
  } catch (error) {
    process.stdout.emit('error', error);
  }
}
