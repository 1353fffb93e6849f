import { ROW_COLUMNS, rowColumns } from '@wikifleet/domain/row-columns';
import { ValueReader, encodeValues } from '@wikifleet/domain/row-values';
import type { RowEncoding } from '@wikifleet/domain/row-values';
import type { RowChunk } from '@wikifleet/mediawiki/page-converter';
import { openFencedLibrary } from './fenced-library.js';
import { WikitextReducer } from './reduce-wikitext.js';

interface Row {
  readonly revision_content_slots: {
    readonly main: { readonly content_body: string | null; readonly content_model: string | null };
  };
}

/** How the column stands in rows of an encoding: what follows it, and how a row is read. */
interface Encoding {
  /** Bytes of a row that the column stands before. */
  readonly endBytes: number;
  readonly read: (row: Buffer) => Row;
  /** The column, and the end of the row. */
  readonly write: (text: string | null) => Buffer;
}

const ADDED = rowColumns({ plainText: true }).slice(ROW_COLUMNS.length);
const ENCODINGS: Readonly<Record<RowEncoding, Encoding>> = {
  json: {
    endBytes: '}\n'.length,
    read: (row) => JSON.parse(row.toString('utf8')) as Row,
    write: (text) => Buffer.from(`,"plain_text":${JSON.stringify(text)}}\n`),
  },
  values: {
    endBytes: 0,
    read: (row) => new ValueReader(row).read(ROW_COLUMNS) as unknown as Row,
    write: (text) => encodeValues(ADDED, { plain_text: text }),
  },
};

/**
 * Adds `plain_text` to rows as their last key: the main slot's wikitext as plain text; null where it has no body, is no
 * wikitext, or was refused. What the rows have already keeps its bytes. Memory: a row as an object, and the chunk once more.
 */
export class PlainTextColumn {
  readonly #reducer: WikitextReducer;
  readonly #encoding: Encoding;
  readonly #refused = new Map<string, number>();

  constructor(signal: AbortSignal, encoding: RowEncoding) {
    this.#encoding = ENCODINGS[encoding];
    this.#reducer = new WikitextReducer(openFencedLibrary(), signal);
  }

  /** How many texts were refused, by why. */
  get refused(): Record<string, number> {
    return Object.fromEntries([...this.#refused].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async addTo(chunk: RowChunk): Promise<RowChunk> {
    const parts: Buffer[] = [];
    const ends: number[] = [];
    const { endBytes } = this.#encoding;
    let [from, length] = [0, 0];
    for (const end of chunk.ends) {
      const line = chunk.bytes.subarray(from, end);
      const column = await this.#columnOf(line);
      parts.push(line.subarray(0, line.length - endBytes), column);
      length += line.length - endBytes + column.length;
      ends.push(length);
      from = end;
    }
    return { ...chunk, bytes: Buffer.concat(parts, length), ends };
  }

  async #columnOf(line: Buffer): Promise<Buffer> {
    const { content_body, content_model } = this.#encoding.read(line).revision_content_slots.main;
    // exports before 0.8 name no model: there was no other
    if (content_body === null || (content_model !== null && content_model !== 'wikitext'))
      return this.#encoding.write(null);
    const plain = await this.#reducer.reduce(content_body);
    if ('text' in plain) return this.#encoding.write(plain.text);
    this.#refused.set(plain.refusal, (this.#refused.get(plain.refusal) ?? 0) + 1);
    return this.#encoding.write(null);
  }
}
