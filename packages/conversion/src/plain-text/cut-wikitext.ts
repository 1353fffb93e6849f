/** Characters of a piece: the library's time grows with the square of a text, and here with the text. */
export const MAX_PIECE = 8 * 1024;
/** How deep templates, tables, links and references may stand in each other: its time grows with the cube of that. */
export const MAX_NESTING = 40;

/** What opens, and what closes it. */
const CLOSERS: Readonly<Record<string, string>> = {
  '{{': '}}',
  '{|': '|}',
  '[[': ']]',
  '<ref': '</ref>',
  '<!--': '-->',
};
/** A table begins and ends at the beginning of a line: `{{a|}}` has none. A reference that closes itself is none of them. */
const BRACKETS =
  /^[ \t:]{0,100}\{\||^[ \t]{0,100}\|\}(?!\})|\{\{|\}\}|\[\[|\]\]|<ref\b[^<>]{0,200}\/>|<ref(?=[ >])|<\/ref>|<!--|-->/gm;

interface Construct {
  readonly closer: string;
  readonly from: number;
  readonly to: number;
}

/** A piece, and what stood between it and the one before it. */
export interface Piece {
  readonly text: string;
  readonly glue: '' | ' ' | '\n' | '\n\n';
}

/**
 * Cuts wikitext into pieces of at most `MAX_PIECE` characters: at headings, else at empty lines, line ends and spaces, never
 * within a template, a table, a link, a reference or a comment. One of these that is longer than a piece is left out. Null
 * where they are nested deeper than `MAX_NESTING`. In time linear in the text; what is open without an end counts as text.
 */
export function cutWikitext(text: string): Piece[] | null {
  const outermost = constructsOf(text);
  if (outermost === null) return null;
  const pieces: string[] = [];
  let piece = '';
  const close = (): void => {
    pieces.push(piece);
    piece = '';
  };
  const addText = (plain: string): void => {
    let rest = plain;
    while (piece.length + rest.length > MAX_PIECE) {
      const end = cutAt(rest, MAX_PIECE - piece.length, piece === '');
      piece += rest.slice(0, end);
      rest = rest.slice(end);
      close();
    }
    piece += rest;
  };
  let at = 0;
  for (const { closer, from, to } of outermost) {
    addText(text.slice(at, from));
    at = to;
    // the library shows comments of more than 3,000 characters
    if (closer === '-->' || to - from > MAX_PIECE) continue;
    if (piece.length + to - from > MAX_PIECE) close();
    piece += text.slice(from, to);
  }
  addText(text.slice(at));
  close();
  return pieces.flatMap((one, i) => (one.trim() === '' ? [] : [{ text: one, glue: glueOf(pieces[i - 1] ?? '', one) }]));
}

/** Where text is cut of which no more than `room` characters fit; 0: none of it, where `mayCut` is false. */
function cutAt(text: string, room: number, mayCut: boolean): number {
  const head = text.slice(0, room);
  const heading = head.lastIndexOf('\n==');
  if (heading > 0) return heading + 1;
  for (const mark of ['\n\n', '\n', ' ']) {
    const place = head.lastIndexOf(mark);
    if (place >= 0) return place + mark.length;
  }
  if (!mayCut) return 0;
  // half of a pair is no character
  return /[\ud800-\udbff]$/.test(head) ? room - 1 : room;
}

function glueOf(before: string, piece: string): Piece['glue'] {
  if (piece.startsWith('==')) return '\n\n';
  const space = `${/\s*$/.exec(before.slice(-10))?.[0] ?? ''}${/^\s*/.exec(piece.slice(0, 10))?.[0] ?? ''}`;
  if (/\n[^\S\n]*\n/.test(space)) return '\n\n';
  if (space.includes('\n')) return '\n';
  return space === '' ? '' : ' ';
}

/** The outermost of them, in order; null where one holds more than `MAX_NESTING` levels. */
function constructsOf(text: string): Construct[] | null {
  const open: { readonly from: number; readonly closer: string; depth: number }[] = [];
  const waiting = new Map<string, number>();
  const found: Construct[] = [];
  const wait = (closer: string, more: number): void => void waiting.set(closer, (waiting.get(closer) ?? 0) + more);
  for (const { 0: match, index } of text.matchAll(BRACKETS)) {
    const bracket = match.replace(/^[ \t:]+/, '');
    const closer = CLOSERS[bracket];
    if (closer !== undefined) {
      open.push({ from: index, closer, depth: 1 });
      wait(closer, 1);
      continue;
    }
    if ((waiting.get(bracket) ?? 0) === 0) continue;
    // what was opened since and not closed is text
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      wait(one.closer, -1);
      if (one.closer !== bracket) continue;
      if (one.depth > MAX_NESTING) return null;
      const parent = open.at(-1);
      if (parent !== undefined) parent.depth = Math.max(parent.depth, one.depth + 1);
      found.push({ closer: bracket, from: one.from, to: index + match.length });
      break;
    }
  }
  return outermostOf(found);
}

function outermostOf(found: readonly Construct[]): Construct[] {
  const outermost: Construct[] = [];
  let end = 0;
  for (const one of found.toSorted((a, b) => a.from - b.from)) {
    if (one.from < end) continue;
    outermost.push(one);
    end = one.to;
  }
  return outermost;
}
