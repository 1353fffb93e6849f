import type { Random } from './random.js';
import { paragraph, type Surroundings } from './wikitext.js';

/** `#REDIRECT [[…]]`, with what often stands below it. */
export function redirectText(random: Random, target: string): string {
  const word = random.pick(['#REDIRECT', '#redirect', '#Redirect']);
  return random.oneIn(2)
    ? `${word} [[${target}]]`
    : `${word} [[${target}]]\n\n{{Redirect category shell|\n{{R from move}}\n}}`;
}

/** A discussion with signed answers, as on talk and project pages. */
export function talkText(random: Random, userNames: readonly string[], around: Surroundings): string {
  const threads = Array.from({ length: random.between(1, 5) }, () => {
    const answers = Array.from({ length: random.between(1, 5) }, (_, depth) => {
      const name = random.pick(userNames);
      const time = `${random.below(24)}:${random.between(10, 59)}, ${random.between(1, 28)} May ${random.between(2005, 2026)} (UTC)`;
      return `${':'.repeat(depth)}${paragraph(random, around)} [[User:${name}|${name}]] ([[User talk:${name}|talk]]) ${time}\n`;
    });
    return `== ${around.vocabulary.phrase(random, random.between(2, 6))}? ==\n${answers.join('\n')}`;
  });
  return `{{talk header}}\n${threads.join('\n')}`;
}

export function templateText(random: Random, title: string, around: Surroundings): string {
  const parameters = around.vocabulary.words(random, random.between(2, 9)).map((word, i) => {
    return `{{#if:{{{${word}|{{{${i + 1}|}}}}}}|<tr><th>${word}</th><td>{{{${word}|&mdash;}}}</td></tr>|<!-- ${word} -->}}`;
  });
  return `<includeonly><table class="infobox">\n${parameters.join('\n')}\n</table></includeonly><noinclude>\n{{${title}|1=<nowiki>'''</nowiki>}}\n{{documentation}}</noinclude>`;
}

/** Lua, as modules have it. */
export function moduleText(random: Random, around: Surroundings): string {
  const functions = Array.from({ length: random.between(2, 12) }, (_, i) => {
    const limit = random.between(2, 99);
    return `function p.step${i}(frame)\n\tlocal n = tonumber(frame.args[1]) or ${limit}\n\tif n < ${limit} and n > 0 then\n\t\treturn "${around.vocabulary.phrase(random, 4)}" .. n\n\tend\n\treturn '&nbsp;' -- ${around.vocabulary.sentence(random)}\nend\n`;
  });
  return `local p = {}\n\n${functions.join('\n')}\nreturn p\n`;
}

/** A style sheet, as pages of the MediaWiki namespace have it. */
export function styleText(random: Random): string {
  const rules = Array.from({ length: random.between(3, 20) }, () => {
    return `.mw-parser-output > table.box-${random.below(500)} td {\n\tbackground: #${(0x100000 + random.below(0xefffff)).toString(16)};\n\tcontent: "\\201C";\n}\n`;
  });
  return `/* CSS placed here is applied to all skins */\n${rules.join('')}`;
}

export function categoryText(random: Random, around: Surroundings): string {
  return `{{Commons category|${around.vocabulary.nameOf(random.below(300))}}}\n${random.oneIn(3) ? '__HIDDENCAT__\n' : ''}[[${around.categoryPrefix}${around.vocabulary.nameOf(random.below(300))}]]`;
}

export function fileText(random: Random, around: Surroundings): string {
  const { vocabulary } = around;
  return `== {{int:filedesc}} ==\n{{Information\n|description={{${vocabulary.language.code}|1=${vocabulary.sentence(random)}}}\n|date=${random.between(1990, 2026)}\n|source={{own}}\n|author=[[User:${vocabulary.nameOf(random.below(500))}|]]\n}}\n\n=={{int:license-header}}==\n{{self|cc-by-sa-4.0}}\n\n[[${around.categoryPrefix}${vocabulary.nameOf(random.below(300))}]]`;
}

/** The structured data of a file: the JSON of its `mediainfo` slot. */
export function mediaInfoText(random: Random, pageId: number, around: Surroundings): string {
  const { vocabulary } = around;
  const language = vocabulary.language.code;
  return JSON.stringify({
    type: 'mediainfo',
    id: `M${pageId}`,
    labels: { [language]: { language, value: vocabulary.sentence(random) } },
    descriptions: [],
    statements: {
      P180: Array.from({ length: random.below(4) }, () => ({
        mainsnak: {
          snaktype: 'value',
          property: 'P180',
          datavalue: { value: { 'entity-type': 'item', id: `Q${random.below(1e6)}` } },
        },
        type: 'statement',
        rank: 'normal',
      })),
    },
  });
}
