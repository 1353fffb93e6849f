import type { Random } from './random.js';
import type { Vocabulary } from './vocabulary.js';

/** What a text may link to. */
export interface Surroundings {
  readonly vocabulary: Vocabulary;
  /** The title of some other page of the wiki. */
  readonly someTitle: (random: Random) => string;
  readonly categoryPrefix: string;
  readonly filePrefix: string;
}

const EMOJI = ['😀', '🦊', '🌍', '☃', '👩‍🚀', '🇬🇷', '𝔸', '𐌰𐌱', '𠮷野家', 'é', '\u200e', '\u00a0', '½', '→'];
const SITES = ['example.org', 'example.com/news', 'archive.example.net/web', 'stats.example.org/census'];

/** An article of about `size` characters, with the parts that articles have. */
export function articleText(random: Random, title: string, size: number, around: Surroundings): string {
  const parts = [opening(random, title, around)];
  let length = parts[0]?.length ?? 0;
  while (length < size) {
    const part = section(random, around);
    parts.push(part);
    length += part.length;
  }
  parts.push(closing(random, around));
  return parts.join('');
}

function opening(random: Random, title: string, around: Surroundings): string {
  const { vocabulary } = around;
  const hatnote = random.oneIn(6) ? `{{About|${vocabulary.phrase(random, 3)}||${title} (${year(random)})}}\n` : '';
  const box = random.oneIn(3) ? '' : infobox(random, title, around);
  const gloss = random.oneIn(8) ? ` ({{lang|${vocabulary.language.code}|''${vocabulary.phrase(random, 2)}''}})` : '';
  return `${hatnote}${box}'''${title}'''${gloss} ${paragraph(random, around)}\n`;
}

function infobox(random: Random, title: string, around: Surroundings): string {
  const { vocabulary } = around;
  const lines = [
    `{{Infobox settlement`,
    `| name                    = ${title}`,
    `| image_skyline           = ${vocabulary.nameOf(random.below(9999))} ${year(random)}.jpg`,
    `| image_caption           = ${vocabulary.sentence(random)}`,
    `| subdivision_name        = [[${around.someTitle(random)}]]`,
    `| established_date        = {{start date|${year(random)}|${random.between(1, 12)}|${random.between(1, 28)}|df=y}}`,
    `| coordinates             = {{coord|${random.between(1, 89)}|${random.below(60)}|N|${random.between(1, 179)}|${random.below(60)}|E|display=inline,title}}`,
    `| population_total        = {{formatnum:${random.between(100, 9_000_000)}}}`,
    `| area_total_km2          = ${random.below(900)}.${random.below(100)}<!-- square km -->`,
    `| website                 = {{URL|https://www.${random.pick(SITES)}?id=${random.below(1e6)}&lang=${vocabulary.language.code}}}`,
  ];
  return `${lines.filter((_, i) => i === 0 || !random.oneIn(5)).join('\n')}\n}}\n`;
}

function section(random: Random, around: Surroundings): string {
  const marks = random.oneIn(4) ? '===' : '==';
  const heading = `\n${marks} ${random.pick(around.vocabulary.headings)} ${marks}\n`;
  const body = random.below(10);
  if (body < 6) return heading + paragraphs(random, around);
  if (body < 8) return heading + list(random, around);
  return heading + table(random, around);
}

function paragraphs(random: Random, around: Surroundings): string {
  const count = random.between(1, 4);
  return Array.from({ length: count }, () => `${paragraph(random, around)}\n`).join('\n');
}

/** Sentences with links and references between them. */
export function paragraph(random: Random, around: Surroundings): string {
  const { language } = around.vocabulary;
  return Array.from({ length: random.between(2, 6) }, () => {
    const sentence = around.vocabulary.sentence(random);
    return `${sentence}${aside(random, around)}${language.stop}`;
  })
    .join('')
    .trimEnd();
}

