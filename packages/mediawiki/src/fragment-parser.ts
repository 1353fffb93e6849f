import { Parser } from 'node-expat';
import { UnitFault } from './unit-fault.js';
import type { XmlElement } from './xml-element.js';
import { checkUnit } from './unit-gate.js';

const OPEN = Buffer.from('<fragment>');
const CLOSE = Buffer.from('</fragment>');
/** expat calls back once a line and once an entity: so many pieces are joined at a time, or they would outweigh the text. */
const PIECES = 1024;

interface Node extends XmlElement {
  readonly content: (string | XmlElement)[];
}

/**
 * Parses a run of elements (a unit) with expat, behind the gate. One expat parser serves all units, made new for each:
 * its memory is outside of what V8 counts, so thousands of them would not be collected in time.
 */
export class FragmentParser {
  readonly #parser = new Parser();
  #stack: Node[] = [];
  #pieces: string[] = [];
  #joined: string[] = [];

  constructor() {
    this.#parser.on('startElement', (name, attributes) => this.#start(name, attributes));
    this.#parser.on('endElement', () => this.#end());
    this.#parser.on('text', (text) => this.#text(text));
  }

  /** The unit's elements and texts as the content of one element. Throws a `UnitFault`. */
  parse(bytes: Buffer): XmlElement {
    checkUnit(bytes);
    this.#stack = [{ name: '', attributes: {}, content: [] }];
    this.#pieces = [];
    this.#joined = [];
    const parser = this.#parser;
    parser.reset();
    if (!parser.parse(OPEN) || !parser.parse(bytes) || !parser.parse(CLOSE, true)) {
      const at = Math.min(Math.max(0, parser.getCurrentByteIndex() - OPEN.length), bytes.length);
      throw new UnitFault('NOT_WELL_FORMED', 'well-formed XML', parser.getError() ?? 'an error without a name', at);
    }
    const fragment = this.#stack[0]?.content[0];
    if (fragment === undefined || typeof fragment === 'string') throw new Error('expat parsed nothing');
    return fragment;
  }

  #start(name: string, attributes: Record<string, string>): void {
    this.#flush();
    const element: Node = { name, attributes, content: [] };
    this.#stack.at(-1)?.content.push(element);
    this.#stack.push(element);
  }

  #end(): void {
    this.#flush();
    this.#stack.pop();
  }

  #text(text: string): void {
    if (this.#pieces.push(text) < PIECES) return;
    this.#joined.push(this.#pieces.join(''));
    this.#pieces = [];
  }

  #flush(): void {
    if (this.#pieces.length === 0 && this.#joined.length === 0) return;
    this.#joined.push(this.#pieces.join(''));
    this.#stack.at(-1)?.content.push(this.#joined.join(''));
    this.#joined = [];
    this.#pieces = [];
  }
}
