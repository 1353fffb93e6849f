import { join } from 'node:path';
import type { Kind } from '@wikifleet/domain/run';
import { DUMP_END, dumpHead, stubXml } from './dump-xml.js';
import { GzipEncoder } from './gzip-encoder.js';
import { HashedFile, type Checksums } from './hashed-file.js';
import { SampleCount, type SampleFile } from './sample-file.js';
import type { SamplePage } from './sample-page.js';
import type { SampleWiki } from './sample-wikis.js';

/** The three stub dumps, in the order of the status file. */
export const STUB_KINDS = ['stubs-meta-history', 'stubs-meta-current', 'stubs-articles'] as const;

export type StubKind = (typeof STUB_KINDS)[number] & Kind;

/** One gzip file of stubs while it is written. */
export class StubFile {
  readonly #wiki: SampleWiki;
  readonly #kind: StubKind;
  readonly #name: string;
  readonly #folder: string;
  readonly #file: HashedFile;
  readonly #encoder = new GzipEncoder();
  readonly #count = new SampleCount();

  private constructor(wiki: SampleWiki, kind: StubKind, folder: string, name: string, file: HashedFile) {
    this.#wiki = wiki;
    this.#kind = kind;
    this.#folder = folder;
    this.#name = name;
    this.#file = file;
  }

  /** Creates stub file number `number` in `folder` below `out`; `stem` is `<wiki>-<date>`. */
  static async create(
    out: string,
    folder: string,
    wiki: SampleWiki,
    stem: string,
    kind: StubKind,
    number: number,
  ): Promise<StubFile> {
    const name = `${stem}-${kind.replace('stubs-', 'stub-')}${number}.xml.gz`;
    const handle = await HashedFile.create(join(out, folder, name));
    const file = new StubFile(wiki, kind, folder, name, handle);
    try {
      await file.#write(dumpHead(wiki));
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Adds a page, if it belongs to this kind of stubs. */
  async add(page: SamplePage): Promise<void> {
    if (this.#kind === 'stubs-articles' && !isArticle(page)) return;
    const withHistory = this.#kind === 'stubs-meta-history';
    this.#count.addPage(page.id, withHistory ? page.earlier.length + 1 : 1);
    await this.#write(stubXml(page, withHistory));
  }

  async finish(): Promise<{ checksums: Checksums; file: SampleFile }> {
    await this.#write(DUMP_END);
    await this.#file.write(this.#encoder.finish());
    const checksums = await this.#file.finish();
    return {
      checksums,
      file: this.#count.file(this.#kind, this.#wiki.dbname, this.#folder, this.#name, checksums),
    };
  }

  /** Closes the file, finished or not; may be called twice. */
  close(): Promise<void> {
    return this.#file.close();
  }

  async #write(xml: string): Promise<void> {
    const data = Buffer.from(xml);
    this.#count.xmlBytes += data.length;
    await this.#file.write(this.#encoder.push(data));
  }
}

/** The articles dumps leave out users' pages and all talk pages. */
export function isArticle(page: SamplePage): boolean {
  return page.namespace % 2 === 0 && page.namespace !== 2;
}
