import { visibleText } from './visible-text.js';

/** A template call of a page, and what MediaWiki made of it. */
export interface ProseTemplate {
  readonly name: string;
  readonly wikitext: string;
  readonly text: string;
}

const VOID = /^(?:br|hr|img|link|meta|wbr|input|col|source|track|area|base|embed|param)$/;
/** Elements whose templates are no prose: hatnotes, navigation, infoboxes, references, notices. */
const NO_PROSE =
  /\b(?:hatnote|navbox|infobox|reference|references|mw-references|reflist|navigation|sidebar|metadata|ambox|noprint|portal|sistersitebox|mbox-small|thumb|tmulti|refbegin|vertical-navbox|authority-control|geography|side-box|biota|shortdescription|plainlinks|Inline-Template|tright|tleft)\b/;

const IS_REFERENCE = /^\[[^\]]*\d+\]$/;

interface Open {
  readonly name: string;
  readonly isProse: boolean;
}

/** The calls of a page in Parsoid's HTML that stand in prose, one for each place, with the text that they show. */
export function proseTemplates(html: string): ProseTemplate[] {
  const found: ProseTemplate[] = [];
  const open: Open[] = [];
  /** The call that is being read: where its HTML is collected. */
  let call: { about: string; depth: number; html: string; data: string; isProse: boolean } | null = null;
  const finish = (): void => {
    if (call !== null && call.isProse) {
      const one = callOf(call.data, call.html);
      if (one !== null) found.push(one);
    }
    call = null;
  };
  for (const [piece, slash, rawName, attributes = ''] of html.matchAll(
    /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:"[^"]*"|'[^']*'|[^'">])*)>|[^<]+|<!--[\s\S]*?-->|</g,
  )) {
    if (rawName === undefined) {
      if (call !== null) {
        if (open.length > call.depth) call.html += piece;
        else if (piece.trim() !== '') finish();
      }
      continue;
    }
    const name = rawName.toLowerCase();
    const isVoid = VOID.test(name) || attributes.endsWith('/');
    if (slash === '/') {
      const at = open.findLastIndex((one) => one.name === name);
      if (at >= 0) open.length = at;
      if (call !== null) {
        if (open.length < call.depth) finish();
        else call.html += piece;
      }
      continue;
    }
    const about = attributeOf(attributes, 'about');
    const isWithin = call !== null && open.length > call.depth;
    if (!isWithin && call !== null && about !== call.about) finish();
    if (call === null && /mw:Transclusion/.test(attributeOf(attributes, 'typeof') ?? '')) {
      const isProse = !NO_PROSE.test(attributeOf(attributes, 'class') ?? '') && open.every((one) => one.isProse);
      call = {
        about: about ?? '',
        depth: open.length,
        html: '',
        data: attributeOf(attributes, 'data-mw') ?? '',
        isProse,
      };
    }
    if (call !== null) {
      call.html += piece;
      if (NO_PROSE.test(attributeOf(attributes, 'class') ?? '')) call.isProse = false;
    }
    if (!isVoid) open.push({ name, isProse: !NO_PROSE.test(attributeOf(attributes, 'class') ?? '') });
  }
  finish();
  return found;
}

function attributeOf(attributes: string, name: string): string | null {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes);
  return match === null ? null : unescaped(match[1] ?? match[2] ?? '');
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll(/&#39;|&apos;/g, "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

interface Part {
  readonly template?: {
    readonly target: { readonly wt: string };
    readonly params: Readonly<Record<string, { readonly wt: string }>>;
  };
}

/** Calls that begin and end within other calls or text are left aside. */
function callOf(data: string, html: string): ProseTemplate | null {
  const { parts = [] } = JSON.parse(data) as { parts?: (Part | string)[] };
  const [part] = parts;
  if (parts.length !== 1 || part === undefined || typeof part === 'string' || part.template === undefined) return null;
  const { target, params } = part.template;
  const text = visibleText(html);
  if (text === '' || IS_REFERENCE.test(text) || /^cit(?:e |ation)/i.test(target.wt.trim())) return null;
  let position = 0;
  let wikitext = `{{${target.wt}`;
  for (const [name, { wt }] of Object.entries(params)) {
    position += 1;
    wikitext += name === String(position) && !wt.includes('=') ? `|${wt}` : `|${name}=${wt}`;
  }
  return { name: target.wt.trim(), wikitext: `${wikitext}}}`, text };
}
