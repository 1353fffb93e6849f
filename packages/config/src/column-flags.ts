import { UsageError } from '@wikifleet/domain/errors';
import { COLUMN_NAMES, KEY_COLUMNS } from '@wikifleet/domain/row-columns';
import type { ColumnChoice } from '@wikifleet/domain/row-columns';
import { TEXT_COLUMNS, TEXT_EXTRAS } from '@wikifleet/domain/text-columns';
import type { TextColumn, TextExtra } from '@wikifleet/domain/text-columns';

/** The flags by which the columns of rows are chosen, the same for every program. */
export const COLUMN_FLAGS = {
  extract: {
    type: 'string',
    value: 'NAMES',
    help: `columns made of the wikitext, with commas between: ${TEXT_COLUMNS.join(', ')}`,
  },
  columns: {
    type: 'string',
    value: 'NAMES',
    help: `only these columns (and always ${KEY_COLUMNS.join(', ')}); includes --extract of those made of the wikitext`,
  },
  'keep-in-text': {
    type: 'string',
    value: 'NAMES',
    help: `what texts keep beside prose: ${TEXT_EXTRAS.join(', ')} (default: none of them)`,
  },
} as const;

/** A `ColumnChoice` as settings have it. */
interface Choice extends ColumnChoice {
  readonly extract: TextColumn[];
  readonly keepInText: TextExtra[];
  readonly columns: string[] | null;
}

type ColumnFlags = { readonly [name in keyof typeof COLUMN_FLAGS]?: string };

/** Reads the choice from `COLUMN_FLAGS`; throws a `UsageError`. */
export function columnsOf(flags: ColumnFlags): Choice {
  const extracted = namesOf('extract', flags.extract, TEXT_COLUMNS) ?? [];
  const named = namesOf('columns', flags.columns, COLUMN_NAMES);
  const extract = TEXT_COLUMNS.filter((name) => extracted.includes(name) || named?.includes(name));
  const columns = named === null ? null : COLUMN_NAMES.filter((name) => named.includes(name) || isOneOf(name, extract));
  const keepInText = namesOf('keep-in-text', flags['keep-in-text'], TEXT_EXTRAS) ?? [];
  if (keepInText.length > 0 && extract.length === 0)
    throw new UsageError(
      'FLAG_REFUSED',
      '--keep-in-text: expected --extract or --columns with a column made of the wikitext',
    );
  return { extract, keepInText: TEXT_EXTRAS.filter((name) => keepInText.includes(name)), columns };
}

/** The words that `columnsOf` makes the same choice of. */
export function columnArguments({ extract, keepInText, columns }: ColumnChoice): string[] {
  return [
    ...(extract.length === 0 ? [] : [`--extract=${extract.join(',')}`]),
    ...(columns === null ? [] : [`--columns=${columns.join(',')}`]),
    ...(keepInText.length === 0 ? [] : [`--keep-in-text=${keepInText.join(',')}`]),
  ];
}

function isOneOf(name: string, names: readonly string[]): boolean {
  return names.includes(name);
}

function namesOf<T extends string>(flag: string, value: string | undefined, known: readonly T[]): T[] | null {
  if (value === undefined) return null;
  const words = value.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !isOneOf(word, known));
  if (unknown === undefined) return words as T[];
  const received = JSON.stringify(unknown.length > 80 ? `${unknown.slice(0, 80)}…` : unknown);
  throw new UsageError('FLAG_REFUSED', `--${flag}: expected names of ${known.join(', ')}; received ${received}`);
}
