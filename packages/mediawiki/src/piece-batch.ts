import type { Piece } from './dump-splitter.js';
import type { PageSink } from './page-sink.js';

/** Pieces of pages that stand behind each other, in a form that can be given to another thread. */
export interface PieceBatch {
  readonly wiki: string;
  /** Whether it begins in mid-page: in the page that the batch before it ends in. It holds nothing of another page then. */
  readonly continues: boolean;
  /** Whether it ends in mid-page. */
  readonly isOpen: boolean;
  /** The pieces' bytes, behind each other. */
  readonly bytes: ArrayBuffer;
  /** `PIECE_FIELDS` numbers a piece: its kind, offset, length, limit and flags. */
  readonly table: Float64Array<ArrayBuffer>;
}

export const PIECE_FIELDS = 5;

export const PIECE_KIND = { strayHead: 0, pageHead: 1, revision: 2, between: 3, pageEnd: 4 } as const;
export type PieceKind = keyof typeof PIECE_KIND;
const KINDS = Object.keys(PIECE_KIND) as PieceKind[];

export const CLOSED = 1;
/** The piece's bytes are there: it is not longer than its bound. */
export const HAS_BYTES = 2;

/** Gives a batch's pieces to a sink, as who cut them would have. */
export function replay({ wiki, bytes, table }: PieceBatch, sink: PageSink): void {
  sink.begin(wiki);
  const all = Buffer.from(bytes);
  const field = (index: number): number => table[index] ?? 0;
  let at = 0;
  for (let i = 0; i < table.length; i += PIECE_FIELDS) {
    const [length, flags] = [field(i + 2), field(i + 4)];
    const held = (flags & HAS_BYTES) === 0 ? null : all.subarray(at, at + length);
    if (held !== null) at += length;
    const closed = (flags & CLOSED) !== 0;
    give(sink, KINDS[field(i)], { offset: field(i + 1), length, bytes: held, limit: field(i + 3), closed });
  }
}

function give(sink: PageSink, kind: PieceKind | undefined, piece: Piece): void {
  switch (kind) {
    case 'strayHead':
      return sink.strayHead(piece.offset, piece.bytes ?? Buffer.alloc(0));
    case 'pageHead':
      return sink.pageHead(piece);
    case 'revision':
      return sink.revision(piece);
    case 'between':
      return sink.between(piece);
    case 'pageEnd':
      return sink.pageEnd(piece.offset, piece.closed);
    case undefined:
      throw new Error('a batch holds a piece of no kind');
  }
}
