/** Columns that are made of a revision's wikitext, in the order in which rows have them, behind all others. */
export const TEXT_COLUMNS = ['plain_text', 'sections', 'links', 'categories', 'templates', 'markdown'] as const;
export type TextColumn = (typeof TEXT_COLUMNS)[number];

/** What texts keep beside prose: cells of tables, sections that hold references, targets of links in Markdown. */
export const TEXT_EXTRAS = ['tables', 'references', 'targets'] as const;
export type TextExtra = (typeof TEXT_EXTRAS)[number];

/** Why a wikitext has null columns. */
export const TEXT_REFUSALS = ['too-long', 'exhausted'] as const;
export type TextRefusal = (typeof TEXT_REFUSALS)[number];

/** Calls of a template: rendered to text, or left out. */
export interface TemplateCalls {
  readonly rendered: number;
  readonly dropped: number;
}

/** Names of templates that are counted one by one; of the others only the sum is kept. */
export const MAX_TEMPLATE_NAMES = 10_000;
/** Names that the manifest of a run has. */
export const MAX_TEMPLATES_OF_A_RUN = 100;

/** What was found in texts beside their columns. */
export interface TextCounts {
  readonly textsRefused: Readonly<Record<string, number>>;
  readonly textsFlattened: number;
  readonly templates: Readonly<Record<string, TemplateCalls>>;
  readonly otherTemplates: TemplateCalls;
}

export const NO_TEXTS: TextCounts = {
  textsRefused: {},
  textsFlattened: 0,
  templates: {},
  otherTemplates: { rendered: 0, dropped: 0 },
};

/** The sum of template calls, in the order of the names. */
export function sumTemplates(
  parts: readonly Pick<TextCounts, 'templates' | 'otherTemplates'>[],
): Pick<TextCounts, 'templates' | 'otherTemplates'> {
  const sum = new Map<string, TemplateCalls>();
  let otherTemplates: TemplateCalls = { rendered: 0, dropped: 0 };
  for (const part of parts) {
    otherTemplates = added(otherTemplates, part.otherTemplates);
    for (const [name, calls] of Object.entries(part.templates)) sum.set(name, added(sum.get(name), calls));
  }
  return { templates: byName(sum), otherTemplates };
}

/** The `most` names that were called most often; the sum stays the same. */
export function mostFrequentTemplates(
  { templates, otherTemplates }: Pick<TextCounts, 'templates' | 'otherTemplates'>,
  most: number,
): Pick<TextCounts, 'templates' | 'otherTemplates'> {
  const names = byFrequency(templates);
  if (names.length <= most) return { templates, otherTemplates };
  let other = otherTemplates;
  for (const [, calls] of names.slice(most)) other = added(other, calls);
  return { templates: byName(new Map(names.slice(0, most))), otherTemplates: other };
}

/** The most frequent first, those of one frequency by name. */
export function byFrequency(templates: Readonly<Record<string, TemplateCalls>>): [string, TemplateCalls][] {
  const calls = ({ rendered, dropped }: TemplateCalls): number => rendered + dropped;
  return Object.entries(templates).sort(([a, x], [b, y]) => calls(y) - calls(x) || (a < b ? -1 : 1));
}

export function added(a: TemplateCalls | undefined, b: TemplateCalls): TemplateCalls {
  return { rendered: (a?.rendered ?? 0) + b.rendered, dropped: (a?.dropped ?? 0) + b.dropped };
}

function byName(sum: ReadonlyMap<string, TemplateCalls>): Record<string, TemplateCalls> {
  return Object.fromEntries([...sum].sort(([a], [b]) => (a < b ? -1 : 1)));
}
