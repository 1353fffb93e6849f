import { Drawing } from './drawing.js';
import type { Kind } from './drawing.js';

const [LEFT, RIGHT] = [40, 920];
const KINDS: readonly Kind[] = ['one', 'two', 'three'];
/** Where the bytes are cut, where blocks begin, and where pages begin: neither knows of the other. */
const CUTS = [333, 627];
const BLOCKS = [40, 150, 250, 372, 480, 590, 700, 812];
const PAGES = [84, 190, 300, 430, 540, 660, 760];
const END_TAG = 880;

/** A split owns the blocks that begin in its range, and the pages that begin in those blocks. */
const ownerOfBlock = (begin: number): number => CUTS.filter((cut) => cut <= begin).length;
const ownerOfPage = (begin: number): number => ownerOfBlock(BLOCKS.findLast((block) => block <= begin) ?? LEFT);

/** What each receipt says: the first block and page that its split owns, and those that follow the last. */
function saysOf(split: number): [string, string] {
  const span = (what: string, begins: readonly number[], owner: (begin: number) => number, end: string): string => {
    const own = begins.map((begin, at) => (owner(begin) === split ? at : -1)).filter((at) => at >= 0);
    const next = (own.at(-1) ?? 0) + 1;
    const name = what[0]?.toLowerCase() ?? '';
    const follows = next < begins.length ? `${name}${next + 1}` : end;
    return `first${what} ${name}${(own[0] ?? 0) + 1}, next${what} ${follows}`;
  };
  return [span('Block', BLOCKS, ownerOfBlock, 'the end'), span('Page', PAGES, ownerOfPage, '</mediawiki>')];
}

/** A file of eight blocks and seven pages, cut into three splits. */
export function drawSplits(): string {
  const drawing = new Drawing(
    [960, 396],
    'How splits own blocks and pages, and how their receipts join',
    'A bzip2 file of eight blocks and seven pages is cut into three splits of equal bytes. Each block belongs to the split in which it ' +
      'begins, each page to the split that owns the block in which it begins. Three receipts say where the first owned block and page ' +
      'stand and what follows the last; each end equals the next beginning, so the file joins.',
  );
  drawing.note([LEFT, 26], 'start', 'splits: ranges of the compressed bytes, cut anywhere');
  const ends = [LEFT, ...CUTS, RIGHT];
  for (const [at, kind] of KINDS.entries()) {
    const [begin = 0, end = 0] = ends.slice(at);
    drawing.box(kind, [begin, 36, end - begin, 34], `split ${at}`);
  }
  drawing.note([LEFT, 98], 'start', 'blocks: each belongs to the split in which it begins');
  for (const [at, begin] of BLOCKS.entries()) {
    const end = BLOCKS[at + 1] ?? RIGHT;
    drawing.box(KINDS[ownerOfBlock(begin)] ?? 'band', [begin, 108, end - begin, 34], `b${at + 1}`);
  }
  drawing.note([LEFT, 170], 'start', 'pages: each belongs to the split that owns the block of its <page>');
  drawing.box('one', [LEFT, 180, (PAGES[0] ?? 0) - LEFT, 34], 'head');
  for (const [at, begin] of PAGES.entries()) {
    const end = PAGES[at + 1] ?? END_TAG;
    drawing.box(KINDS[ownerOfPage(begin)] ?? 'band', [begin, 180, end - begin, 34], `p${at + 1}`);
  }
  drawing.box('outside', [END_TAG, 180, RIGHT - END_TAG, 34], 'end');
  for (const cut of CUTS) for (const top of [30, 102, 174]) drawing.cut([cut, top], [cut, top + 46]);
  drawing.note(
    [(LEFT + RIGHT) / 2, 246],
    'middle',
    'p3 and p6 run on into blocks of the next split: whoever owns a page reads it to its end',
  );
  const [width, gap] = [264, 44];
  drawing.note([LEFT, 278], 'start', 'receipts: each end is the next beginning, or the file fails and says where');
  for (const [at, kind] of KINDS.entries()) {
    const x = LEFT + at * (width + gap);
    drawing.box(kind, [x, 290, width, 66], `receipt ${at}`, ...saysOf(at));
    if (at > 0) drawing.label([x - gap / 2, 328], 'middle', '=');
  }
  drawing.note(
    [(LEFT + RIGHT) / 2, 382],
    'middle',
    'b1 is the first block, p1 follows the head, nothing follows </mediawiki>: the file is whole',
  );
  return drawing.svg();
}
