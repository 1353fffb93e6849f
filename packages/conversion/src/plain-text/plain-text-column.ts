import type { RowChunk } from '@wikifleet/mediawiki/page-converter';
import { openFencedLibrary } from './fenced-library.js';
import { WikitextReducer } from './reduce-wikitext.js';

interface Row {
  readonly revision_content_slots: {
    readonly main: { readonly content_body: string | null; readonly content_model: string | null };
  };
}

const NONE = Buffer.from(',"plain_text":null}\n');
/** The end of a row, which the column stands before. */
const END = '}\n'.length;

/**
 * Adds `plain_text` to rows as their last key: the main slot's wikitext as plain text; null where it has no body, is no
 * wikitext, or was refused. What the rows have already keeps its bytes. Memory: a row as an object, and the chunk once more.
 */
export class PlainTextColumn {
  readonly #reducer: WikitextReducer;
  readonly #refused = new Map<string, number>();

  constructor(signal: AbortSignal) {
    this.#reducer = new WikitextReducer(openFencedLibrary(), signal);
  }

  /** How many texts were refused, by why. */
  get refused(): Record<string, number> {
    return Object.fromEntries([...this.#refused].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  async addTo(chunk: RowChunk): Promise<RowChunk> {
    const parts: Buffer[] = [];
    const ends: number[] = [];
    let [from, length] = [0, 0];
    for (const end of chunk.ends) {
      const line = chunk.bytes.subarray(from, end);
      const column = await this.#columnOf(line);
      parts.push(line.subarray(0, -END), column);
      length += line.length - END + column.length;
      ends.push(length);
      from = end;
    }
    return { ...chunk, bytes: Buffer.concat(parts, length), ends };
  }

  async #columnOf(line: Buffer): Promise<Buffer> {
    const { content_body, content_model } = (JSON.parse(line.toString('utf8')) as Row).revision_content_slots.main;
    // exports before 0.8 name no model: there was no other
    if (content_body === null || (content_model !== null && content_model !== 'wikitext')) return NONE;
    const plain = await this.#reducer.reduce(content_body);
    if ('text' in plain) return Buffer.from(`,"plain_text":${JSON.stringify(plain.text)}}\n`);
    this.#refused.set(plain.refusal, (this.#refused.get(plain.refusal) ?? 0) + 1);
    return NONE;
  }
}
