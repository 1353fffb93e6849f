import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { packBytes, packFile, packInStreams, unpackFile } from './bzip2-file.js';
import { countTag, FOOTER, piecesOf, takeApart } from './dump-pieces.js';
import type { DumpPieces } from './dump-pieces.js';
import { readOutput } from './measure.js';

/** A dump that legs read. */
export interface Input {
  readonly name: InputName;
  readonly path: string;
  readonly xmlBytes: number;
  readonly bytes: number;
  readonly pages: number;
  readonly revisions: number;
  /** Of the XML. */
  readonly sha256: string;
}

export const INPUTS = {
  'real-multistream': 'real pages, 100 a stream',
  'real-single': 'real pages, one stream',
  'generated-multistream': 'generated pages, 100 a stream',
  'generated-single': 'generated pages, one stream',
  history: 'one page, many revisions',
  pages: 'many pages',
} as const;
export type InputName = keyof typeof INPUTS;

/** Whole dumps of pages with one revision each; their pages follow each other under the first one's head. */
const REAL = [
  'multistream/bnwiki-20230501-excerpt-multistream.xml.bz2',
  'multistream/elwikivoyage-sample-multistream.xml.bz2',
  'single-stream/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2',
  'single-stream/aawiki-20260101-pages-meta-current.xml.bz2',
];
const SAMPLES = fileURLToPath(new URL('../../../shared/samples', import.meta.url));
const SAMPLE_PROGRAM = fileURLToPath(new URL('../../apps/wikifleet/dist/sample.js', import.meta.url));
const HISTORY_PAGE = Buffer.from('  <page>\n    <title>History</title>\n    <ns>0</ns>\n    <id>1</id>\n');
const PAGE_END = Buffer.from('  </page>\n');
/** Changes when what is made changes, so that an older cache is not taken for it. */
const VERSION = 1;

/** Makes dumps of at least so many bytes of XML, once, in a folder; what is there already is taken as it is. */
export class Inputs {
  readonly #folder: string;
  readonly #xmlBytes: number;
  readonly #say: (line: string) => void;
  readonly #pieces = new Map<string, Promise<DumpPieces>>();

  constructor(cache: string, megabytes: number, say: (line: string) => void) {
    this.#folder = join(cache, `inputs-${VERSION}-${megabytes}`);
    this.#xmlBytes = megabytes * 1_000_000;
    this.#say = say;
  }

  /** Whether the samples of real dumps stand beside the checkout. */
  static async haveReal(): Promise<boolean> {
    const found = await Promise.all(REAL.map(async (file) => await stat(join(SAMPLES, file)).catch(() => null)));
    return found.every((info) => info !== null);
  }

  async take(name: InputName): Promise<Input> {
    const note = join(this.#folder, `${name}.json`);
    try {
      return JSON.parse(await readFile(note, 'utf8')) as Input;
    } catch {
      this.#say(`making the input ${name}: ${INPUTS[name]}`);
    }
    await mkdir(this.#folder, { recursive: true });
    const input = await this.#make(name, join(this.#folder, `${name}.xml.bz2`));
    await writeFile(`${note}.new`, `${JSON.stringify(input)}\n`);
    await rename(`${note}.new`, note);
    return input;
  }

  async #make(name: InputName, path: string): Promise<Input> {
    const { head, pages } = await this.#piecesFor(name);
    if (name === 'history') {
      const revisions = pages.flatMap((page) => piecesOf(page, 'revision'));
      return await this.#write(name, path, [head, HISTORY_PAGE], revisions, [PAGE_END, FOOTER]);
    }
    return await this.#write(name, path, [head], pages, [FOOTER]);
  }

  /** Writes `before`, `body` as often as it takes, and `after`. */
  async #write(name: InputName, path: string, before: Buffer[], body: Buffer[], after: Buffer[]): Promise<Input> {
    const bodyBytes = body.reduce((sum, piece) => sum + piece.length, 0);
    const repeats = Math.ceil(this.#xmlBytes / bodyBytes);
    function* chunks(): Generator<Buffer> {
      yield* before;
      for (let i = 0; i < repeats; i += 1) yield* body;
      yield* after;
    }
    if (name.endsWith('-single')) await packFile(path, chunks());
    else {
      // streams may be repeated as they are: their bytes are compressed once
      const streams = name === 'history' ? [await packBytes(Buffer.concat(body))] : await packInStreams(body);
      const parts = [await packBytes(Buffer.concat(before))];
      for (let i = 0; i < repeats; i += 1) parts.push(...streams);
      parts.push(await packBytes(Buffer.concat(after)));
      await pipeline(Readable.from(parts), createWriteStream(path));
    }
    const hash = createHash('sha256');
    let xmlBytes = 0;
    for (const chunk of chunks()) {
      hash.update(chunk);
      xmlBytes += chunk.length;
    }
    return {
      name,
      path,
      xmlBytes,
      bytes: (await stat(path)).size,
      pages: name === 'history' ? 1 : body.length * repeats,
      revisions: countTag(body, '<revision>') * repeats,
      sha256: hash.digest('hex'),
    };
  }

  async #piecesFor(name: InputName): Promise<{ head: Buffer; pages: Buffer[] }> {
    const real = name.startsWith('real') || (!name.startsWith('generated') && (await Inputs.haveReal()));
    const key = real ? 'real' : 'generated';
    let pieces = this.#pieces.get(key);
    if (pieces === undefined) {
      pieces = real ? realPieces() : this.#generatedPieces();
      this.#pieces.set(key, pieces);
    }
    const { head, pages } = await pieces;
    return { head, pages: [...pages] };
  }

  /** The sample generator's files, which are multistream dumps of several wikis, as one. */
  async #generatedPieces(): Promise<DumpPieces> {
    const out = join(this.#folder, 'sample');
    const megabytes = String(Math.min(this.#xmlBytes / 1_000_000, 250));
    await readOutput([process.execPath, SAMPLE_PROGRAM, '--out', out, '--megabytes', megabytes], 'none');
    const files = (await readdir(out, { recursive: true })).filter(
      (file) => file.endsWith('.bz2') && !file.includes('-index'),
    );
    const pieces = await takeAll(files.toSorted().map((file) => join(out, file)));
    await rm(out, { recursive: true });
    return pieces;
  }
}

async function realPieces(): Promise<DumpPieces> {
  return await takeAll(REAL.map((file) => join(SAMPLES, file)));
}

async function takeAll(paths: readonly string[]): Promise<DumpPieces> {
  const all: DumpPieces[] = [];
  for (const path of paths) all.push(takeApart(path, await unpackFile(path)));
  return { head: all[0]?.head ?? Buffer.alloc(0), pages: all.flatMap(({ pages }) => pages) };
}
