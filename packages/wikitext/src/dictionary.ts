import { entities } from './entities.js';
import { BEHAVIOUR_SWITCHES, EXTENSION_TAGS, PARSER_FUNCTIONS, PROTOCOLS, TAGS } from './markup-words.js';
import {
  CANONICAL_NAMESPACES,
  CATEGORY_ALIASES,
  FILE_ALIASES,
  LANGUAGE_CODES,
  REDIRECT_WORDS,
  type Namespace,
} from './namespaces.js';
import { referenceSectionTitles } from './reference-sections.js';
import { compileRule } from './template-rule.js';
import { countries } from './templates/countries.js';
import { languages } from './templates/languages.js';
import { templateRulesOf } from './templates/template-tables.js';
import { unitEntries } from './units.js';

/** Domains of the kernel's dictionary (`assembly/dictionary.ts`). */
const DOMAIN = {
  tag: 1,
  extension: 2,
  entity: 3,
  switch: 4,
  namespace: 5,
  language: 6,
  template: 7,
  function: 8,
  unit: 9,
  redirect: 10,
  protocol: 11,
  word: 12,
  referenceSection: 13,
} as const;

export interface DictionaryEntry {
  readonly domain: number;
  readonly name: string;
  /** Bytes, or text in UTF-8. */
  readonly value: Uint8Array | string;
}

/** What a wiki's text depends on beside the text. */
export interface WikiWords {
  /** The code of its language: `en`, `zh`. */
  readonly language: string;
  /** From the dump's head. */
  readonly namespaces: readonly Namespace[];
}

const ONE = Uint8Array.of(1);
const FILE = 6;

/** Everything that the kernel looks up for a wiki. */
export function* dictionaryOf(wiki: WikiWords): Generator<DictionaryEntry> {
  yield* words(DOMAIN.extension, EXTENSION_TAGS);
  yield* words(DOMAIN.tag, TAGS);
  yield* words(DOMAIN.function, PARSER_FUNCTIONS);
  yield* words(DOMAIN.switch, { 1: BEHAVIOUR_SWITCHES });
  yield* words(DOMAIN.protocol, PROTOCOLS);
  yield* words(DOMAIN.language, { 1: LANGUAGE_CODES });
  for (const word of REDIRECT_WORDS.split(' ')) {
    for (const name of new Set([word, word.toUpperCase(), `#${upperFirst(word.slice(1))}`]))
      yield entry(DOMAIN.redirect, asciiLower(name), ONE);
  }
  for (const title of referenceSectionTitles()) yield* inEachCase(DOMAIN.referenceSection, title, ONE);
  for (const [name, text] of entities()) yield entry(DOMAIN.entity, name, text);
  yield* namespaceEntries(wiki);
  const rules = new Map<string, Buffer>();
  for (const [name, pattern] of templateRulesOf(wiki.language)) {
    let rule = rules.get(pattern);
    if (rule === undefined) rules.set(pattern, (rule = compileRule(pattern)));
    yield entry(DOMAIN.template, templateKey(name), rule);
  }
  for (const [code, name] of languages()) yield entry(DOMAIN.word, code, name);
  for (const [code, name] of countries()) yield entry(DOMAIN.word, code, name);
  yield* unitEntries((name, value) => entry(DOMAIN.unit, name, value));
}

function entry(domain: number, name: string, value: Uint8Array | string): DictionaryEntry {
  return { domain, name, value };
}

function* words(domain: number, table: Readonly<Record<number, string>>): Generator<DictionaryEntry> {
  for (const [what, names] of Object.entries(table)) {
    const value = Uint8Array.of(Number(what));
    for (const name of names.split(' ')) yield entry(domain, name, value);
  }
}

function* namespaceEntries({ language, namespaces }: WikiWords): Generator<DictionaryEntry> {
  const aliases: Namespace[] = [
    { id: FILE, names: namesOf(FILE_ALIASES[language]) },
    { id: 14, names: namesOf(CATEGORY_ALIASES[language]) },
  ];
  for (const { id, names } of [...CANONICAL_NAMESPACES, ...aliases, ...namespaces]) {
    const what = id === FILE ? 1 : id === 14 ? 2 : 3;
    for (const name of names) {
      if (name !== '') yield* inEachCase(DOMAIN.namespace, name, Uint8Array.of(what));
    }
  }
}

/** The kernel knows the case of ASCII letters only: so an entry for each way that other letters are written in. */
function* inEachCase(domain: number, name: string, value: Uint8Array): Generator<DictionaryEntry> {
  const forms = [name, name.toLowerCase(), name.toUpperCase(), lowerFirst(name), upperFirst(name)];
  for (const form of new Set(forms.map(asciiLower))) yield entry(domain, form, value);
}

function namesOf(names: string | undefined): string[] {
  return names === undefined ? [] : names.split(' ');
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** A name with capitals behind its first letter is found only so; all others in any case of ASCII letters. */
function templateKey(name: string): string {
  return /^.[^A-Z]*$/su.test(name) ? asciiLower(name) : name;
}

/** As the kernel's `copyLower`. */
function asciiLower(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()).replaceAll('_', ' ');
}
