import { ENGLISH_TEMPLATES } from './en.js';

/** Rules of templates: a pattern (see template-rule.ts), and the names that have it, separated by `, `. */
export type TemplateTable = readonly (readonly [pattern: string, names: string])[];

const TABLES: Readonly<Record<string, TemplateTable>> = { en: ENGLISH_TEMPLATES };

/** Every wiki has the English rules, and those of its own language before them. */
export function* templateRulesOf(language: string): Generator<readonly [name: string, pattern: string]> {
  for (const table of [ENGLISH_TEMPLATES, ...(language === 'en' ? [] : [TABLES[language] ?? []])]) {
    for (const [pattern, names] of table) for (const name of names.split(', ')) yield [name, pattern];
  }
}
