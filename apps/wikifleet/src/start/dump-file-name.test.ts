import assert from 'node:assert/strict';
import { readDumpFileName } from './dump-file-name.js';

describe('readDumpFileName', () => {
  const classes: Record<string, readonly string[]> = {
    dump: [
      'twiki-20261001-pages-articles.xml',
      'twiki-20261001-pages-articles7.xml-p19p21.gz',
      'twiki-20261001-pages-articles-multistream2.xml-p1p3.bz2',
      'twiki-20261001-pages-meta-history1.xml-p1p2.7z',
      'twiki-latest-pages-meta-current.xml.bz2',
      'twiki-20261001-stub-meta-history.xml.gz',
      'twiki-2026-10-01-p1p3.xml.bz2',
      'twiki-2026-10-01-p5r1r9.xml.bz2',
      'sample-pages-articles.xml.xz',
      'pages-articles-p2566p2583.multistream.xml.bz2',
    ],
    xml: [
      'dump.xml',
      'dump.xml.zst',
      'Special-Export.XML.BZ2',
      'c26.xml.tar.gz',
      'twiki.xml-p1p3.bz2',
      'my-dump.bz2',
      'WikiDump (2).zip',
    ],
    companion: [
      'twiki-20261001-pages-articles-multistream-index.txt.bz2',
      'twiki-20261001-pages-articles-multistream-index2.txt-p1p3.bz2',
      'twiki-20261001-page.sql.gz',
      'twiki-20261001-md5sums.txt',
      'SHA256SUMS',
      '_SUCCESS',
      'dumpstatus.json',
      'twiki-20261001-siteinfo-namespaces.json.gz',
      'twiki-20261001-abstract1.xml.gz',
      'twiki-20261001-pages-logging.xml.gz',
      'twiki-latest-pages-articles.xml.bz2-rss.xml',
      'twiki-20261001-all-titles-in-ns0.gz',
    ],
    other: ['notes.txt', 'photos.zip', 'about pages-articles', 'backup.tar.bz2', 'x.gz', 'pages-articles.txt'],
  };
  for (const [nameClass, names] of Object.entries(classes)) {
    for (const name of names) {
      it(`takes ${name} for ${nameClass}`, () => assert.equal(readDumpFileName(name).nameClass, nameClass));
    }
  }

  it('reads kind, wiki, date and numbers', () => {
    assert.deepEqual(readDumpFileName('my+wiki-20261001-pages-articles-multistream3.xml-p10p20.bz2'), {
      nameClass: 'dump',
      kind: 'articles-multistream',
      isContentExport: false,
      wiki: 'my+wiki',
      date: '2026-10-01',
      numbers: { part: 3, pages: { first: 10, last: 20 }, isOnePage: false },
    });
    assert.deepEqual(readDumpFileName('twiki-2026-10-01-p5r1r9.xml.bz2'), {
      nameClass: 'dump',
      kind: null,
      isContentExport: true,
      wiki: 'twiki',
      date: '2026-10-01',
      numbers: { part: null, pages: { first: 5, last: 5 }, isOnePage: true },
    });
    assert.deepEqual(readDumpFileName('elwikivoyage-sample-stub-articles1.xml.gz'), {
      nameClass: 'dump',
      kind: 'stubs-articles',
      isContentExport: false,
      wiki: null,
      date: null,
      numbers: null,
    });
  });
});
