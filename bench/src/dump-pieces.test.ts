import assert from 'node:assert/strict';
import { countTag, piecesOf, takeApart } from './dump-pieces.js';

const page = (id: number, revisions: number): string =>
  `  <page>\n    <id>${id}</id>\n${'    <revision>\n    </revision>\n'.repeat(revisions)}  </page>\n`;

describe('pieces of a dump', () => {
  it('refuses a dump without a page', () => {
    assert.throws(() => takeApart('a.xml', Buffer.from('<mediawiki></mediawiki>')), /a\.xml: expected a page/);
  });

  it('are the head and each page; a page that is cut off is none', () => {
    const xml = `<mediawiki>\n${page(1, 1)}${page(2, 3)}  <page>\n    <id>3`;
    const { head, pages } = takeApart('a.xml', Buffer.from(xml));
    assert.equal(head.toString(), '<mediawiki>\n');
    assert.deepEqual(
      pages.map((piece) => /<id>(\d)/.exec(piece.toString())?.[1]),
      ['1', '2'],
    );
    assert.equal(countTag(pages, '<revision>'), 4);
    assert.equal(piecesOf(pages[1] ?? Buffer.alloc(0), 'revision').length, 3);
  });
});
