import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compactDate } from '@wikifleet/domain/run';
import { dumpStatus, sumsText } from './dump-status.js';
import type { Checksums } from './hashed-file.js';
import { MultistreamFile } from './multistream-file.js';
import { PageSource } from './page-source.js';
import type { SampleFile } from './sample-file.js';
import { SAMPLE_WIKI } from './sample-wikis.js';
import { isArticle, STUB_KINDS, StubFile } from './stub-files.js';

/** Bytes of XML a multistream file, on the average. */
const FILE_BYTES = 4_000_000;
/** Shares of neighbouring files: none is as large as the next. */
const SHARES = [4, 9, 7, 5];

export interface PartOptions {
  /** The sample's folder. */
  readonly out: string;
  readonly seed: number;
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** About so many bytes of XML (of the multistream files). */
  readonly xmlBytes: number;
  /** Called with the bytes of XML that came since the last call. */
  readonly onXml: (bytes: number, file: string) => void;
}

/** The folder of the legacy run, below the sample's. */
export function legacyFolder(date: string): string {
  return `${SAMPLE_WIKI.dbname}/${compactDate(date)}`;
}

/** Writes the legacy run of the first wiki: multistream files with indexes, stubs, status and sums. */
export async function writeLegacyRun(options: PartOptions): Promise<SampleFile[]> {
  const run = new LegacyRun(options);
  try {
    return await run.write();
  } finally {
    await run.close();
  }
}

class LegacyRun {
  readonly #options: PartOptions;
  readonly #folder: string;
  readonly #stem: string;
  readonly #source: PageSource;
  readonly #multistream = new Map<string, Checksums>();
  readonly #stubs = STUB_KINDS.map(() => new Map<string, Checksums>());
  readonly #articles = new Map<string, null>();
  readonly #files: SampleFile[] = [];
  #openDump: MultistreamFile | undefined;
  #openStubs: readonly StubFile[] = [];
  /** The page to be written next. */
  #nextId: number;

  constructor(options: PartOptions) {
    this.#options = options;
    this.#folder = legacyFolder(options.date);
    this.#stem = `${SAMPLE_WIKI.dbname}-${compactDate(options.date)}`;
    this.#source = new PageSource(SAMPLE_WIKI, options.seed, options.date);
    this.#nextId = this.#source.nextId(0);
  }

  async write(): Promise<SampleFile[]> {
    await mkdir(this.#path(''), { recursive: true });
    const count = Math.min(Math.max(Math.round(this.#options.xmlBytes / FILE_BYTES), 2), 27);
    // The last number has two ranges where there are three or more files, as the last of a real run has.
    const numberOf = (file: number): number => (count > 2 && file === count - 1 ? count - 1 : file + 1);
    const shares = Array.from({ length: count }, (_, i) => SHARES[i % SHARES.length] ?? 1);
    const total = shares.reduce((sum, share) => sum + share, 0);
    let rangeStart = 1;
    for (const [i, share] of shares.entries()) {
      if (numberOf(i) !== numberOf(i - 1)) await this.#startStubs(numberOf(i));
      rangeStart = await this.#writeFile(numberOf(i), rangeStart, (this.#options.xmlBytes * share) / total);
    }
    await this.#endStubs();
    await this.#writeStatus();
    return this.#files;
  }

  /** Closes what is open after an error; may be called twice. */
  async close(): Promise<void> {
    await Promise.all([this.#openDump?.close(), ...this.#openStubs.map((stub) => stub.close())]);
  }

  /** Writes one multistream file with its index; returns where the next range starts. */
  async #writeFile(number: number, rangeStart: number, xmlBytes: number): Promise<number> {
    // The names hold the range's end, which is known at the end.
    const [dumpPath, indexPath] = [this.#path('dump.part'), this.#path('index.part')];
    const file = await MultistreamFile.create(dumpPath, indexPath, SAMPLE_WIKI);
    this.#openDump = file;
    let reported = 0;
    const report = (name: string): void => {
      this.#options.onXml(file.xmlBytes - reported, name);
      reported = file.xmlBytes;
    };
    while (file.xmlBytes < xmlBytes || file.count.pages === 0) {
      const page = this.#source.page(this.#nextId);
      this.#nextId = this.#source.nextId(this.#nextId);
      for (const stub of this.#openStubs) await stub.add(page);
      if (isArticle(page) && (await file.add(page))) report(`multistream ${number}`);
    }
    const { dump, index } = await file.finish();
    const range = `p${rangeStart}p${this.#nextId - 1}`;
    const name = `${this.#stem}-pages-articles-multistream${number}.xml-${range}.bz2`;
    const indexName = `${this.#stem}-pages-articles-multistream-index${number}.txt-${range}.bz2`;
    await rename(dumpPath, this.#path(name));
    await rename(indexPath, this.#path(indexName));
    report(name);
    this.#multistream.set(name, dump).set(indexName, index);
    this.#articles.set(`${this.#stem}-pages-articles${number}.xml-${range}.bz2`, null);
    this.#files.push(file.count.file('articles-multistream', SAMPLE_WIKI.dbname, this.#folder, name, dump));
    return this.#nextId;
  }

  async #startStubs(number: number): Promise<void> {
    await this.#endStubs();
    const opened: StubFile[] = [];
    this.#openStubs = opened;
    for (const kind of STUB_KINDS) {
      opened.push(await StubFile.create(this.#options.out, this.#folder, SAMPLE_WIKI, this.#stem, kind, number));
    }
  }

  async #endStubs(): Promise<void> {
    for (const [i, stub] of this.#openStubs.entries()) {
      const { checksums, file } = await stub.finish();
      this.#stubs[i]?.set(file.name, checksums);
      this.#files.push(file);
    }
  }

  async #writeStatus(): Promise<void> {
    const stubs = new Map(this.#stubs.flatMap((files) => [...files]));
    const done = new Map([
      ['xmlstubsdump', stubs],
      ['articlesmultistreamdump', this.#multistream],
    ]);
    const planned = new Map([['articlesdump', this.#articles]]);
    const all = new Map([...stubs, ...this.#multistream]);
    for (const algorithm of ['md5', 'sha1'] as const) {
      await writeFile(this.#path(`${this.#stem}-${algorithm}sums.txt`), sumsText(all, algorithm));
    }
    await writeFile(this.#path('dumpstatus.json'), dumpStatus(this.#folder, this.#options.date, done, planned));
  }

  #path(name: string): string {
    return join(this.#options.out, this.#folder, name);
  }
}