function aside(random: Random, around: Surroundings): string {
  const { vocabulary } = around;
  const { space } = vocabulary.language;
  switch (random.below(24)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return `${space}[[${around.someTitle(random)}]]`;
    case 5:
    case 6:
    case 7:
      return `${space}[[${around.someTitle(random)}|${vocabulary.phrase(random, 1)}]]`;
    case 8:
    case 9:
    case 10:
      return reference(random, around);
    case 11:
      return `${space}(${year(random)}–${year(random)})`;
    case 12:
      return ` ''${vocabulary.phrase(random, 2)}''`;
    case 13:
      return ` ${random.between(2, 999)}&nbsp;km<sup>2</sup>`;
    case 14:
      return ` "${vocabulary.phrase(random, 3)}"`;
    case 15:
      return random.oneIn(2) ? ` ${random.pick(EMOJI)}` : `<br />\n\t`;
    case 16:
      return random.oneIn(3)
        ? ` <math>a_{${random.below(9)}} < b \\& c > \\frac{1}{${random.between(2, 99)}}</math>`
        : '';
    case 17:
      return `{{citation needed|date=${random.pick(['May', 'June', 'August'])} ${random.between(2008, 2026)}}}`;
    default:
      return '';
  }
}

function reference(random: Random, around: Surroundings): string {
  const { vocabulary } = around;
  if (random.oneIn(4)) return `<ref name="${vocabulary.nameOf(random.below(40))}" />`;
  const url = `https://${random.pick(SITES)}/${random.between(1998, 2026)}/${random.between(1, 12)}/${random.below(100_000)}.html`;
  const title = vocabulary.sentence(random);
  const isoDate = `${random.between(2005, 2026)}-${pad(random.between(1, 12))}-${pad(random.between(1, 28))}`;
  return `<ref>{{cite web |url=${url} |title=${title} |last=${vocabulary.nameOf(random.below(2000))} |access-date=${isoDate}}}</ref>`;
}

function list(random: Random, around: Surroundings): string {
  const mark = random.pick(['*', '*', '#', '**', ';', ':']);
  const items = Array.from({ length: random.between(3, 14) }, () => {
    return `${mark} [[${around.someTitle(random)}]], ${around.vocabulary.phrase(random, random.between(1, 6))} (${year(random)})\n`;
  });
  return items.join('');
}

function table(random: Random, around: Surroundings): string {
  const { vocabulary } = around;
  const columns = random.between(2, 5);
  const cells = (write: () => string): string => Array.from({ length: columns }, write).join(' || ');
  const rows = Array.from({ length: random.between(3, 20) }, () => {
    const style = random.oneIn(6) ? ` style="background:#${(0x100000 + random.below(0xefffff)).toString(16)}"` : '';
    return `|-${style}\n| [[${around.someTitle(random)}]] || ${cells(() => String(random.below(30_000)))}\n`;
  });
  const caption = `|+ ${vocabulary.sentence(random)}\n! ${vocabulary.phrase(random, 1)} !! ${cells(() => vocabulary.phrase(random, 1))}\n`;
  return `{| class="wikitable sortable"\n${caption}${rows.join('')}|}\n`;
}

function closing(random: Random, around: Surroundings): string {
  const { vocabulary } = around;
  const picture = random.oneIn(3)
    ? `[[${around.filePrefix}${vocabulary.nameOf(random.below(9999))}.jpg|thumb|left|${random.between(150, 400)}px|${vocabulary.sentence(random)}]]\n`
    : '';
  const categories = Array.from({ length: random.between(1, 4) }, () => {
    return `[[${around.categoryPrefix}${vocabulary.nameOf(random.below(300))}]]\n`;
  });
  const sort = random.oneIn(4) ? `{{DEFAULTSORT:${vocabulary.nameOf(random.below(9999))}, ${year(random)}}}\n` : '';
  return `\n== ${vocabulary.headings.at(-1) ?? ''} ==\n{{reflist|30em}}\n${picture}\n{{Authority control}}\n${sort}${categories.join('')}`;
}

function year(random: Random): number {
  return random.between(1650, 2026);
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
