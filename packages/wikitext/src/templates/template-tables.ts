import { BENGALI_TEMPLATES } from './bn.js';
import { countries } from './countries.js';
import { GREEK_TEMPLATES } from './el.js';
import { ENGLISH_TEMPLATES } from './en.js';
import { languages } from './languages.js';

/** Rules of templates: a pattern (see template-rule.ts), and the names that have it, separated by `, `. */
export type TemplateTable = readonly (readonly [pattern: string, names: string])[];

const TABLES: Readonly<Record<string, TemplateTable>> = { bn: BENGALI_TEMPLATES, el: GREEK_TEMPLATES };

/** Every wiki has the English rules, and behind them, so that they count, those of its own language. */
export function* templateRulesOf(language: string): Generator<readonly [name: string, pattern: string]> {
  for (const [code, name] of languages()) {
    yield [`lang-${code}`, `${name}: {1|text}[, romanized: {2|translit}][, lit. '{3|lit}']`];
    yield [`ipa-${code}`, '\\[{1}\\]'];
  }
  for (const [code, name] of countries()) if (code.length === 3) yield [code, name];
  for (const table of [ENGLISH_TEMPLATES, TABLES[language] ?? []]) {
    for (const [pattern, names] of table) for (const name of names.split(', ')) yield [name, pattern];
  }
}
