import { leadingText } from './xml-element.js';
import type { XmlElement } from './xml-element.js';

const NOTHING_BUT_SPACE = /^[ \t\r\n]*$/;
const NO_NAMES: ReadonlySet<string> = new Set();

/**
 * The children, by name, of an element that holds no text of its own. What nobody asks for goes to `unmapped`: the
 * outermost element by its name, text as `#text`, an attribute as `element@attribute`.
 */
export class UnitFields {
  readonly #first = new Map<string, XmlElement>();
  readonly #repeated: XmlElement[] = [];
  readonly #unmapped: string[];

  /** Of `names` the first counts, and a second one is unmapped; `repeated` may stand often. */
  constructor(element: XmlElement | null, names: ReadonlySet<string>, unmapped: string[], repeated?: string) {
    this.#unmapped = unmapped;
    for (const part of element?.content ?? []) {
      if (typeof part === 'string') {
        if (!NOTHING_BUT_SPACE.test(part)) unmapped.push('#text');
      } else if (part.name === repeated) {
        this.#repeated.push(part);
      } else if (names.has(part.name) && !this.#first.has(part.name)) {
        this.#first.set(part.name, part);
      } else {
        unmapped.push(part.name);
      }
    }
  }

  get repeated(): readonly XmlElement[] {
    return this.#repeated;
  }

  /** An element that is read elsewhere: nothing is counted. */
  peek(name: string): XmlElement | null {
    return this.#first.get(name) ?? null;
  }

  /** An element that has children of its own: only its attributes other than `attributes` are counted. */
  parent(name: string, attributes = NO_NAMES): XmlElement | null {
    const element = this.#first.get(name) ?? null;
    if (element !== null) countAttributes(element, attributes, this.#unmapped);
    return element;
  }

  /** An element that should hold text alone: its children are counted too. */
  leaf(name: string, attributes = NO_NAMES): XmlElement | null {
    const element = this.parent(name, attributes);
    for (const part of element?.content ?? []) if (typeof part !== 'string') this.#unmapped.push(part.name);
    return element;
  }

  /** The text before a leaf's first child; null where there is no such element. */
  text(name: string): string | null {
    const element = this.leaf(name);
    return element === null ? null : leadingText(element);
  }
}

export function countAttributes(element: XmlElement, known: ReadonlySet<string>, unmapped: string[]): void {
  for (const name of Object.keys(element.attributes)) {
    if (!known.has(name)) unmapped.push(`${element.name}@${name}`);
  }
}
