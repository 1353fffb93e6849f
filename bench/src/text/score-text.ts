// Scores of the text beside reference texts: `node bench/dist/text/score-text.js --samples DIR [--wikrs FILE] [--show N]`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printLine } from '@wikifleet/worker/terminal';
import { WikitextKernel } from '@wikifleet/wikitext/wikitext-kernel';
import { proseTemplates } from './prose-templates.js';
import { readParserTests, type ParserTest } from './parser-tests.js';
import { headingsAndItems, inOrder, SequenceScore } from './text-scores.js';
import { squeezed, visibleText } from './visible-text.js';

const { values } = parseArgs({
  options: {
    samples: { type: 'string', default: '../shared/samples/text' },
    only: { type: 'string' },
    show: { type: 'string', default: '0' },
    file: { type: 'string' },
  },
});

const kernels = new Map<string, WikitextKernel>();
function kernelOf(language: string, keepsAll = false): WikitextKernel {
  const key = `${language} ${keepsAll}`;
  const keep = keepsAll ? (['tables', 'references'] as const) : [];
  const kernel = kernels.get(key) ?? new WikitextKernel({ language, namespaces: [] }, keep);
  kernels.set(key, kernel);
  return kernel;
}

function percent(part: number, all: number): string {
  return `${((100 * part) / Math.max(1, all)).toFixed(1)} %`;
}

function goodwiki(): void {
  const folder = join(values.samples, 'goodwiki');
  for (const source of ['raw', 'wikitext']) {
    const score = new SequenceScore(5);
    let [found, wanted, received] = [0, 0, 0];
    for (const page of readdirSync(folder)) {
      const kernel = kernelOf('en');
      if (!kernel.parse(readFileSync(join(folder, page, `${source}.txt`)))) throw new Error(`${page} was not read`);
      const reference = readFileSync(join(folder, page, 'markdown.md'), 'utf8');
      score.add(reference.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'), kernel.plainText()?.toString() ?? '');
      const right = headingsAndItems(reference);
      const ours = headingsAndItems(kernel.markdown()?.toString() ?? '');
      const hits = inOrder(right, ours);
      if (Number(values.show) > 0) printLine(`${page}: ${hits} of ${right.length}, ${ours.length} received`);
      [found, wanted, received] = [found + hits, wanted + right.length, received + ours.length];
    }
    printLine(`goodwiki, ${source}: recall ${score.recall.toFixed(4)}, precision ${score.precision.toFixed(4)}`);
    printLine(
      `goodwiki, ${source}: headings and items F1 ${((2 * found) / (wanted + received)).toFixed(4)} (${found} of ${wanted}, ${received} received)`,
    );
  }
}

function parserTests(): void {
  const { tests, all } = readParserTests(join(values.samples, 'parsoid'));
  const byFile = new Map<string, { right: number; all: number }>();
  let shown = 0;
  for (const test of tests) {
    if (values.file !== undefined && test.file !== values.file) continue;
    const count = byFile.get(test.file) ?? { right: 0, all: 0 };
    byFile.set(test.file, count);
    count.all += 1;
    const wanted = visibleText(test.html);
    const received = textOf(test);
    if (wanted === received) count.right += 1;
    else if (shown < Number(values.show)) {
      shown += 1;
      printLine(`--- ${test.file}: ${test.name}`);
      printLine(JSON.stringify(test.wikitext.slice(0, 400)));
      printLine(`  wanted   ${JSON.stringify(wanted.slice(0, 400))}`);
      printLine(`  received ${JSON.stringify(received.slice(0, 400))}`);
    }
  }
  let [right, total] = [0, 0];
  for (const [file, count] of byFile) {
    printLine(
      `${file}: ${count.right} of ${count.all} (the file has ${all.get(file)}), ${percent(count.right, count.all)}`,
    );
    [right, total] = [right + count.right, total + count.all];
  }
  printLine(`parser tests: ${right} of ${total}, ${percent(right, total)}`);
}

function textOf(test: ParserTest): string {
  const kernel = kernelOf(test.language, true);
  if (!kernel.parse(Buffer.from(test.wikitext))) return '';
  return squeezed(kernel.plainText()?.toString() ?? '');
}

function templates(): void {
  let [right, all] = [0, 0];
  for (const page of ['Dog', 'United_States']) {
    for (const call of proseTemplates(readFileSync(join(values.samples, 'mobileapps', `${page}.html`), 'utf8'))) {
      const kernel = kernelOf('en');
      kernel.parse(Buffer.from(`a ${call.wikitext} a`));
      const received = squeezed((kernel.plainText()?.toString() ?? '').slice(1).slice(0, -1));
      all += 1;
      if (received === call.text) right += 1;
      else if (Number(values.show) > 0)
        printLine(
          `${call.wikitext.slice(0, 200)}\n  wanted   ${call.text.slice(0, 200)}\n  received ${received.slice(0, 200)}`,
        );
    }
  }
  printLine(`prose templates: ${right} of ${all}, ${percent(right, all)}`);
}

if (values.only === undefined || values.only === 'templates') templates();
if (values.only === undefined || values.only === 'goodwiki') goodwiki();
if (values.only === undefined || values.only === 'parser') parserTests();
