import { z } from 'zod';
import { UsageError } from './errors.js';
import { wikiNameSchema } from './names.js';

/** The kinds of dump, as DESIGN and the keys call them. `articles-multistream` is the default. */
export const KINDS = [
  'articles-multistream',
  'articles',
  'meta-current',
  'meta-history',
  'stubs-articles',
  'stubs-meta-current',
  'stubs-meta-history',
  'content-current',
  'content-history',
] as const;

export type Kind = (typeof KINDS)[number];

export const kindSchema = z.enum(KINDS);

/** `YYYY-MM-DD`, a day that exists. */
export const dateSchema = z.iso.date();

/** A run: one kind of dump of one wiki at one date (`YYYY-MM-DD`). */
export const runSchema = z.strictObject({ kind: kindSchema, wiki: wikiNameSchema, date: dateSchema });

export type Run = z.infer<typeof runSchema>;

/** `articles-multistream/simplewiki/2026-10-01`: as keys, logs and summaries say it. */
export function runName(run: Run): string {
  return `${run.kind}/${run.wiki}/${run.date}`;
}

/** Reads `2026-10-01` or, as the mirrors write it, `20261001`; throws a `UsageError` for anything else. */
export function parseDate(text: string): string {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text);
  const date = match === null ? text : `${match[1]}-${match[2]}-${match[3]}`;
  if (dateSchema.safeParse(date).success) return date;
  throw new UsageError('DATE_REFUSED', `expected a date as YYYY-MM-DD or YYYYMMDD, received ${JSON.stringify(text)}`);
}

/** The date as legacy runs have it in their paths and names: `20261001`. */
export function compactDate(date: string): string {
  return date.replaceAll('-', '');
}

/** Reads a kind; throws a `UsageError` that lists them all. */
export function parseKind(text: string): Kind {
  const kind = KINDS.find((k) => k === text);
  if (kind !== undefined) return kind;
  throw new UsageError('KIND_REFUSED', `expected a kind, one of ${KINDS.join(', ')}; received ${JSON.stringify(text)}`);
}
