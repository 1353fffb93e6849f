import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A test of MediaWiki's parser: wikitext, and the HTML that it becomes. */
export interface ParserTest {
  readonly file: string;
  readonly name: string;
  readonly wikitext: string;
  /** What readers see: MediaWiki's own HTML where the test has it, else Parsoid's. */
  readonly html: string;
  /** Parsoid's, which tells links and categories apart; null where the test has none. */
  readonly parsoid: string | null;
  readonly language: string;
  readonly title: string;
}

/** Options that let a test show something else than a page's HTML, or that need a wiki of another kind. */
const OTHER_OUTPUT =
  /^\s*(?:pst|msg|preload|comment|disabled|ill|cat|iwl|extlinks|property|nohtml|showindicators|section=|replace=|djvu|styletag|annotations|wgrawhtml|wgallowexternalimages|wgenablemagiclinks|lastsavedrevision|parsoid-only)/im;
const SECTION = /^!!\s*(\S+)/;
const NEEDS_TEMPLATE = /\{\{|\}\}/;
const NEEDS_EXTENSION =
  /<\/?(?:ref|references|math|gallery|poem|syntaxhighlight|source|score|timeline|indicator|section|templatestyles|translate|tvar|imagemap|hiero|inputbox|categorytree|languages|tag|statictag|asidetag|sealtag|spantag|pwraptest|divtag|noh|mw:|embedvideo|dummyext|extension|nestedtag|html|style|chem|ce|charinsert|aside|video|audio|img|langconvert|includeonly|noinclude|onlyinclude|graph|mapframe)\b/i;
const NEEDS_FILE = /\[\[\s*:?\s*(?:file|image|media|datei|bild|fichier|foto)\s*:/i;

export interface Selection {
  readonly tests: readonly ParserTest[];
  /** By file: how many tests it holds in all. */
  readonly all: ReadonlyMap<string, number>;
}

/** The tests of a folder that need no template, no extension and no file, and that have HTML to compare with. */
export function readParserTests(folder: string): Selection {
  const tests: ParserTest[] = [];
  const all = new Map<string, number>();
  for (const file of readdirSync(folder).toSorted()) {
    if (!file.endsWith('.txt')) continue;
    const found = parseFile(file, readFileSync(join(folder, file), 'utf8'));
    all.set(file, found.length);
    for (const sections of found) {
      const test = usable(file, sections);
      if (test !== null) tests.push(test);
    }
  }
  return { tests, all };
}

function parseFile(file: string, text: string): Map<string, string>[] {
  const tests: Map<string, string>[] = [];
  let sections: Map<string, string> | null = null;
  let name = '';
  for (const line of text.split('\n')) {
    const section = SECTION.exec(line)?.[1]?.toLowerCase();
    if (section === undefined) {
      if (sections !== null && name !== '') sections.set(name, `${sections.get(name) ?? ''}${line}\n`);
    } else if (section === 'test') {
      sections = new Map([['file', file]]);
      name = 'test';
    } else if (section.startsWith('end') || section === 'article') {
      if (sections?.has('test') === true && section === 'end') tests.push(sections);
      sections = null;
      name = '';
    } else {
      name = section;
      sections?.set(name, '');
    }
  }
  return tests;
}

function usable(file: string, sections: ReadonlyMap<string, string>): ParserTest | null {
  const wikitext = sections.get('wikitext');
  const html =
    sections.get('html/php') ?? sections.get('html') ?? sections.get('html/*') ?? sections.get('html/parsoid');
  const options = sections.get('options') ?? '';
  if (wikitext === undefined || html === undefined || OTHER_OUTPUT.test(options) || sections.has('config')) return null;
  if (NEEDS_TEMPLATE.test(wikitext) || NEEDS_EXTENSION.test(wikitext) || NEEDS_FILE.test(wikitext)) return null;
  return {
    file,
    name: (sections.get('test') ?? '').trim(),
    wikitext: wikitext.replace(/\n$/, ''),
    html,
    parsoid: sections.get('html/parsoid') ?? (sections.has('html/php') ? null : (sections.get('html/*') ?? null)),
    language: /language\s*=\s*"?([a-z-]+)/i.exec(options)?.[1] ?? 'en',
    title: /title\s*=\s*\[\[(.*?)\]\]/i.exec(options)?.[1] ?? 'Parser test',
  };
}
