import { createCipheriv, createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../end-to-end/programs.js';

export const WIKI = 'samplewiki';
export const DATE = '2026-10-01';
export const RUN = `articles-multistream/${WIKI}/${DATE}`;

const FOLDER = '20261001';
/** Known by its bytes alone to be no bz2: one split, and large enough for uploads in parts, raw and as rows. */
const LARGE = `${WIKI}-${FOLDER}-pages-articles-multistream99.xml-p900001p999999.bz2`;

interface DumpStatus {
  readonly jobs: Readonly<Record<string, { files?: Record<string, { size: number; sha1: string; url: string }> }>>;
}

/** Writes the mirror of a made-up wiki below `folder`: `megabytes` of XML in bz2 files, and one large file of `largeBytes`. */
export async function writeChaosSample(folder: string, megabytes: number, largeBytes: number): Promise<void> {
  const sample = await run('wikifleet/dist/sample.js', ['--out', folder, '--megabytes', String(megabytes)]);
  if (sample.code !== 0) throw new Error(sample.stderr);
  const below = join(folder, WIKI, FOLDER);
  const large = largeDump(largeBytes);
  await writeFile(join(below, LARGE), large);
  const path = join(below, 'dumpstatus.json');
  const status = JSON.parse(await readFile(path, 'utf8')) as DumpStatus;
  const { files } = status.jobs['articlesmultistreamdump'] ?? {};
  if (files === undefined) throw new Error(`${path}: expected the job articlesmultistreamdump with files`);
  files[LARGE] = {
    size: large.length,
    sha1: createHash('sha1').update(large).digest('hex'),
    url: `/${WIKI}/${FOLDER}/${LARGE}`,
  };
  await writeFile(path, JSON.stringify(status));
}

/** A dump whose texts do not compress well, the same at every call. */
function largeDump(bytes: number): Buffer {
  const textBytes = 96_000;
  const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
  const pieces = [`<mediawiki xml:lang="en"><siteinfo><dbname>${WIKI}</dbname></siteinfo>\n`];
  for (let page = 0; page * textBytes < bytes; page += 1) {
    const text = noise.update(Buffer.alloc((textBytes / 4) * 3)).toString('base64');
    pieces.push(
      `<page><title>Noise ${page}</title><ns>0</ns><id>${900_001 + page}</id>`,
      `<revision><id>${5_000_000 + page}</id><timestamp>2026-09-01T00:00:00Z</timestamp>`,
      `<contributor><username>Noise</username><id>1</id></contributor><model>wikitext</model><format>text/x-wiki</format>`,
      `<text bytes="${textBytes}" xml:space="preserve">${text}</text></revision></page>\n`,
    );
  }
  pieces.push('</mediawiki>\n');
  return Buffer.from(pieces.join(''));
}
