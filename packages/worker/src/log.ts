import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { escapeJson } from '@wikifleet/domain/printable';

export type Log = Logger;

/**
 * One JSON line an event, on standard output by default; `service` is the program's name. Values may hold text of any
 * origin: what a terminal would obey or hide is escaped, and a reader of the JSON gets the same values.
 */
export function createLog(service: string, level: string, destination: DestinationStream = pino.destination(1)): Log {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, { write: (line) => destination.write(`${escapeJson(line.trimEnd())}\n`) });
}
