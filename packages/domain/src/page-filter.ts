import { z } from 'zod';

/** More would make every job's message longer for nothing: the wikis have some dozens of namespaces. */
export const MAX_NAMESPACES = 256;
const LARGEST = 999_999_999_999_999;

/** Which pages become rows; it shapes the result, so plan and jobs have it. */
export const pageFilterSchema = z.strictObject({
  /** Ascending, none twice; null: all. */
  namespaces: z
    .array(z.int().min(-LARGEST).max(LARGEST))
    .min(1)
    .max(MAX_NAMESPACES)
    .refine((list) => list.every((namespace, i) => i === 0 || namespace > (list[i - 1] ?? namespace)), {
      error: 'expected namespaces in ascending order, none twice',
    })
    .nullable(),
  /** Whether pages that are redirects are kept. */
  redirects: z.boolean(),
});

export type PageFilter = z.infer<typeof pageFilterSchema>;

export const EVERY_PAGE: PageFilter = { namespaces: null, redirects: true };

export function isEveryPage({ namespaces, redirects }: PageFilter): boolean {
  return namespaces === null && redirects;
}

/** In words: `only namespaces 0, 14; no redirects`; null where every page is kept. */
export function describeFilter({ namespaces, redirects }: PageFilter): string | null {
  const words = [
    ...(namespaces === null ? [] : [`only namespace${namespaces.length === 1 ? '' : 's'} ${namespaces.join(', ')}`]),
    ...(redirects ? [] : ['no redirects']),
  ];
  return words.length === 0 ? null : words.join('; ');
}
