import { Needle } from './searchable-bytes.js';
import type { SearchableBytes } from './searchable-bytes.js';

/** Markup whose content is no markup: `<!-- -->`, `<![CDATA[ ]]>`, `<? ?>`. */
export type SectionKind = 'comment' | 'cdata' | 'instruction';

export interface Section {
  readonly kind: SectionKind;
  readonly from: number;
  /** The first byte behind it; null where its end has not come. */
  to: number | null;
  /** False where a comment contains `--`: XML forbids that, and such a comment ends there. */
  isWellFormed: boolean;
}

const COMMENT = Buffer.from('<!--');
const CDATA = Buffer.from('<![CDATA[');
const DECLARATION = Buffer.from('<!');
const INSTRUCTION = Buffer.from('<?');
const COMMENT_END = Buffer.from('--');
const CDATA_END = Buffer.from(']]>');
const INSTRUCTION_END = Buffer.from('?>');
const GREATER = 0x3e;

/**
 * Finds comments, CDATA sections and processing instructions in a stream, from a byte on that is in none of them. It looks
 * at nothing else, so that where sections are depends on the bytes alone: everybody who cuts a dump uses it, and they agree.
 */
export class SectionScanner {
  readonly #bytes: SearchableBytes;
  readonly #declarations: Needle;
  readonly #instructions: Needle;
  #section: Section | null = null;
  /** Before this byte every section is known. */
  #searched: number;
  /** From here on the end of the present section is searched. */
  #endFrom = 0;

  constructor(bytes: SearchableBytes, from: number) {
    this.#bytes = bytes;
    this.#declarations = new Needle(bytes, DECLARATION);
    this.#instructions = new Needle(bytes, INSTRUCTION);
    this.#searched = from;
  }

  /** The first section that ends behind `offset`; null where none begins in what has come. `offset` must ascend. */
  next(offset: number): Section | null {
    for (;;) {
      this.#section ??= this.#findBegin();
      const section = this.#section;
      if (section === null) return null;
      if (section.to === null) this.#findEnd(section);
      if (section.to === null || section.to > offset) return section;
      this.#searched = section.to;
      this.#section = null;
    }
  }

  #findBegin(): Section | null {
    for (;;) {
      const declaration = this.#declarations.find(this.#searched);
      const instruction = this.#instructions.find(this.#searched);
      if (instruction >= 0 && (declaration < 0 || instruction < declaration)) {
        return this.#begin('instruction', instruction, INSTRUCTION);
      }
      if (declaration < 0) return null;
      if (this.#standsAt(COMMENT, declaration)) return this.#begin('comment', declaration, COMMENT);
      if (this.#standsAt(CDATA, declaration)) return this.#begin('cdata', declaration, CDATA);
      // Half an opening: no tag stands behind it before more bytes come.
      if (this.#mayStandAt(COMMENT, declaration) || this.#mayStandAt(CDATA, declaration)) return null;
      this.#searched = declaration + DECLARATION.length;
    }
  }

  #begin(kind: SectionKind, from: number, opening: Buffer): Section {
    this.#endFrom = from + opening.length;
    return { kind, from, to: null, isWellFormed: true };
  }

  #findEnd(section: Section): void {
    const needle = section.kind === 'comment' ? COMMENT_END : section.kind === 'cdata' ? CDATA_END : INSTRUCTION_END;
    const { offset, end } = this.#bytes;
    const from = Math.max(this.#endFrom, offset);
    const hit = from + needle.length > end ? -1 : this.#bytes.indexOf(needle, from);
    if (hit < 0) {
      this.#endFrom = Math.max(from, end - needle.length + 1);
      return;
    }
    this.#endFrom = hit;
    if (section.kind !== 'comment') {
      section.to = hit + needle.length;
      return;
    }
    const next = this.#bytes.byteAt(hit + needle.length);
    if (next < 0) return;
    section.isWellFormed = next === GREATER;
    section.to = hit + needle.length + (section.isWellFormed ? 1 : 0);
  }

  #standsAt(opening: Buffer, at: number): boolean {
    return at + opening.length <= this.#bytes.end && this.#mayStandAt(opening, at);
  }

  /** Whether what has come from `at` on is `opening`, or its beginning. */
  #mayStandAt(opening: Buffer, at: number): boolean {
    return opening.every((byte, i) => {
      const given = this.#bytes.byteAt(at + i);
      return given < 0 || given === byte;
    });
  }
}
