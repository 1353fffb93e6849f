import { PermanentError } from '@wikifleet/domain/errors';
import { isName } from '@wikifleet/domain/names';
import type { Checksum } from '@wikifleet/domain/plan';
import { quote } from './refusal.js';

/** One line of a sums file; `line` counts from 1. */
export interface ChecksumLine {
  readonly line: number;
  readonly name: string;
  readonly checksum: Checksum;
}

/** The most files of a run, and so the most lines of a sums file that lists them. */
export const MOST_FILES = 100_000;

const PATTERNS = {
  md5: /^([0-9a-fA-F]{32}) [ *](.+)$/,
  sha1: /^([0-9a-fA-F]{40}) [ *](.+)$/,
  sha256: /^([0-9a-fA-F]{64}) [ *](.+)$/,
} as const;

/**
 * Reads what `md5sum`, `sha1sum` and `sha256sum` write: a hash in hex, two spaces (or ` *`), a name, a line each. `path` is
 * named in errors. Throws `SUMS_REFUSED` for a line of another form and a name that is refused or there twice with different
 * hashes, `RUN_TOO_LARGE` for too many lines.
 */
export function parseChecksumList(text: string, algorithm: Checksum['algorithm'], path: string): ChecksumLine[] {
  const lines = text.split('\n', MOST_FILES + 2);
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > MOST_FILES) {
    throw new PermanentError('RUN_TOO_LARGE', `${path}: expected at most ${MOST_FILES} lines, received more`);
  }
  const seen = new Map<string, ChecksumLine>();
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    const match = PATTERNS[algorithm].exec(content);
    const [, value = '', name = ''] = match ?? [];
    if (match === null) throw refused(path, line, `expected a ${algorithm} in hex, two spaces and a name`, content);
    if (!isName(name)) throw refused(path, line, 'expected the name of a file', name);
    const checksum = { algorithm, value: value.toLowerCase() };
    const before = seen.get(name);
    if (before === undefined) seen.set(name, { line, name, checksum });
    else if (before.checksum.value !== checksum.value) {
      throw refused(path, line, `expected each name once, it is in line ${before.line} with another hash`, name);
    }
  }
  return [...seen.values()];
}

function refused(path: string, line: number, expected: string, content: string): PermanentError {
  const received = quote(content);
  return new PermanentError('SUMS_REFUSED', `${path}, line ${line}: ${expected}; received ${received}`, {
    place: `line ${line}`,
    expected,
    received,
  });
}
