import { isChosen, ROW_COLUMNS } from '@wikifleet/domain/row-columns';
import type { ColumnChoice, Field, FieldType } from '@wikifleet/domain/row-columns';
import { NULL_LENGTH } from '@wikifleet/domain/row-values';
import type { RowEncoding } from '@wikifleet/domain/row-values';
import { added, MAX_TEMPLATE_NAMES, NO_TEXTS } from '@wikifleet/domain/text-columns';
import type { TemplateCalls, TextCounts } from '@wikifleet/domain/text-columns';
import type { DumpHead } from '@wikifleet/mediawiki/dump-head';
import type { RowChunk } from '@wikifleet/mediawiki/page-converter';
import type { WikiWords } from '@wikifleet/wikitext/dictionary';
import { WikitextKernel } from '@wikifleet/wikitext/wikitext-kernel';

/** What the columns of texts depend on: the same for all rows of a dump. It can be cloned. */
export interface TextSettings extends ColumnChoice {
  readonly words: WikiWords;
}

/** `head`: the dump's; null where it has none. */
export function textSettings({ extract, keepInText, columns }: ColumnChoice, head: DumpHead | null): TextSettings {
  const { language, namespaces } = head ?? { language: 'en', namespaces: [] };
  return { extract, keepInText, columns, words: { language, namespaces } };
}

/** Whether rows must be written anew. */
export function changesRows({ extract, columns }: ColumnChoice): boolean {
  return extract.length > 0 || columns !== null;
}

const SLOTS_KEY = Buffer.from(',"revision_content_slots":{"main":{"content_body":');
const BODY_END = Buffer.from('","content_format":');
const FORMAT_KEY = Buffer.from('"content_format":');
const MODEL_KEY = Buffer.from(',"content_model":');
const WIKITEXT = Buffer.from('"wikitext"');
const NULL = Buffer.from('null');
const QUOTE = 0x22;
/** More memory is not kept between two chunks. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;
const KEYS = ROW_COLUMNS.map(({ name }) => Buffer.from(`"${name}":`));
const SLOTS = ROW_COLUMNS.findIndex(({ name }) => name === 'revision_content_slots');
const COMMA = Buffer.from(',');
const [ROW_START, ROW_END] = [Buffer.from('{'), Buffer.from('}\n')];

/**
 * Adds the columns that are made of wikitext to rows, and takes away those that nobody wants. The other columns keep their
 * bytes. Memory: the chunk once more, and the kernel's.
 */
export class TextColumns {
  readonly #settings: TextSettings;
  readonly #encoding: RowEncoding;
  readonly #kernel: WikitextKernel | null;
  /** Which of `ROW_COLUMNS` are kept; null: all. */
  readonly #kept: readonly boolean[] | null;
  readonly #refused = new Map<string, number>();
  #out = Buffer.alloc(0);
  #length = 0;

  constructor(settings: TextSettings, encoding: RowEncoding) {
    this.#settings = settings;
    this.#encoding = encoding;
    this.#kernel = settings.extract.length === 0 ? null : new WikitextKernel(settings.words, settings.keepInText);
    const kept = ROW_COLUMNS.map(({ name }) => isChosen(name, settings.columns));
    this.#kept = kept.includes(false) ? kept : null;
  }

