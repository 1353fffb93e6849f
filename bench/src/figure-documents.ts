import { mkdir, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeOutput } from '@wikifleet/worker/output-file';
import { DRAWINGS } from './drawings/drawings.js';
import { digestOf } from './kept-results.js';
import type { Kept } from './kept-results.js';
import { pictureOf } from './picture.js';
import { QUOTED, mostMeasured, namesIn, quoteProblems, unquotedNumbers, withQuotes } from './quoted-figures.js';
import { reportOf, withFigures } from './report.js';

const PERFORMANCE = 'docs/performance.md';
const SPEED_PICTURE = 'docs/pictures/performance.svg';
/** Sections in which every number is a measured one. */
const MEASURED_SECTIONS = [['README.md', '## How fast, how sure']] as const;

/** Writes documents and pictures anew from what is kept, under a checkout's root; returns the paths that changed. */
export async function writeDocuments(root: string, kept: Kept): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, text] of await wantedFiles(root, kept)) {
    if ((await textOf(join(root, path))) === text) continue;
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeOutput({ name: 'the document', path: join(root, path) }, text);
    changed.push(path);
  }
  return changed;
}

/** What in documents and pictures is not what the kept results say: a line each. Measures nothing. */
export async function checkDocuments(root: string, kept: Kept): Promise<string[]> {
  const problems: string[] = [];
  const documents = await documentsOf(root);
  for (const [path, text] of documents) problems.push(...quoteProblems(path, text, kept));
  const quoted = new Set([...documents.values()].flatMap(namesIn));
  for (const name of Object.keys(QUOTED)) if (!quoted.has(name)) problems.push(`${name}: no document quotes it`);
  for (const [path, heading] of MEASURED_SECTIONS) {
    const lines = unquotedNumbers(documents.get(path) ?? '', heading);
    problems.push(...lines.map((line) => `${path}: a number that is no kept result: ${line.trim()}`));
  }
  // quotes have lines of their own above
  for (const [path, text] of await wantedFiles(root, kept)) {
    const here = await textOf(join(root, path));
    if (here === null) problems.push(`${path}: missing`);
    else if (!documents.has(path) ? here !== text : withQuotes(here, kept) !== text)
      problems.push(`${path}: not what the kept results make of it`);
  }
  return [...problems, ...(await writtenProblems(root, kept, documents))];
}

/** Tables between marks and pictures that a program wrote, as it kept them. */
async function writtenProblems(root: string, kept: Kept, documents: ReadonlyMap<string, string>): Promise<string[]> {
  const problems: string[] = [];
  for (const { name, text, sha256, madeFrom } of kept.written) {
    if (madeFrom !== undefined && madeFrom !== kept.digest)
      problems.push(`${name}: made from other results of the bench: npm run figures -- --only plans`);
    if (text !== undefined && ![...documents.values()].some((document) => document.includes(`\n\n${text}\n\n<!-- end`)))
      problems.push(`${name}: no document has the table that was written`);
    if (sha256 === undefined) continue;
    const picture = await textOf(join(root, name));
    if (picture === null || digestOf(picture) !== sha256) problems.push(`${name}: not the picture that was written`);
  }
  return problems;
}

/** README and docs/, decisions too; by their paths from the root. */
export async function documentsOf(root: string): Promise<Map<string, string>> {
  const inside = await readdir(join(root, 'docs'), { recursive: true });
  const paths = ['README.md', ...inside.filter((path) => path.endsWith('.md')).map((path) => join('docs', path))];
  const texts = await Promise.all(paths.toSorted().map(async (path) => await readFile(join(root, path), 'utf8')));
  return new Map(paths.toSorted().map((path, at) => [path, texts[at] ?? '']));
}

/** Every file that is a function of the kept results (and of itself, around its figures), and of nothing else. */
async function wantedFiles(root: string, kept: Kept): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [path, text] of await documentsOf(root)) {
    const full = path === PERFORMANCE && kept.suites.length > 0 ? withFigures(text, reportOf(kept.suites)) : text;
    files.set(path, withQuotes(full, kept));
  }
  const results = mostMeasured(kept.suites);
  const main = results?.suites.find(({ name }) => name === 'main');
  if (results !== undefined && main !== undefined) files.set(SPEED_PICTURE, pictureOf(results, main));
  for (const { name, draw } of DRAWINGS) files.set(`docs/pictures/${name}.svg`, draw());
  return files;
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
