import { TARGETS } from './figures.js';
import type { Kept } from './kept-results.js';
import { nodeMajor } from './results.js';
import type { Results } from './results.js';

/** A figure stands in Markdown as `<!-- =name -->1.7<!-- = -->`, of which a reader sees 1.7. */
const MARK = /<!-- =([\w.-]+) -->(.*?)<!-- = -->/g;
const ANY_MARK = /<!-- =/g;

/** What a figure is by the kept results; null where nobody measured it. */
type Quoted = (kept: Kept) => string | null;

/** The results that say the most, the newest Node of several: what text and picture quote. */
export function mostMeasured(all: readonly Results[]): Results | undefined {
  const said = (results: Results): number => TARGETS.filter((target) => target.reached(results) !== null).length;
  return all.toSorted((a, b) => said(b) - said(a) || nodeMajor(b.node) - nodeMajor(a.node))[0];
}

const speed =
  (title: string): Quoted =>
  ({ suites }) => {
    const [best, target] = [mostMeasured(suites), TARGETS.find((one) => one.title === title)];
    if (target === undefined) throw new Error(`no target is called ${title}`);
    return best === undefined ? null : (target.reached(best)?.median.toFixed(1) ?? null);
  };
/** Of the newest Node that was measured, or of one. */
const newest =
  <T extends { readonly node: string }>(
    lines: (kept: Kept) => readonly T[],
    text: (line: T) => string,
    major?: number,
  ): Quoted =>
  (kept) => {
    const line = lines(kept).findLast(({ node }) => major === undefined || nodeMajor(node) === major);
    return line === undefined ? null : text(line);
  };
const whole = (value: number): string => value.toLocaleString('en-GB', { maximumFractionDigits: 0 });
const memory = (major: number, of: 'memory' | 'own'): Quoted =>
  newest(
    ({ download }) => download,
    (line) => whole(line[of]),
    major,
  );
const chaos = (of: 'seeds' | 'faults' | 'lost' | 'doubled'): Quoted =>
  newest(
    (kept) => kept.chaos,
    (line) => whole(line[of]),
  );
const throttled = (text: (line: Kept['throttled'][number]) => string): Quoted => newest((kept) => kept.throttled, text);
const image = (text: (line: Kept['image'][number]) => string): Quoted => newest((kept) => kept.image, text);

/** Every figure that a document quotes, by the name in its marks. */
export const QUOTED: Readonly<Record<string, Quoted>> = {
  'speed.none': speed('convert to uncompressed rows, against `bzip2 -dc` alone'),
  'speed.gzip': speed('convert to gzip rows, against `bzip2 -dc` alone'),
  'speed.wikrs': speed('convert, against wikrs'),
  'speed.lxml': speed('convert, against the lxml pipeline'),
  'throttled.rate': throttled(({ megabytesPerSecond }) => megabytesPerSecond.toFixed(1)),
  'throttled.ratio': throttled(({ ratio }) => ratio.toFixed(2)),
  'chaos.seeds': chaos('seeds'),
  'chaos.faults': chaos('faults'),
  'chaos.lost': chaos('lost'),
  'chaos.doubled': chaos('doubled'),
  'image.megabytes': image(({ megabytes }) => whole(megabytes)),
  'image.packed': image(({ packed }) => whole(packed)),
  'download.memory.20': memory(20, 'memory'),
  'download.memory.24': memory(24, 'memory'),
  'download.own.20': memory(20, 'own'),
  'download.own.24': memory(24, 'own'),
};

/** A document with the kept results in its marks; what nobody measured stays as it stands. */
export function withQuotes(document: string, kept: Kept): string {
  return document.replaceAll(MARK, (all, name: string) => {
    const text = QUOTED[name]?.(kept) ?? null;
    return text === null ? all : `<!-- =${name} -->${text}<!-- = -->`;
  });
}

export function namesIn(document: string): string[] {
  return Array.from(document.matchAll(MARK), ([, name = '']) => name);
}

/** What is wrong with the quotes of a document: a line each. */
export function quoteProblems(path: string, document: string, kept: Kept): string[] {
  const problems: string[] = [];
  const found = [...document.matchAll(MARK)];
  for (const [, name = '', received = ''] of found) {
    const quoted = Object.hasOwn(QUOTED, name) ? QUOTED[name] : undefined;
    const expected = quoted?.(kept) ?? null;
    if (quoted === undefined) problems.push(`${path}: no figure is called ${name}`);
    else if (expected === null) problems.push(`${path}: ${name} is quoted, and no result of it is kept`);
    else if (expected !== received) problems.push(`${path}: ${name}: expected ${expected}, received ${received}`);
  }
  if ([...document.matchAll(ANY_MARK)].length !== 2 * found.length)
    problems.push(`${path}: a mark of a figure is not closed, or not on one line`);
  // there Markdown takes the whole line for HTML
  if (/^ {0,3}<!-- =/m.test(document)) problems.push(`${path}: a mark of a figure begins a line`);
  return problems;
}

/** Numbers of a section that are in no mark, code, link or picture: nobody would see that they are out of date. */
export function unquotedNumbers(document: string, heading: string): string[] {
  const [, section] = document.split(`\n${heading}\n`);
  if (section === undefined) throw new Error(`expected the heading ${heading}`);
  const text = section
    .split(/\n## /)[0]!
    .replaceAll(MARK, '')
    .replaceAll(/`[^`]*`|\]\([^)]*\)|<!--.*?-->/g, '');
  // the digit of bzip2 and S3 is part of a name
  return text.split('\n').filter((line) => /(?<![A-Za-z\d])\d/.test(line));
}
