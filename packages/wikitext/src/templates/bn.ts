import type { TemplateTable } from './template-tables.js';

/** Of the Bengali Wikipedia, beside the English names that it uses too. */
export const BENGALI_TEMPLATES: TemplateTable = [
  ['{2|text}', 'ভাষা'],
  ['ইংরেজি: {1}', 'lang-en, ইংরেজি'],
  ['আরবি: {1}', 'lang-ar'],
  ['হিন্দি: {1}', 'lang-hi'],
  ['সংস্কৃত: {1}', 'lang-sa'],
  ['{@convert}', 'রূপান্তর'],
  ['\n\n{1|text|উক্তি}[\n— {2|লেখক}[, {3|উৎস}]]\n\n', 'উক্তি, উদ্ধৃতি'],
  ['{1}', 'ছোট, বড়'],
  ['{1}', 'পতাকা'],
  ['আইএসবিএন {1}', 'আইএসবিএন'],
];
