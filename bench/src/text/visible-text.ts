import { entities } from '@wikifleet/wikitext/entities';

const NAMED = new Map(entities());
/** Elements that stand on lines of their own, and cells. */
const BLOCKS =
  /^(?:p|div|br|hr|h[1-6]|ul|ol|li|dl|dt|dd|table|tr|td|th|caption|tbody|thead|tfoot|pre|blockquote|center|section|figure|figcaption)$/i;
const VOID = /^(?:br|hr|img|link|meta|wbr|input|col|source|track)$/i;

/** Classes and ids of what a page shows beside its text. */
const FURNITURE = /\b(?:mw-editsection|toc|mw-cite-backlink|mw-empty-elt-none|noprint-none)\b/;

/** The text that a reader of HTML sees, with each run of white space as one space. */
export function visibleText(html: string): string {
  let text = '';
  /** How deep within an element that is not shown. */
  let hidden = 0;
  const pieces = html
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .matchAll(/<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|'[^']*'|[^'">])*)>|[^<]+|</g);
  for (const [piece, slash, name, attributes = ''] of pieces) {
    if (name === undefined) {
      if (hidden === 0) text += piece;
      continue;
    }
    const isClosing = slash === '/';
    const isVoid = VOID.test(name) || attributes.endsWith('/');
    if (hidden > 0) {
      if (!isVoid) hidden += isClosing ? -1 : 1;
      continue;
    }
    if (!isClosing && !isVoid && isFurniture(name, attributes)) hidden = 1;
    if (BLOCKS.test(name)) text += ' ';
  }
  return decode(text)
    .replaceAll(/[\s\u200b\u00ad]+/g, ' ')
    .trim();
}

function isFurniture(name: string, attributes: string): boolean {
  if (/^(?:style|script)$/i.test(name)) return true;
  const marks = [...attributes.matchAll(/\b(?:class|id)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(
    (one) => one[1] ?? one[2] ?? '',
  );
  return marks.some((mark) => FURNITURE.test(mark)) || /display:\s*none/.test(attributes);
}

function decode(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z0-9]+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return NAMED.get(name) ?? whole;
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    },
  );
}

/** For comparisons: each run of white space as one space. */
export function squeezed(text: string): string {
  return text.replaceAll(/[\s\u200b\u00ad]+/g, ' ').trim();
}
