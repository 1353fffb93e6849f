import { FleetError } from '@wikifleet/domain/errors';

/** A dump taken apart: MediaWiki escapes `<` in all text, so the tags' bytes are only ever tags. */
export interface DumpPieces {
  /** From the beginning to the first page. */
  readonly head: Buffer;
  /** Each from `<page>` to `</page>` and a line feed. */
  readonly pages: readonly Buffer[];
}

/** What a dump ends with. */
export const FOOTER = Buffer.from('</mediawiki>\n');

export function takeApart(name: string, xml: Buffer): DumpPieces {
  const first = xml.indexOf('  <page>');
  if (first < 0) throw new FleetError('NO_PAGE', `${name}: expected a page, received none`);
  return { head: xml.subarray(0, first), pages: piecesOf(xml, 'page') };
}

/** Every `<tag>` … `</tag>`, with the white space around them that makes lines of them. */
export function piecesOf(xml: Buffer, tag: string): Buffer[] {
  const pieces: Buffer[] = [];
  const [begin, end] = [`<${tag}>`, `</${tag}>`];
  for (let at = xml.indexOf(begin); at >= 0;) {
    const over = xml.indexOf(end, at);
    if (over < 0) break;
    pieces.push(Buffer.concat([Buffer.from('    '), xml.subarray(at, over + end.length), Buffer.from('\n')]));
    at = xml.indexOf(begin, over);
  }
  return pieces;
}

/** How often a tag occurs in all pieces. */
export function countTag(pieces: readonly Buffer[], tag: string): number {
  let found = 0;
  for (const piece of pieces) for (let at = piece.indexOf(tag); at >= 0; at = piece.indexOf(tag, at + 1)) found += 1;
  return found;
}
