import { pino } from 'pino';
import type { Logger } from 'pino';

export type Log = Logger;

/** One JSON line an event on standard output; `service` says which program speaks. */
export function createLog(service: string, level: string): Log {
  return pino({
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
