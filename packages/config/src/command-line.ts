import { parseArgs } from 'node:util';
import { HelpRequested, UsageError, messageOf } from '@wikifleet/domain/errors';
import { WIKI_NAME_RULE, isWikiName } from '@wikifleet/domain/names';

export interface Flag {
  readonly type: 'string' | 'boolean';
  /** What stands for the value in the help: `N`, `DIR`. */
  readonly value?: string;
  readonly help: string;
}

export interface CommandLine<F extends Record<string, Flag>> {
  /** As it is typed, see `asTyped`: `npm run -s convert -- FILE [flags]`. */
  readonly usage: string;
  readonly about: string;
  readonly flags: F;
  /** Names of what stands without a flag; all of it must be given. */
  readonly positionals?: readonly string[];
}

export interface ParsedCommandLine<F extends Record<string, Flag>> {
  readonly flags: { readonly [K in keyof F]?: F[K]['type'] extends 'boolean' ? boolean : string };
  readonly positionals: readonly string[];
}

/** Reads a command line; throws a `UsageError` that says which word is off, or `HelpRequested`. */
export function parseCommandLine<F extends Record<string, Flag>>(
  line: CommandLine<F>,
  argv: readonly string[],
): ParsedCommandLine<F> {
  const expected = line.positionals ?? [];
  const options = Object.fromEntries(Object.entries(line.flags).map(([name, { type }]) => [name, { type }]));
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...argv],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    throw refusal(line, firstSentence(messageOf(error)), error);
  }
  const { help, ...flags } = parsed.values;
  if (help === true) throw new HelpRequested(helpText(line));
  if (parsed.positionals.length > expected.length) {
    throw refusal(line, `unexpected word ${JSON.stringify(parsed.positionals[expected.length])}`);
  }
  const missing = expected[parsed.positionals.length];
  if (missing !== undefined) throw refusal(line, `expected ${missing}`);
  return { flags: flags as ParsedCommandLine<F>['flags'], positionals: parsed.positionals };
}

function refusal<F extends Record<string, Flag>>(line: CommandLine<F>, what: string, cause?: unknown): UsageError {
  return new UsageError('COMMAND_LINE_REFUSED', `${what}; usage: ${line.usage} (--help says more)`, { cause });
}

/** Node adds advice about `--` that helps nobody here. */
function firstSentence(text: string): string {
  const end = text.search(/\.\s/);
  return (end < 0 ? text : text.slice(0, end)).replace(/\.$/, '');
}

function helpText<F extends Record<string, Flag>>(line: CommandLine<F>): string {
  const flags: [string, Flag][] = [...Object.entries(line.flags), ['help', { type: 'boolean', help: 'this text' }]];
  const rows = flags.map(
    ([name, flag]) => [`--${name}${flag.value === undefined ? '' : ` ${flag.value}`}`, flag.help] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  const table = rows.map(
    ([left, right]) => `  ${left.padEnd(width)}  ${right.replaceAll('\n', `\n  ${' '.repeat(width)}  `)}`,
  );
  return `usage: ${line.usage}\n\n${line.about}\n\n${table.join('\n')}\n`;
}

/** Reads the whole number of a flag within bounds; throws a `UsageError`. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageError(
    'FLAG_REFUSED',
    `--${flag}: expected a whole number from ${min} to ${max}, received ${JSON.stringify(text)}`,
  );
}

/** Reads the name of a wiki, as a dump or a mirror has it; throws a `UsageError`. */
export function wikiName(flag: string, text: string): string {
  if (isWikiName(text)) return text;
  throw new UsageError(
    'FLAG_REFUSED',
    `--${flag}: expected a database name (${WIKI_NAME_RULE}), received ${JSON.stringify(text.slice(0, 250))}`,
  );
}

/** Reads one of a few words; throws a `UsageError` that lists them. */
export function oneOf<T extends string>(flag: string, text: string, words: readonly T[]): T {
  const word = words.find((w) => w === text);
  if (word !== undefined) return word;
  throw new UsageError(
    'FLAG_REFUSED',
    `--${flag}: expected one of ${words.join(', ')}; received ${JSON.stringify(text)}`,
  );
}
