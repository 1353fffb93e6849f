import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Bzip2Encoder } from './bzip2-encoder.js';
import { DUMP_END } from './dump-xml.js';
import { sumsText } from './dump-status.js';
import { exportHead, exportPageXml } from './export-xml.js';
import { HashedFile, type Checksums } from './hashed-file.js';
import type { PartOptions } from './legacy-run.js';
import { PageSource } from './page-source.js';
import { SampleCount, type SampleFile } from './sample-file.js';
import { SAMPLE_TWO_WIKI } from './sample-wikis.js';

/** The first file has this share of the pages, the second the rest. */
const FIRST_SHARE = 0.6;
const PAGES_A_REPORT = 100;

/** The folder of the content file export, below the sample's. */
export function exportFolder(date: string): string {
  return `other/mediawiki_content_current/${SAMPLE_TWO_WIKI.dbname}/${date}/xml/bzip2`;
}

/** Writes the content file export of the second wiki: two files of one bz2 stream each, `SHA256SUMS` and `_SUCCESS`. */
export async function writeContentExport(options: PartOptions): Promise<SampleFile[]> {
  const folder = exportFolder(options.date);
  const source = new PageSource(SAMPLE_TWO_WIKI, options.seed, options.date);
  await mkdir(join(options.out, folder), { recursive: true });
  const files: SampleFile[] = [];
  const sums = new Map<string, Checksums>();
  let start = source.nextId(0);
  for (const share of [FIRST_SHARE, 1 - FIRST_SHARE]) {
    const { file, checksums, next } = await writeFileFrom(options, source, start, options.xmlBytes * share);
    files.push(file);
    sums.set(file.name, checksums);
    start = next;
  }
  await writeFile(join(options.out, folder, 'SHA256SUMS'), sumsText(sums, 'sha256'));
  await writeFile(join(options.out, folder, '_SUCCESS'), '');
  return files;
}

/** Writes one file of about `xmlBytes` from the page `start`; `next` is the page that follows. */
async function writeFileFrom(
  options: PartOptions,
  source: PageSource,
  start: number,
  xmlBytes: number,
): Promise<{ file: SampleFile; checksums: Checksums; next: number }> {
  const folder = exportFolder(options.date);
  // The name holds the last page's id, which is known at the end.
  const path = join(options.out, folder, 'export.part');
  const file = await HashedFile.create(path);
  try {
    const encoder = new Bzip2Encoder();
    const count = new SampleCount();
    let reported = 0;
    const write = async (xml: string): Promise<void> => {
      const data = Buffer.from(xml);
      count.xmlBytes += data.length;
      await file.write(encoder.push(data));
    };
    await write(exportHead(SAMPLE_TWO_WIKI));
    let next = start;
    while (count.xmlBytes < xmlBytes || count.pages === 0) {
      const page = source.page(next);
      next = source.nextId(next);
      count.addPage(page.id, 1);
      await write(exportPageXml(page));
      if (count.pages % PAGES_A_REPORT === 0) {
        options.onXml(count.xmlBytes - reported, SAMPLE_TWO_WIKI.dbname);
        reported = count.xmlBytes;
      }
    }
    await write(DUMP_END);
    await file.write(encoder.finish());
    const checksums = await file.finish();
    const stem = `${SAMPLE_TWO_WIKI.dbname}-${options.date}`;
    const name = `${stem}-p${count.firstPage}p${count.lastPage}.xml.bz2`;
    await rename(path, join(options.out, folder, name));
    options.onXml(count.xmlBytes - reported, name);
    return { file: count.file('content-current', SAMPLE_TWO_WIKI.dbname, folder, name, checksums), checksums, next };
  } finally {
    await file.close();
  }
}
