import type { LanguageData } from './languages.js';
import { mix, Random } from './random.js';

const DERIVED_WORDS = 6000;
/** Names are told apart by 25 bits, so page ids stay below this. */
export const MAX_PAGE_ID = 1 << 25;

/** The words of one language: its common ones and thousands that are made of its syllables, with Zipf-like frequencies. */
export class Vocabulary {
  readonly language: LanguageData;
  readonly headings: readonly string[];
  readonly #words: readonly string[];
  readonly #syllables: readonly string[];

  constructor(language: LanguageData) {
    this.language = language;
    this.headings = language.headings.split(' ');
    const vowels = Array.from(language.vowels);
    this.#syllables = Array.from(language.onsets).flatMap((onset) => vowels.map((vowel) => onset + vowel));
    this.#words = [...language.words.split(' '), ...this.#derived()];
  }

  /** `count` words in a row; a word is often followed by one of the few that it likes, as in any language. */
  words(random: Random, count: number): string[] {
    const all = this.#words.length;
    let word = random.skewed(all);
    return Array.from({ length: count }, () => {
      const next = random.below(100) < 62 ? new Random(word, random.skewed(6)).skewed(all) : random.skewed(all);
      word = next === word ? (next + 1) % all : next;
      return this.#words[word] ?? '';
    });
  }

  phrase(random: Random, count: number): string {
    return this.words(random, count).join(this.language.space);
  }

  /** A sentence without its stop, its first letter in capitals where the script has them. */
  sentence(random: Random): string {
    const clauses = Array.from({ length: random.between(1, 3) }, () => this.phrase(random, random.between(4, 11)));
    return capitalise(clauses.join(this.language.comma));
  }

  /** A proper name that belongs to `id` alone (0 to `MAX_PAGE_ID` - 1) among the names of this language. */
  nameOf(id: number): string {
    // Times an odd number is a permutation of the 25 bits, so neighbours do not look alike.
    let rest = Math.imul(id, 0x9e3779b1) & (MAX_PAGE_ID - 1);
    let name = '';
    for (let range = MAX_PAGE_ID; range > 1; range = Math.ceil(range / this.#syllables.length)) {
      name += this.#syllables[rest % this.#syllables.length] ?? '';
      rest = Math.floor(rest / this.#syllables.length);
    }
    return capitalise(name);
  }

  #derived(): string[] {
    const random = new Random(mix(...Array.from(this.language.code, (letter) => letter.charCodeAt(0))));
    const endings = this.language.endings.split(' ');
    return Array.from({ length: DERIVED_WORDS }, () => {
      const stem = Array.from({ length: random.between(1, 3) }, () => random.pick(this.#syllables)).join('');
      return random.oneIn(3) ? stem : stem + random.pick(endings);
    });
  }
}

function capitalise(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
