import { isUtf8 } from 'node:buffer';
import { shown, UnitFault } from './unit-fault.js';

/**
 * The gate in front of expat, whose libexpat of 2017 has known holes: malformed UTF-8, document types and entities,
 * very many attributes or colons, huge tokens. What passes is UTF-8 of XML's characters alone, with tags of bounded
 * size, number and depth, comments, CDATA sections, processing instructions, the five entities and numeric ones, and
 * nothing else.
 */
export const MAX_TAG_BYTES = 64 * 1024;
export const MAX_NAME_BYTES = 256;
export const MAX_ATTRIBUTES = 64;
export const MAX_DEPTH = 64;
export const MAX_ELEMENTS = 10_000;
const MAX_REFERENCE_BYTES = 12;

/** What a byte may mean in text, in a value, and in a name. */
const PLAIN = 0;
const LESS = 1;
const AMPERSAND = 2;
const ILLEGAL = 3;
/** Leads U+F000 to U+FFFF, of which the last two are no characters. */
const LEAD_EF = 4;
const TEXT_CLASS = new Uint8Array(256);
TEXT_CLASS.fill(ILLEGAL, 0, 0x20);
for (const space of [0x09, 0x0a, 0x0d]) TEXT_CLASS[space] = PLAIN;
TEXT_CLASS[0x3c] = LESS;
TEXT_CLASS[0x26] = AMPERSAND;
TEXT_CLASS[0xef] = LEAD_EF;

/** 1: may begin a name, 2: may go on with one; 0: neither. Beyond ASCII expat knows better. */
const NAME_CLASS = new Uint8Array(256);
NAME_CLASS.fill(1, 0x80, 0x100);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_:') NAME_CLASS[char.charCodeAt(0)] = 1;
for (const char of '0123456789.-') NAME_CLASS[char.charCodeAt(0)] = 2;