  /** The rows in memory of their own, or, where it is not to be moved elsewhere, in memory that the next call uses again. */
  addTo(chunk: RowChunk, isMoved = true): RowChunk {
    const room = Math.ceil(1.6 * chunk.bytes.length) + 65_536;
    if (isMoved || this.#out.length < room || this.#out.length > MAX_KEPT_BYTES)
      this.#out = Buffer.allocUnsafeSlow(room);
    this.#length = 0;
    const ends: number[] = [];
    let from = 0;
    for (const end of chunk.ends) {
      const row = chunk.bytes.subarray(from, end);
      if (this.#encoding === 'json') this.#addLine(row);
      else this.#addValues(row);
      ends.push(this.#length);
      from = end;
    }
    const bytes = this.#out.subarray(0, this.#length);
    if (isMoved) this.#out = Buffer.alloc(0);
    return { ...chunk, bytes, ends };
  }

  /** What was found since this was last asked. */
  takeCounts(): TextCounts {
    if (this.#kernel === null) return NO_TEXTS;
    const { names, other } = this.#kernel.takeTemplateCounts();
    const textsRefused = Object.fromEntries(this.#refused);
    this.#refused.clear();
    return {
      textsRefused,
      textsFlattened: this.#kernel.takeFlattened(),
      templates: Object.fromEntries(names),
      otherTemplates: other,
    };
  }

  #addLine(line: Buffer): void {
    const columns = this.#kernel === null ? null : this.#columnsOf(bodyOfLine(line));
    if (this.#kept === null) this.#put(line.subarray(0, line.length - ROW_END.length));
    else {
      const starts = startsOfLine(line);
      let isFirst = true;
      for (const [i, kept] of this.#kept.entries()) {
        if (!kept) continue;
        this.#put(isFirst ? ROW_START : COMMA);
        isFirst = false;
        // without the comma or the brace behind it
        this.#put(line.subarray(starts[i], (starts[i + 1] ?? line.length - 1) - 1));
      }
    }
    if (columns !== null) this.#put(columns);
    this.#put(ROW_END);
  }

  #addValues(row: Buffer): void {
    const starts = startsOfValues(row);
    const columns = this.#kernel === null ? null : this.#columnsOf(bodyOfValues(row, starts[SLOTS] ?? 0));
    if (this.#kept === null) this.#put(row);
    else for (const [i, kept] of this.#kept.entries()) if (kept) this.#put(row.subarray(starts[i], starts[i + 1]));
    if (columns !== null) this.#put(columns);
  }

  #columnsOf(body: Buffer | null): Buffer {
    const { bytes, refusal } = this.#kernel!.columns(body, this.#settings.extract, this.#encoding);
    if (refusal !== null) this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
    return bytes;
  }

  #put(bytes: Uint8Array): void {
    const end = this.#length + bytes.length;
    if (end > this.#out.length) {
      const larger = Buffer.allocUnsafeSlow(2 * end);
      larger.set(this.#out.subarray(0, this.#length));
      this.#out = larger;
    }
    this.#out.set(bytes, this.#length);
    this.#length = end;
  }
}

/** The inside of the main slot's body where that is wikitext, as JSON has it. A quote within a string is never bare there. */
function bodyOfLine(line: Buffer): Buffer | null {
  const from = line.indexOf(SLOTS_KEY) + SLOTS_KEY.length;
  if (line[from] !== QUOTE) return null;
  const end = line.indexOf(BODY_END, from);
  const format = line.indexOf(FORMAT_KEY, end) + FORMAT_KEY.length;
  const model = line.indexOf(MODEL_KEY, format) + MODEL_KEY.length;
  return isAt(line, model, WIKITEXT) || isAt(line, model, NULL) ? line.subarray(from + 1, end) : null;
}

function isAt(line: Buffer, at: number, word: Buffer): boolean {
  return line.subarray(at, at + word.length).equals(word);
}

/** Where each column's key begins. */
function startsOfLine(line: Buffer): number[] {
  const starts: number[] = [];
  let at = 1;
  for (const key of KEYS) {
    at = line.indexOf(key, at);
    starts.push(at);
    at += key.length;
  }
  return starts;
}

/** Where each column begins, and the row ends. */
function startsOfValues(row: Buffer): number[] {
  const starts: number[] = [];
  let at = 0;
  for (const { type } of ROW_COLUMNS) {
    starts.push(at);
    at = endOfValue(row, at, type);
  }
  return [...starts, at];
}

function endOfValue(row: Buffer, at: number, type: FieldType): number {
  if (type === 'integer') return at + 8;
  if (type === 'boolean') return at + 1;
  if (typeof type === 'object' && 'struct' in type) return endOfStruct(row, at, type.struct);
  const length = row.readUInt32LE(at);
  if (length === NULL_LENGTH) return at + 4;
  if (type === 'string') return at + 4 + length;
  let end = at + 4;
  for (let i = 0; i < length; i += 1) {
    if ('list' in type) end = endOfValue(row, end, type.list.type);
    else end = endOfValue(row, endOfValue(row, end, type.map.key.type), type.map.value.type);
  }
  return end;
}

function endOfStruct(row: Buffer, at: number, fields: readonly Field[]): number {
  let end = at;
  for (const { type } of fields) end = endOfValue(row, end, type);
  return end;
}

/** The main slot's body where that is wikitext. The main slot is the first one; body, format and model are its first columns. */
function bodyOfValues(row: Buffer, slots: number): Buffer | null {
  const role = slots + 4;
  const body = role + 4 + row.readUInt32LE(role);
  const length = row.readUInt32LE(body);
  if (length === NULL_LENGTH) return null;
  const from = body + 4;
  const format = from + length;
  const model = endOfValue(row, format, 'string');
  const modelLength = row.readUInt32LE(model);
  // exports before 0.8 name no model: there was no other
  const isWikitext =
    modelLength === NULL_LENGTH || row.toString('latin1', model + 4, model + 4 + modelLength) === 'wikitext';
  return isWikitext ? row.subarray(from, format) : null;
}

/** The sum of what was found in the rows of a conversion, in their order. */
export class TextCounter {
  readonly #refused = new Map<string, number>();
  readonly #templates = new Map<string, TemplateCalls>();
  #flattened = 0;
  #other: TemplateCalls = NO_TEXTS.otherTemplates;

  add({ textsRefused, textsFlattened, templates, otherTemplates }: TextCounts): void {
    for (const [why, n] of Object.entries(textsRefused)) this.#refused.set(why, (this.#refused.get(why) ?? 0) + n);
    this.#flattened += textsFlattened;
    this.#other = added(this.#other, otherTemplates);
    for (const [name, calls] of Object.entries(templates)) {
      const known = this.#templates.get(name);
      if (known === undefined && this.#templates.size === MAX_TEMPLATE_NAMES) this.#other = added(this.#other, calls);
      else this.#templates.set(name, added(known, calls));
    }
  }

  get counts(): TextCounts {
    const sorted = <T>(map: ReadonlyMap<string, T>): Record<string, T> =>
      Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
    return {
      textsRefused: sorted(this.#refused),
      textsFlattened: this.#flattened,
      templates: sorted(this.#templates),
      otherTemplates: this.#other,
    };
  }
}

/** The columns of the dump that a thread is at: a kernel is made once for it. */
export class TextColumnsCache {
  #key = '';
  #columns: TextColumns | null = null;

  for(settings: TextSettings, encoding: RowEncoding): TextColumns {
    const key = JSON.stringify([settings, encoding]);
    if (this.#columns === null || key !== this.#key) {
      this.#key = key;
      this.#columns = new TextColumns(settings, encoding);
    }
    return this.#columns;
  }
}
