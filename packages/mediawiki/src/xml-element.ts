/** A small tree of one unit. A comment leaves no trace in it, a CDATA section only its text. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Text and elements as they follow each other; two texts never do. */
  readonly content: readonly (string | XmlElement)[];
}

/** The text before an element's first child; `""` where there is none. */
export function leadingText(element: XmlElement): string {
  const [first] = element.content;
  return typeof first === 'string' ? first : '';
}

/** All text within an element, its descendants' too. */
export function allText(element: XmlElement): string {
  return element.content.map((part) => (typeof part === 'string' ? part : allText(part))).join('');
}
