import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '@wikifleet/domain/errors';
import { readParserTests } from './parser-tests.js';
import { proseTemplates } from './prose-templates.js';
import type { TextProgram } from './text-programs.js';
import { headingsAndItems, inOrder, SequenceScore } from './text-scores.js';
import { squeezed, visibleText } from './visible-text.js';

/** Words of a sequence that is compared. */
const SEQUENCE_WORDS = 5;

/**
 * Scores the texts of programs against reference texts, a line each; the first program is the one whose failures `show` prints, so
 * many of them. `samples` holds `goodwiki`, `parsoid` and `mobileapps`. Throws a `UsageError` where it does not.
 */
export async function scoreText(
  samples: string,
  programs: readonly TextProgram[],
  print: (line: string) => void,
  show = 0,
): Promise<void> {
  try {
    readdirSync(join(samples, 'goodwiki'));
  } catch (error) {
    throw new UsageError('NO_SAMPLES', `${samples}: expected a folder with goodwiki, parsoid and mobileapps`, {
      cause: error,
    });
  }
  for (const program of programs) await scorePages(samples, program, print);
  for (const program of programs.slice(0, 1)) await scoreTemplates(samples, program, print, show);
  await scoreParserTests(samples, programs, print, show);
}

/** Whole pages: sequences of words of the plain text, and headings and list items of the Markdown. */
async function scorePages(samples: string, program: TextProgram, print: (line: string) => void): Promise<void> {
  const folder = join(samples, 'goodwiki');
  const names = readdirSync(folder).toSorted();
  const references = names.map((name) => readFileSync(join(folder, name, 'markdown.md'), 'utf8'));
  for (const [source, what] of [
    ['raw.txt', 'wikitext'],
    ['wikitext.txt', 'templates expanded by MediaWiki'],
  ] as const) {
    const pages = names.map((name) => ({ wikitext: readFileSync(join(folder, name, source), 'utf8'), language: 'en' }));
    const score = new SequenceScore(SEQUENCE_WORDS);
    const texts = await program.plainTexts(pages, false);
    for (const [i, text] of texts.entries()) {
      score.add((references[i] ?? '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'), text);
    }
    const figures = `recall ${score.recall.toFixed(4)}, precision ${score.precision.toFixed(4)}`;
    print(`pages, ${what}, ${program.name}: ${figures}`);
    const markdowns = await program.markdowns(pages);
    if (markdowns === null) continue;
    let [found, wanted, received] = [0, 0, 0];
    for (const [i, markdown] of markdowns.entries()) {
      const [right, made] = [headingsAndItems(references[i] ?? ''), headingsAndItems(markdown)];
      [found, wanted, received] = [found + inOrder(right, made), wanted + right.length, received + made.length];
    }
    const f1 = (2 * found) / Math.max(1, wanted + received);
    print(
      `headings and items, ${what}, ${program.name}: F1 ${f1.toFixed(4)} (${found} of ${wanted}, ${received} received)`,
    );
  }
}

/** Calls of templates that stand in prose, beside what MediaWiki made of them. */
async function scoreTemplates(
  samples: string,
  program: TextProgram,
  print: (line: string) => void,
  show: number,
): Promise<void> {
  const calls = ['Dog', 'United_States'].flatMap((page) =>
    proseTemplates(readFileSync(join(samples, 'mobileapps', `${page}.html`), 'utf8')),
  );
  const pages = calls.map(({ wikitext }) => ({ wikitext: `a ${wikitext} a`, language: 'en' }));
  let [right, shown] = [0, 0];
  for (const [i, text] of (await program.plainTexts(pages, false)).entries()) {
    const received = squeezed(text.slice(1).slice(0, -1));
    const call = calls[i]!;
    if (received === call.text) right += 1;
    else if (shown < show) {
      shown += 1;
      print(
        `${call.wikitext.slice(0, 200)}\n  wanted   ${call.text.slice(0, 200)}\n  received ${received.slice(0, 200)}`,
      );
    }
  }
  print(`templates in prose, ${program.name}: ${right} of ${calls.length} (${percent(right, calls.length)})`);
}

async function scoreParserTests(
  samples: string,
  programs: readonly TextProgram[],
  print: (line: string) => void,
  show: number,
): Promise<void> {
  const { tests, all } = readParserTests(join(samples, 'parsoid'));
  const wanted = tests.map(({ html }) => visibleText(html));
  const right = new Map<string, number[]>([...all.keys()].map((file) => [file, programs.map(() => 0)]));
  const counts = new Map<string, number>();
  let shown = 0;
  for (const { file } of tests) counts.set(file, (counts.get(file) ?? 0) + 1);
  for (const [at, program] of programs.entries()) {
    const texts = await program.plainTexts(tests, true);
    for (const [i, text] of texts.entries()) {
      const { file, name, wikitext } = tests[i]!;
      const received = squeezed(text);
      const row = right.get(file);
      if (received === wanted[i] && row !== undefined) row[at] = (row[at] ?? 0) + 1;
      else if (at === 0 && shown < show) {
        shown += 1;
        print(`${file}: ${name}\n  ${JSON.stringify(wikitext.slice(0, 400))}`);
        print(
          `  wanted   ${JSON.stringify(wanted[i]?.slice(0, 400))}\n  received ${JSON.stringify(received.slice(0, 400))}`,
        );
      }
    }
  }
  const sums = programs.map(() => 0);
  print(`parser tests right: file, tests used of all, ${programs.map(({ name }) => name).join(', ')}`);
  for (const [file, row] of right) {
    const used = counts.get(file) ?? 0;
    if (used === 0) continue;
    print(`  ${file}: ${used} of ${all.get(file)}: ${row.map((n) => `${n} (${percent(n, used)})`).join(', ')}`);
    for (const [i, n] of row.entries()) sums[i] = (sums[i] ?? 0) + n;
  }
  print(`  all: ${tests.length}: ${sums.map((n) => `${n} (${percent(n, tests.length)})`).join(', ')}`);
}

function percent(part: number, all: number): string {
  return `${((100 * part) / Math.max(1, all)).toFixed(1)} %`;
}
