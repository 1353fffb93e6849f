import { earlierRevisions, isoTime, revisionOf, type Content } from './revisions.js';
import { LANGUAGES } from './languages.js';
import { mix, Random } from './random.js';
import type { SamplePage } from './sample-page.js';
import type { SampleWiki } from './sample-wikis.js';
import {
  categoryText,
  fileText,
  mediaInfoText,
  moduleText,
  redirectText,
  styleText,
  talkText,
  templateText,
} from './special-text.js';
import { MAX_PAGE_ID, Vocabulary } from './vocabulary.js';
import { articleText, type Surroundings } from './wikitext.js';

/** Namespaces by their share of a hundred pages. */
const NAMESPACES = [0, 14, 10, 1, 6, 4, 828, 8].flatMap((key, i) =>
  Array.from({ length: [66, 8, 7, 7, 5, 4, 2, 1][i] ?? 0 }, () => key),
);
/** Every 3,000th id from 800 is a page of this many characters. */
const LARGE_PAGE = { first: 800, every: 3000, size: 500_000 };
const LINKED_IDS = 5000;
const SECONDS_2004 = Date.UTC(2004, 0, 1) / 1000;

interface PageHead {
  readonly id: number;
  readonly namespace: number;
  readonly title: string;
  readonly vocabulary: Vocabulary;
  readonly isLarge: boolean;
  readonly isRedirect: boolean;
}

/** The pages of a sample wiki. Each is a function of the seed, the wiki, the date and its own id alone. */
export class PageSource {
  readonly #wiki: SampleWiki;
  readonly #seed: number;
  readonly #lastSecond: number;
  readonly #vocabularies: readonly Vocabulary[];

  /** `date` is the run's, `YYYY-MM-DD`: revisions are older. */
  constructor(wiki: SampleWiki, seed: number, date: string) {
    this.#wiki = wiki;
    this.#seed = mix(seed, wiki.firstRevisionId);
    this.#lastSecond = Date.parse(`${date}T00:00:00Z`) / 1000;
    const languages = LANGUAGES.filter(({ code }) => wiki.pageLanguages.includes(code));
    languages.sort((a, b) => wiki.pageLanguages.indexOf(a.code) - wiki.pageLanguages.indexOf(b.code));
    this.#vocabularies = languages.map((language) => new Vocabulary(language));
  }

  /** The id of the first page after `id`: ids have gaps, as deleted pages leave them. Throws at the end of the ids. */
  nextId(id: number): number {
    for (let next = id + 1; next < MAX_PAGE_ID; next++) {
      if (isLarge(next) || mix(this.#seed, next, 1) % 5 > 1) return next;
    }
    throw new RangeError(`expected a page id below ${MAX_PAGE_ID}: the sample is too large`);
  }

  page(id: number): SamplePage {
    const head = this.#head(id);
    const random = new Random(this.#seed, id, 2);
    const redirectTarget = head.isRedirect ? this.#someTitle(random) : null;
    const content = this.#content(random, head, redirectTarget);
    // Between two pages' revision ids there is room for the earlier ones.
    const revisionId = this.#wiki.firstRevisionId + id * 64 + random.between(40, 63);
    const seconds = random.between(SECONDS_2004, this.#lastSecond - 1);
    const earlier = earlierRevisions(random, revisionId, seconds);
    const parentId = earlier.at(-1)?.id ?? (random.oneIn(3) ? null : revisionId - 39);
    const revision = revisionOf(random, { id: revisionId, parentId, timestamp: isoTime(seconds), content });
    return { id, namespace: head.namespace, title: head.title, redirectTarget, revision, earlier };
  }

  #content(random: Random, head: PageHead, redirectTarget: string | null): Content {
    const around = this.#around(head);
    const wikitext = (text: string): Content => ({ model: 'wikitext', format: 'text/x-wiki', text: text.trim() });
    if (redirectTarget !== null) return wikitext(redirectText(random, redirectTarget));
    if (random.oneIn(150) && !head.isLarge) return wikitext('');
    switch (head.namespace) {
      case 1:
      case 4:
        return wikitext(
          talkText(
            random,
            Array.from({ length: 4 }, () => around.vocabulary.nameOf(random.below(500))),
            around,
          ),
        );
      case 6:
        return { ...wikitext(fileText(random, around)), mediaInfo: mediaInfoText(random, head.id, around) };
      case 8:
        return { model: 'css', format: 'text/css', text: styleText(random).trim() };
      case 10:
        return wikitext(templateText(random, head.title, around));
      case 14:
        return wikitext(categoryText(random, around));
      case 828:
        return { model: 'Scribunto', format: 'text/plain', text: moduleText(random, around).trim() };
      default:
        return wikitext(articleText(random, head.title, head.isLarge ? LARGE_PAGE.size : articleSize(random), around));
    }
  }

  #around(head: PageHead): Surroundings {
    return {
      vocabulary: head.vocabulary,
      someTitle: (random) => this.#someTitle(random),
      categoryPrefix: this.#prefix(14),
      filePrefix: this.#prefix(6),
    };
  }

  #someTitle(random: Random): string {
    for (;;) {
      const head = this.#head(1 + random.skewed(LINKED_IDS));
      if (head.namespace === 0) return head.title;
    }
  }

  #head(id: number): PageHead {
    const random = new Random(this.#seed, id, 3);
    const large = isLarge(id);
    const namespace = large ? 0 : random.pick(NAMESPACES);
    const vocabulary = this.#vocabularies[Math.floor(random.skewed(this.#vocabularies.length * 16) / 16)];
    if (vocabulary === undefined) throw new RangeError('expected a wiki with languages, received none');
    const name = vocabulary.nameOf(id);
    const title = this.#prefix(namespace) + decorated(random, name, namespace, vocabulary);
    return {
      id,
      namespace,
      title,
      vocabulary,
      isLarge: large,
      isRedirect: namespace === 0 && !large && random.oneIn(5),
    };
  }

  #prefix(namespace: number): string {
    const name = this.#wiki.namespaces.get(namespace) ?? '';
    return name === '' ? '' : `${name}:`;
  }
}

function isLarge(id: number): boolean {
  return id % LARGE_PAGE.every === LARGE_PAGE.first;
}

/** Many short articles, some long ones. */
function articleSize(random: Random): number {
  return 300 + random.skewed(24_000);
}

/** A title around a name, with the signs that titles have; the name keeps it from being another page's. */
function decorated(random: Random, name: string, namespace: number, vocabulary: Vocabulary): string {
  if (namespace === 6) return `${name} (${random.between(1, 99)}).jpg`;
  if (namespace === 8) return `${name}.css`;
  if (namespace !== 0) return name;
  switch (random.below(40)) {
    case 0:
      return `"${name}"`;
    case 1:
      return `${name} & ${vocabulary.nameOf(random.below(500))}`;
    case 2:
      return `O'${name}`;
    case 3:
    case 4:
      return `${name} (film, ${random.between(1920, 2026)})`;
    case 5:
      return `${name}: ${vocabulary.phrase(random, 3)}`;
    case 6:
      return `${name} 🦊 ${random.between(2, 9)}`;
    case 7:
      return `List of ${name} / A–Z`;
    default:
      return name;
  }
}
