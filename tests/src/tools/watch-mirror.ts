import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const WIKI = 'brokenwiki';
const FOLDER = '20261001';

/** A title that a page would run, were it more than text to it. */
export const HOSTILE_TITLE = '<img src=x onerror="document.title=1;alert(1)"><script>alert(2)</script>\u202Ereversed';

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const REVISION =
  '<revision><id>ID</id><timestamp>2026-09-01T00:00:00Z</timestamp><contributor><username>A</username><id>1</id>' +
  '</contributor><model>wikitext</model><format>text/x-wiki</format><text bytes="4" xml:space="preserve">Text</text></revision>';

/** A page whose second revision has no number for an id, and a title that is hostile. */
const HOSTILE_DUMP = `<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="en">
  <siteinfo><sitename>Broken</sitename><dbname>${WIKI}</dbname></siteinfo>
  <page><title>${escape(HOSTILE_TITLE)}</title><ns>0</ns><id>1</id>${REVISION.replace('ID', '10')}${REVISION.replace('ID', '<b>')}</page>
  <page><title>Sound</title><ns>0</ns><id>2</id>${REVISION.replace('ID', '11')}</page>
</mediawiki>
`;

/**
 * Adds a wiki to a sample's mirror: a dump that is another wiki's, so that it comes whole and is not converted, and one with
 * a hostile title in a page that is quarantined.
 */
export async function addBrokenWiki(sample: string): Promise<void> {
  const from = join(sample, 'samplewiki', FOLDER);
  const [dump = ''] = (await readdir(from)).filter((name) => /multistream\d*\.xml.*\.bz2$/.test(name));
  const foreign = await readFile(join(from, dump));
  const below = join(sample, WIKI, FOLDER);
  await mkdir(below, { recursive: true });
  const files: Record<string, { size: number; url: string; sha1: string }> = {};
  for (const [part, body] of [foreign, Buffer.from(HOSTILE_DUMP)].entries()) {
    const name = `${WIKI}-${FOLDER}-pages-articles-multistream${part + 1}.xml-p${part}0001p${part}9999.bz2`;
    const sha1 = createHash('sha1').update(body).digest('hex');
    files[name] = { size: body.length, url: `/${WIKI}/${FOLDER}/${name}`, sha1 };
    await writeFile(join(below, name), body);
  }
  const job = { status: 'done', updated: '2026-10-01 00:00:00', files };
  await writeFile(
    join(below, 'dumpstatus.json'),
    JSON.stringify({ version: '0.8', jobs: { articlesmultistreamdump: job } }),
  );
}
