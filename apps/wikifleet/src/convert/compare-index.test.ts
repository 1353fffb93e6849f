import assert from 'node:assert/strict';
import { indexPathsOf } from './compare-index.js';

describe('indexPathsOf', () => {
  const cases: [dump: string, index: string | null][] = [
    ['d/enwiki-20261001-pages-articles-multistream.xml.bz2', 'd/enwiki-20261001-pages-articles-multistream-index.txt'],
    [
      'enwiki-latest-pages-articles-multistream1.xml-p1p41242.bz2',
      'enwiki-latest-pages-articles-multistream-index1.txt-p1p41242',
    ],
    [
      'enwiki-20261001-pages-articles-multistream27.xml-p9p9.bz2',
      'enwiki-20261001-pages-articles-multistream-index27.txt-p9p9',
    ],
    ['enwiki-20261001-pages-articles1.xml-p1p41242.bz2', null],
    ['enwiki-20261001-pages-articles-multistream.xml', null],
    ['enwiki-20261001-pages-articles-multistream-index.txt.bz2', null],
  ];
  for (const [dump, index] of cases) {
    it(dump, () => assert.deepEqual(indexPathsOf(dump), index === null ? [] : [`${index}.bz2`, index]));
  }
});
