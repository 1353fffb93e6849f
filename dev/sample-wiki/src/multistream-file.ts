import { bzip2, Bzip2Encoder } from './bzip2-encoder.js';
import { DUMP_END, dumpHead, pageXml } from './dump-xml.js';
import { HashedFile, type Checksums } from './hashed-file.js';
import { SampleCount } from './sample-file.js';
import type { SamplePage } from './sample-page.js';
import type { SampleWiki } from './sample-wikis.js';
import { escapeXml } from './xml-text.js';

const PAGES_A_STREAM = 100;
const EMPTY_STREAM = bzip2(new Uint8Array());

/**
 * A multistream file and its index while they are written: a stream with the siteinfo, one for each 100 pages, one with
 * `</mediawiki>`, an empty one. The index is one stream of lines `offset:pageid:title`.
 */
export class MultistreamFile {
  readonly count = new SampleCount();
  readonly #dump: HashedFile;
  readonly #index: HashedFile;
  readonly #indexEncoder = new Bzip2Encoder();
  #stream: string[] = [];
  #openBytes = 0;

  private constructor(dump: HashedFile, index: HashedFile) {
    this.#dump = dump;
    this.#index = index;
  }

  static async create(dumpPath: string, indexPath: string, wiki: SampleWiki): Promise<MultistreamFile> {
    const dump = await HashedFile.create(dumpPath);
    try {
      const file = new MultistreamFile(dump, await HashedFile.create(indexPath));
      await file.#write(dumpHead(wiki));
      return file;
    } catch (error) {
      await dump.close();
      throw error;
    }
  }

  /** Adds a page; true where that filled a stream. */
  async add(page: SamplePage): Promise<boolean> {
    const line = `${this.#dump.size}:${page.id}:${escapeXml(page.title)}\n`;
    await this.#index.write(this.#indexEncoder.push(Buffer.from(line)));
    const xml = pageXml(page);
    this.#stream.push(xml);
    this.#openBytes += Buffer.byteLength(xml);
    this.count.addPage(page.id, 1);
    if (this.#stream.length < PAGES_A_STREAM) return false;
    await this.#flush();
    return true;
  }

  /** Bytes of XML so far, those of the stream that is being filled included. */
  get xmlBytes(): number {
    return this.count.xmlBytes + this.#openBytes;
  }

  async finish(): Promise<{ dump: Checksums; index: Checksums }> {
    await this.#flush();
    await this.#write(DUMP_END);
    await this.#dump.write(EMPTY_STREAM);
    await this.#index.write(this.#indexEncoder.finish());
    return { dump: await this.#dump.finish(), index: await this.#index.finish() };
  }

  /** Closes both files, finished or not; may be called twice. */
  async close(): Promise<void> {
    await Promise.all([this.#dump.close(), this.#index.close()]);
  }

  async #flush(): Promise<void> {
    if (this.#stream.length === 0) return;
    const pages = this.#stream.join('');
    this.#stream = [];
    this.#openBytes = 0;
    await this.#write(pages);
  }

  async #write(xml: string): Promise<void> {
    const data = Buffer.from(xml);
    this.count.xmlBytes += data.length;
    await this.#dump.write(bzip2(data));
  }
}
