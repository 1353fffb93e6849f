import type { Counts } from '@wikifleet/domain/receipts';
import { MAX_TEMPLATES_OF_A_RUN, byFrequency } from '@wikifleet/domain/text-columns';
import { count, plural, shownName } from './figures.js';

/** What texts have of templates, and the ones that were left out most often; empty where none was called. */
export function templateLines({ templates, otherTemplates, textsFlattened }: Counts): string[] {
  let { rendered, dropped } = otherTemplates;
  for (const calls of Object.values(templates)) {
    rendered += calls.rendered;
    dropped += calls.dropped;
  }
  const lines: string[] = [];
  if (textsFlattened > 0) lines.push(`${plural(textsFlattened, 'piece')} of texts nested too deep, left out`);
  if (rendered + dropped === 0) return lines;
  lines.push(`${plural(rendered, 'template')} rendered in texts, ${count(dropped)} left out`);
  const names = byFrequency(templates).filter(([, calls]) => calls.dropped > 0);
  const most = names.sort(([, a], [, b]) => b.dropped - a.dropped).slice(0, MAX_TEMPLATES_OF_A_RUN);
  if (most.length > 0)
    lines.push(
      `most often left out: ${most.map(([name, calls]) => `${shownName(name)} ${count(calls.dropped)}`).join(', ')}`,
    );
  return lines;
}
