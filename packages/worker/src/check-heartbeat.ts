// The health check of a container: `node check-heartbeat.js [FILE] [SECONDS]` ends with 0 when the heartbeat file is
// younger than so many seconds (WIKIFLEET_HEARTBEAT_FILE and 120 by default), else with 1 and a line. It loads almost
// nothing else, since it starts every few seconds beside a busy service.
import { statSync } from 'node:fs';
import { printable } from '@wikifleet/domain/printable';

const DEFAULT_SECONDS = 120;

const [file = process.env['WIKIFLEET_HEARTBEAT_FILE'] ?? '', bound = String(DEFAULT_SECONDS)] = process.argv.slice(2);

function problem(): string | null {
  if (file === '') return 'expected a heartbeat file, as an argument or in WIKIFLEET_HEARTBEAT_FILE';
  if (!/^[1-9]\d{0,5}$/.test(bound)) return `expected seconds, received ${JSON.stringify(bound.slice(0, 100))}`;
  const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (written === undefined) return `${file}: there is no heartbeat`;
  const seconds = Math.round((Date.now() - written) / 1000);
  return seconds <= Number(bound)
    ? null
    : `${file}: expected a heartbeat within ${bound} s, the last was ${seconds} s ago`;
}

try {
  const said = problem();
  if (said !== null) process.stdout.write(`${printable(said)}\n`);
  process.exitCode = said === null ? 0 : 1;
} catch (error) {
  process.stdout.write(`${printable(`${file}: ${error instanceof Error ? error.message : String(error)}`)}\n`);
  process.exitCode = 1;
}
