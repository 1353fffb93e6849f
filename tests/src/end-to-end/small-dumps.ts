import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FIXTURES } from './programs.js';

/** A small dump as MediaWiki writes it; `dbname` is written as it is given, null leaves it out. */
export function dumpXml(pageIds: readonly number[], { dbname = 'twiki', text = 'Hello' } = {}): string {
  const pages = pageIds.map(
    (id) => `  <page>
    <title>Page ${id}</title>
    <ns>0</ns>
    <id>${id}</id>
    <revision>
      <id>${id + 100}</id>
      <timestamp>2020-01-01T00:00:00Z</timestamp>
      <contributor><username>U</username><id>5</id></contributor>
      <model>wikitext</model>
      <format>text/x-wiki</format>
      <text bytes="${text.length}" xml:space="preserve">${text}</text>
    </revision>
  </page>
`,
  );
  return `<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">
  <siteinfo>
    <sitename>T</sitename>
    <dbname>${dbname}</dbname>
    <case>first-letter</case>
  </siteinfo>
${pages.join('')}</mediawiki>
`;
}

/** Writes files into a new folder below `parent`; returns the folder. */
export async function folderOf(
  parent: string,
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
  return folder;
}

/** A folder below `parent` with two real dumps of two wikis, complete and in bzip2: 507 pages and 17. */
export async function twoDumps(parent: string): Promise<string> {
  const folder = await folderOf(parent, 'in', {});
  for (const name of ['aawiki-20260101-pages-meta-current.xml.bz2', 'pages-articles-p2566p2583.multistream.xml.bz2'])
    await copyFile(join(FIXTURES, 'dumps', name), join(folder, name));
  return folder;
}

/** The SHA-256 of each file of a folder, below it too, by path; links are not followed. */
export async function digestsOf(folder: string): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    digests.set(
      path,
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    );
  }
  return digests;
}

/** Paths of files below a folder, that match a pattern. */
export async function filesBelow(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => pattern.test(name)).toSorted();
}
