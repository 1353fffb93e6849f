import type { TemplateTable } from './template-tables.js';

export const ENGLISH_TEMPLATES: TemplateTable = [
  ['{2|text}', 'lang, langx-none'],
];
