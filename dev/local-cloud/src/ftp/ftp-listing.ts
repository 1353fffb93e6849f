import type { FtpEntry } from './ftp-tree.js';

/** The facts of RFC 3659 that this server knows, in the order in which it gives them. */
export const FACTS = ['type', 'size', 'modify'] as const;
export type Fact = (typeof FACTS)[number];

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const HALF_A_YEAR_MS = 183 * 86_400_000;

/** A line break in a name would make two entries of one. */
const printable = (name: string): string => name.replaceAll(/[\r\n\0]/g, '?');

const two = (value: number): string => String(value).padStart(2, '0');

/** `YYYYMMDDHHMMSS` in UTC: RFC 3659, section 2.3. */
export function timeValue(date: Date): string {
  return date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
}

/** A line as `ls -l` writes it, which is what LIST gives on Unix; times in UTC. */
export function unixLine(entry: FtpEntry, now: Date = new Date()): string {
  const { modified } = entry;
  const day = `${MONTHS[modified.getUTCMonth()]} ${String(modified.getUTCDate()).padStart(2)}`;
  const recent = Math.abs(now.getTime() - modified.getTime()) < HALF_A_YEAR_MS;
  const time = `${two(modified.getUTCHours())}:${two(modified.getUTCMinutes())}`;
  const when = recent ? time : String(modified.getUTCFullYear()).padStart(5);
  const mode = entry.directory ? 'drwxr-xr-x    2' : '-rw-r--r--    1';
  return `${mode} ftp      ftp      ${String(entry.size).padStart(12)} ${day} ${when} ${printable(entry.name)}`;
}

/** A line of MLSD or MLST: RFC 3659, section 7.2. */
export function factsLine(entry: FtpEntry, facts: ReadonlySet<Fact>, name: string = entry.name): string {
  const values: Record<Fact, string | null> = {
    type: entry.directory ? 'dir' : 'file',
    size: entry.directory ? null : String(entry.size),
    modify: timeValue(entry.modified),
  };
  const text = FACTS.filter((fact) => facts.has(fact) && values[fact] !== null).map(
    (fact) => `${fact}=${values[fact]};`,
  );
  return `${text.join('')} ${printable(name)}`;
}

/** A name alone, as NLST gives it. */
export function nameLine(entry: FtpEntry): string {
  return printable(entry.name);
}
