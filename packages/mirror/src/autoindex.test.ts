import assert from 'node:assert/strict';
import { parseAutoindex } from './autoindex.js';

const FILE = { name: 'a-1.xml.bz2', size: null, directory: false };
const FOLDER = { name: '20261001', size: null, directory: true };

describe('parseAutoindex', () => {
  const table: [what: string, html: string, entries: object[], refused: number][] = [
    ['nothing', '', [], 0],
    ['a page without links', '<html>hello</html>', [], 0],
    ['a climbing name', '<a href="../../etc/passwd">x</a>', [], 1],
    ['a climbing name in percent signs', '<a href="%2e%2e%2fx">x</a>', [], 1],
    ['a control character', '<a href="a%0ab">x</a>', [], 1],
    ['broken percent signs', '<a href="%zz">x</a><a href="%e9">y</a>', [], 2],
    ['a folder in a folder', '<a href="x/y/">x</a>', [], 1],
    ['another host', '<a href="https://example.org/a">x</a><a href="//example.org/a">x</a>', [], 0],
    ['a script', '<a href="javascript:alert(1)">x</a>', [], 0],
    [
      'the folders above',
      '<a href="../">..</a><a href="/">/</a><a href="/dumps/">up</a><a href="/dumps/aawiki/">.</a>',
      [],
      0,
    ],
    ['the columns of Apache', '<a href="?C=N;O=D">Name</a><a href="?C=S&amp;O=A">Size</a>', [], 0],
    ['nginx', '<pre><a href="20261001/">20261001/</a>   01-Oct-2026 00:00   -\n', [FOLDER], 0],
    ['Apache', '<td><A class="f" HREF=\'a-1.xml.bz2\'>a-1</A></td><td>1.2M</td>', [FILE], 0],
    ['absolute links', '<a href="/dumps/aawiki/a-1.xml.bz2">a</a>', [FILE], 0],
    ['a dot before', '<a href="./a-1.xml.bz2">a</a>', [FILE], 0],
    ['a name twice', '<a href="20261001/">a</a><a href="20261001/">b</a>', [FOLDER], 0],
  ];
  for (const [what, html, entries, refused] of table) {
    it(`reads ${what}`, () => assert.deepEqual(parseAutoindex(html, '/dumps/aawiki/'), { entries, refused }));
  }

  for (const part of ['<a ', '<a href', '<a href=', '<a href="', 'href=" ', '<a href   ', '&amp;']) {
    it(`takes linear time for megabytes of ${JSON.stringify(part)}`, () => {
      const began = performance.now();
      parseAutoindex(`<a ${part.repeat(2 ** 21 / part.length)}`, '/');
      // four million times two megabytes otherwise
      assert.ok(performance.now() - began < 30_000);
    });
  }
});
