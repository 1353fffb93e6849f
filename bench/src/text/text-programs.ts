import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WikitextKernel } from '@wikifleet/wikitext/wikitext-kernel';

/** A text, and what its program must know of its page. */
export interface TextPage {
  readonly wikitext: string;
  readonly language: string;
}

/** What makes text of wikitext: texts in the order of the pages; '' where there is none. */
export interface TextProgram {
  readonly name: string;
  /** With cells of tables and reference sections, where the program can keep them. */
  plainTexts(pages: readonly TextPage[], keepsAll: boolean): Promise<string[]>;
  /** Null where it makes no Markdown. */
  markdowns(pages: readonly TextPage[]): Promise<string[] | null>;
}

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 2 ** 28;

export function wikifleet(): TextProgram {
  const kernels = new Map<string, WikitextKernel>();
  const kernelOf = (language: string, keepsAll: boolean): WikitextKernel => {
    const key = `${language} ${keepsAll}`;
    const keep = keepsAll ? (['tables', 'references'] as const) : [];
    const kernel = kernels.get(key) ?? new WikitextKernel({ language, namespaces: [] }, keep);
    kernels.set(key, kernel);
    return kernel;
  };
  const texts = (
    pages: readonly TextPage[],
    keepsAll: boolean,
    write: (kernel: WikitextKernel) => Buffer | null,
  ): string[] =>
    pages.map(({ wikitext, language }) => {
      const kernel = kernelOf(language, keepsAll);
      return kernel.parse(Buffer.from(wikitext)) ? (write(kernel)?.toString() ?? '') : '';
    });
  return {
    name: 'wikifleet',
    plainTexts: async (pages, keepsAll) =>
      await Promise.resolve(texts(pages, keepsAll, (kernel) => kernel.plainText())),
    markdowns: async (pages) => await Promise.resolve(texts(pages, false, (kernel) => kernel.markdown())),
  };
}

/** `program`: where wikrs is. */
export function wikrs(program: string): TextProgram {
  const convert = async (pages: readonly TextPage[], format: string): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-wikrs-'));
    try {
      const input = join(folder, 'dump.xml');
      await writeFile(input, dumpOf(pages));
      const { stdout } = await run(program, ['--input', input, '--format', format], { maxBuffer: MAX_OUTPUT_BYTES });
      return stdout;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
  const titled = (at: number): string => `Page ${at}`;
  return {
    name: 'wikrs',
    plainTexts: async (pages) => {
      const lines = (await convert(pages, 'jsonl')).split('\n').filter((line) => line !== '');
      const texts = new Map(
        lines.map((line) => JSON.parse(line) as { title: string; text: string }).map((one) => [one.title, one.text]),
      );
      return pages.map((_, i) => texts.get(titled(i)) ?? '');
    },
    markdowns: async (pages) => {
      const parts = `\n${await convert(pages, 'markdown')}`.split(/\n# Page (\d+)\n/);
      const texts = new Map<number, string>();
      for (let i = 1; i < parts.length; i += 2) texts.set(Number(parts[i]), parts[i + 1] ?? '');
      return pages.map((_, i) => texts.get(i) ?? '');
    },
  };
}

function dumpOf(pages: readonly TextPage[]): string {
  const escaped = (text: string): string =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll(/[^\t\n\r -\uffff]|[\ufffe\uffff]/g, (one) => (one > '\uffff' ? one : ''));
  const namespaces = [
    [-2, 'Media'],
    [0, ''],
    [1, 'Talk'],
    [2, 'User'],
    [6, 'File'],
    [10, 'Template'],
    [14, 'Category'],
  ]
    .map(([key, name]) => `<namespace key="${key}" case="first-letter">${name}</namespace>`)
    .join('');
  const list = pages.map(
    ({ wikitext }, i) =>
      `<page><title>Page ${i}</title><ns>0</ns><id>${i + 1}</id><revision><id>${i + 1}</id><timestamp>2026-01-01T00:00:00Z</timestamp>` +
      `<contributor><username>A</username><id>1</id></contributor><model>wikitext</model><format>text/x-wiki</format>` +
      `<text bytes="${Buffer.byteLength(wikitext)}" xml:space="preserve">${escaped(wikitext)}</text></revision></page>\n`,
  );
  return `<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en"><siteinfo><dbname>enwiki</dbname><namespaces>${namespaces}</namespaces></siteinfo>\n${list.join('')}</mediawiki>\n`;
}

/** The library that made `plain_text` before, as it is. */
export function wtfWikipedia(): TextProgram {
  const require = createRequire(import.meta.url);
  const library = require('wtf_wikipedia') as (wikitext: string) => { text(): string };
  const textOf = (wikitext: string): string => {
    try {
      return library(wikitext).text();
    } catch {
      return '';
    }
  };
  return {
    name: 'wtf_wikipedia',
    plainTexts: async (pages) => await Promise.resolve(pages.map(({ wikitext }) => textOf(wikitext))),
    markdowns: async () => await Promise.resolve(null),
  };
}