const COMMENT_END = Buffer.from('-->');
const CDATA_END = Buffer.from(']]>');
const INSTRUCTION_END = Buffer.from('?>');
const ENTITY = /^&(?:lt|gt|amp|quot|apos|#([0-9]{1,9})|#x([0-9A-Fa-f]{1,8}));/;

/** Throws a `UnitFault` where `bytes` must not reach expat. One pass; nothing is copied. */
export function checkUnit(bytes: Buffer): void {
  if (!isUtf8(bytes)) throw new UnitFault('NOT_UTF8', 'UTF-8', 'bytes that are none');
  new UnitGate(bytes).check();
}

class UnitGate {
  readonly #bytes: Buffer;
  #at = 0;
  #depth = 0;
  #elements = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  check(): void {
    while (this.#skipText(this.#bytes.length)) {
      const next = this.#byte(1);
      if (next === 0x21) this.#section();
      else if (next === 0x2f) this.#endTag();
      else if (next === 0x3f) this.#instruction();
      else this.#startTag();
    }
  }

  /** To the next `<` (true) or to `end` (false). */
  #skipText(end: number): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    for (;;) {
      while (at < end && TEXT_CLASS[bytes[at] ?? 0] === PLAIN) at += 1;
      this.#at = at;
      if (at >= end) return false;
      if (bytes[at] === 0x3c) return true;
      at = this.#special();
    }
  }

  /** Passes an entity or a character that needs a look. Returns the position after it. */
  #special(): number {
    const kind = TEXT_CLASS[this.#byte(0)];
    if (kind === AMPERSAND) this.#reference();
    else if (kind === LEAD_EF) this.#leadEf();
    else this.#refuse('ILLEGAL_CHARACTER', "XML's characters");
    return this.#at;
  }

  #leadEf(): void {
    if (this.#byte(1) === 0xbf && this.#byte(2) >= 0xbe) this.#refuse('ILLEGAL_CHARACTER', "XML's characters");
    this.#at += 3;
  }

  #reference(): void {
    const text = this.#bytes.toString('latin1', this.#at, this.#at + MAX_REFERENCE_BYTES);
    const match = ENTITY.exec(text);
    const [all, decimal, hexadecimal] = match ?? [];
    if (all === undefined) return this.#refuse('ENTITY_REFUSED', 'one of the five entities or a numeric one');
    if (decimal !== undefined || hexadecimal !== undefined) {
      const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number.parseInt(decimal, 10);
      if (!isCharacter(code)) this.#refuse('ENTITY_REFUSED', "one of XML's characters");
    }
    this.#at += all.length;
    return undefined;
  }

  /** A comment or a CDATA section: no markup within, but its characters count. */
  #section(): void {
    const opening = this.#bytes.toString('latin1', this.#at, this.#at + 9);
    const isComment = opening.startsWith('<!--');
    if (!isComment && opening !== '<![CDATA[')
      this.#refuse('DOCTYPE_REFUSED', 'a comment or a CDATA section after "<!"');
    const from = this.#at + (isComment ? 4 : 9);
    const end = this.#bytes.indexOf(isComment ? COMMENT_END : CDATA_END, from);
    if (end < 0) this.#refuse('NOT_WELL_FORMED', isComment ? 'the end of a comment' : 'the end of a CDATA section');
    this.#characters(from, end);
    this.#at = end + 3;
  }

  /** `<?name … ?>`: nothing of it is read. */
  #instruction(): void {
    const start = this.#at;
    this.#at += 2;
    this.#name(start);
    if (this.#bytes.toString('latin1', start + 2, this.#at).toLowerCase() === 'xml') {
      this.#at = start;
      this.#refuse('PROCESSING_INSTRUCTION', 'no XML declaration within a dump');
    }
    const end = this.#bytes.indexOf(INSTRUCTION_END, this.#at);
    if (end < 0) this.#refuse('NOT_WELL_FORMED', 'the end of a processing instruction');
    this.#characters(this.#at, end);
    this.#at = end + 2;
  }

  /** Passes what is no markup, but of XML's characters. */
  #characters(from: number, end: number): void {
    this.#at = from;
    while (this.#at < end) {
      const kind = TEXT_CLASS[this.#byte(0)];
      if (kind === ILLEGAL) this.#refuse('ILLEGAL_CHARACTER', "XML's characters");
      if (kind === LEAD_EF) this.#leadEf();
      else this.#at += 1;
    }
  }

  #endTag(): void {
    const start = this.#at;
    this.#at += 2;
    this.#name(start);
    this.#skipSpace(start);
    if (this.#byte(0) !== 0x3e) this.#refuse('NOT_WELL_FORMED', '">" at the end of an end tag');
    this.#at += 1;
    this.#depth -= 1;
    if (this.#depth < 0) {
      this.#at = start;
      this.#refuse('NOT_WELL_FORMED', 'no end tag without its start tag');
    }
  }

  #startTag(): void {
    const start = this.#at;
    this.#at += 1;
    this.#name(start);
    this.#elements += 1;
    if (this.#elements > MAX_ELEMENTS) this.#refuse('TOO_MANY_ELEMENTS', `at most ${MAX_ELEMENTS} elements`);
    for (let attributes = 0; ; attributes += 1) {
      this.#skipSpace(start);
      const next = this.#byte(0);
      if (next === 0x3e || next === 0x2f) break;
      if (attributes === MAX_ATTRIBUTES) this.#refuse('TOO_MANY_ATTRIBUTES', `at most ${MAX_ATTRIBUTES} attributes`);
      this.#attribute(start);
    }
    if (this.#byte(0) === 0x2f) {
      if (this.#byte(1) !== 0x3e) this.#refuse('NOT_WELL_FORMED', '">" after "/"');
      this.#at += 2;
      return;
    }
    this.#at += 1;
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.#refuse('NESTED_TOO_DEEP', `at most ${MAX_DEPTH} elements within each other`);
  }

  #attribute(tagStart: number): void {
    const nameStart = this.#at;
    // The only prefix that needs no declaration is that of xml:space and xml:lang.
    if (this.#bytes.toString('latin1', nameStart, nameStart + 4) === 'xml:') this.#at += 4;
    this.#name(tagStart);
    // node-expat would lose it: it sets attributes on a plain object.
    if (this.#bytes.toString('latin1', nameStart, this.#at) === '__proto__')
      this.#refuse('NAME_REFUSED', 'a usual name');
    this.#skipSpace(tagStart);
    if (this.#byte(0) !== 0x3d) this.#refuse('NOT_WELL_FORMED', '"=" after the name of an attribute');
    this.#at += 1;
    this.#skipSpace(tagStart);
    const quote = this.#byte(0);
    if (quote !== 0x22 && quote !== 0x27) this.#refuse('NOT_WELL_FORMED', 'a quoted value');
    const limit = Math.min(tagStart + MAX_TAG_BYTES, this.#bytes.length);
    for (this.#at += 1; this.#byte(0) !== quote;) {
      if (this.#at >= limit) this.#tooLong(tagStart);
      const kind = TEXT_CLASS[this.#byte(0)];
      if (kind === LESS) this.#refuse('NOT_WELL_FORMED', 'no "<" in a value');
      if (kind === PLAIN) this.#at += 1;
      else this.#special();
    }
    this.#at += 1;
  }

  #name(tagStart: number): void {
    const from = this.#at;
    if (NAME_CLASS[this.#byte(0)] !== 1) this.#refuse('NOT_WELL_FORMED', 'a name');
    while ((NAME_CLASS[this.#byte(0)] ?? 0) !== 0) {
      if (this.#byte(0) === 0x3a) this.#refuse('NAME_REFUSED', 'no colon in a name');
      if (this.#at - from === MAX_NAME_BYTES) this.#refuse('NAME_REFUSED', `a name of at most ${MAX_NAME_BYTES} bytes`);
      this.#at += 1;
    }
    if (this.#at - tagStart > MAX_TAG_BYTES) this.#tooLong(tagStart);
  }

  #skipSpace(tagStart: number): void {
    for (let byte = this.#byte(0); byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;) {
      this.#at += 1;
      byte = this.#byte(0);
    }
    if (this.#at >= this.#bytes.length || this.#at - tagStart > MAX_TAG_BYTES) this.#tooLong(tagStart);
  }

  #tooLong(tagStart: number): never {
    if (this.#at >= this.#bytes.length) this.#refuse('NOT_WELL_FORMED', 'the end of a tag');
    this.#at = tagStart;
    this.#refuse('TAG_TOO_LONG', `a tag of at most ${MAX_TAG_BYTES} bytes`);
  }

  /** The byte so far ahead; 256 beyond the end, which is of no class. */
  #byte(ahead: number): number {
    return this.#bytes[this.#at + ahead] ?? 256;
  }

  #refuse(code: string, expected: string): never {
    const received = this.#bytes.subarray(this.#at, this.#at + 40);
    throw new UnitFault(code, expected, received.length === 0 ? 'the end' : shown(received.toString('utf8')), this.#at);
  }
}

/** XML 1.0, production 2. */
function isCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x09 || code === 0x0a || code === 0x0d;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}
