import { UsageError } from '@wikifleet/domain/errors';
import { MAX_NAMESPACES } from '@wikifleet/domain/page-filter';
import type { PageFilter } from '@wikifleet/domain/page-filter';

/** The flags by which a filter of pages is said, the same for every program. */
export const FILTER_FLAGS = {
  namespaces: {
    type: 'string',
    value: 'N,N',
    help: 'only pages of these namespaces, 0,14 for articles and categories (default: all); the rest is counted',
  },
  'no-redirects': { type: 'boolean', help: 'no pages that are redirects; they are counted' },
} as const;

const INTEGER = /^-?(?:0|[1-9][0-9]{0,14})$/;

/** Reads the filter from `FILTER_FLAGS`; throws a `UsageError`. */
export function filterOf(flags: { readonly namespaces?: string; readonly 'no-redirects'?: boolean }): PageFilter {
  const namespaces = flags.namespaces === undefined ? null : namespacesOf(flags.namespaces);
  return { namespaces, redirects: flags['no-redirects'] !== true };
}

/** The words that `filterOf` makes the same filter of. */
export function filterArguments({ namespaces, redirects }: PageFilter): string[] {
  return [
    // with `=`, or a first one below 0 would be taken for a flag
    ...(namespaces === null ? [] : [`--namespaces=${namespaces.join(',')}`]),
    ...(redirects ? [] : ['--no-redirects']),
  ];
}

function namespacesOf(text: string): number[] {
  const words = text.split(',').map((word) => word.trim());
  // adding 0 makes 0 of -0
  const numbers = new Set(words.map((word) => (INTEGER.test(word) ? Number(word) + 0 : Number.NaN)));
  if (!numbers.has(Number.NaN) && numbers.size <= MAX_NAMESPACES) return [...numbers].sort((a, b) => a - b);
  const received = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  throw new UsageError(
    'FLAG_REFUSED',
    `--namespaces: expected at most ${MAX_NAMESPACES} whole numbers with commas between them (0,14), received ${JSON.stringify(received)}`,
  );
}
