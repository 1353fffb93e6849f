import { S3Error } from './s3-error.js';

const MAX_DEPTH = 8;
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** A leaf with escaped text; nothing at all where the value is undefined. */
export function leaf(name: string, value: string | number | boolean | undefined): string {
  return value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`;
}

/** An element around children that are XML already. */
export function element(name: string, ...children: readonly string[]): string {
  return `<${name}>${children.join('')}</${name}>`;
}

/** A whole answer, in S3's namespace. */
export function s3Document(name: string, ...children: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${children.join('')}</${name}>`;
}

// oxlint-disable-next-line no-control-regex -- control characters are what has to be escaped
const TO_ESCAPE = /[&<>"\u0000-\u001f\u007f]/g;

/** Escapes text; control characters become references, as S3 writes them (XML 1.0 has no better way). */
export function escapeXml(text: string): string {
  return text.replace(TO_ESCAPE, (c) => ESCAPES[c] ?? `&#x${c.charCodeAt(0).toString(16)};`);
}

export interface XmlElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Parses a small request document: elements, attributes (passed over), text with the five entities and numeric ones. A
 * DOCTYPE, a comment, CDATA or a processing instruction is refused, so nothing can expand.
 * Throws S3Error MalformedXML.
 */
export function parseXml(source: string): XmlElement {
  const text = source.replace(/^\uFEFF?\s*(<\?xml [^<>]*\?>)?\s*/, '');
  const tag = /<(\/?)([A-Za-z_][\w.-]*(?::[\w.-]+)?)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y;
  const root: XmlElement = { name: '', children: [], text: '' };
  const stack: XmlElement[] = [root];
  let at = 0;
  while (at < text.length) {
    const top = stack.at(-1) ?? root;
    const next = text.indexOf('<', at);
    const end = next < 0 ? text.length : next;
    const run = text.slice(at, end);
    if (top === root ? run.trim() !== '' : false) throw malformed('text outside the document element');
    top.text += unescapeXml(run);
    if (next < 0) break;
    tag.lastIndex = next;
    const match = tag.exec(text);
    if (match === null) throw malformed(`unexpected markup at character ${next}`);
    at = tag.lastIndex;
    const [, closing, name = '', attributes, empty] = match;
    if (closing === '/') {
      if (top === root || top.name !== name || attributes !== '' || empty === '/')
        throw malformed(`unexpected </${name}>`);
      stack.pop();
      continue;
    }
    if (top === root && root.children.length > 0) throw malformed('a second document element');
    const child: XmlElement = { name, children: [], text: '' };
    top.children.push(child);
    if (empty !== '/') stack.push(child);
    if (stack.length > MAX_DEPTH) throw malformed(`deeper than ${MAX_DEPTH} elements`);
  }
  const [document] = root.children;
  if (stack.length > 1 || document === undefined) throw malformed('the document ends too early');
  return document;
}

/** The first child of that name, or undefined. */
export function childOf(parent: XmlElement, name: string): XmlElement | undefined {
  return parent.children.find((child) => child.name === name);
}

/** The first such child's text, or undefined. */
export function textOf(parent: XmlElement, name: string): string | undefined {
  return childOf(parent, name)?.text;
}

function unescapeXml(text: string): string {
  return text.replace(/&([^;&]{0,12});?/g, (whole, name: string) => {
    const known = ENTITIES[name];
    if (whole.endsWith(';') && known !== undefined) return known;
    const number = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name);
    const code = number === null ? NaN : parseInt(number[1] ?? number[2] ?? '', number[1] === undefined ? 10 : 16);
    const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    if (!whole.endsWith(';') || !valid) throw malformed(`unknown entity ${whole}`);
    return String.fromCodePoint(code);
  });
}

function malformed(reason: string): S3Error {
  return new S3Error(
    'MalformedXML',
    `The XML you provided was not well-formed or did not validate against our published schema (${reason})`,
  );
}
