import assert from 'node:assert/strict';
import { codeOf } from '@wikifleet/domain/errors';
import { readDumpHead } from './dump-head.js';
import type { DumpHead } from './dump-head.js';
import type { DumpEncoding } from './utf8-input.js';

const site = (inner: string): string => `<mediawiki version="0.11" xml:lang="en">\n  <siteinfo>${inner}</siteinfo>\n`;

const REFUSED: readonly [why: string, head: string, code: string, wiki?: string | null, encoding?: DumpEncoding][] = [
  ['a document type', `<!DOCTYPE mediawiki>${site('')}`, 'DOCTYPE_REFUSED'],
  [
    'a billion laughs',
    `<?xml version="1.0"?>\n<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY l2 "&lol;&lol;">]>${site('')}`,
    'DOCTYPE_REFUSED',
  ],
  ['an entity in siteinfo', site('<!ENTITY a "b">'), 'DOCTYPE_REFUSED'],
  ['a document type without a root', '<!DOCTYPE html><html>', 'DOCTYPE_REFUSED'],
  ['a document type after a comment', `<!-- > --><!doctype a>${site('')}`, 'DOCTYPE_REFUSED'],
  ['another encoding', `<?xml version="1.0" encoding="ISO-8859-1"?>${site('')}`, 'ENCODING_REFUSED'],
  ['UTF-16 by its declaration alone', `<?xml version='1.0' encoding='UTF-16'?>${site('')}`, 'ENCODING_REFUSED'],
  [
    'UTF-16 that is declared as UTF-8',
    `<?xml version="1.0" encoding="utf-8"?>${site('')}`,
    'ENCODING_REFUSED',
    null,
    'utf-16le',
  ],
  [
    'UTF-16 of the other order',
    `<?xml version="1.0" encoding="UTF-16BE"?>${site('')}`,
    'ENCODING_REFUSED',
    null,
    'utf-16le',
  ],
  ['another wiki', site('<dbname>bbwiki</dbname>'), 'WIKI_DIFFERS', 'aawiki'],
  ['two wikis', site('<dbname>aawiki</dbname><dbname>bbwiki</dbname>'), 'WIKI_DIFFERS'],
  ['a path for a wiki', site('<dbname>../x</dbname>'), 'NAME_REFUSED'],
  ['a wiki in CDATA', site('<dbname><![CDATA[aawiki]]></dbname>'), 'NAME_REFUSED'],
  ['a wiki with an entity', site('<dbname>&#97;awiki</dbname>'), 'NAME_REFUSED'],
  ['a wiki without an end', '<mediawiki><siteinfo><dbname>aawiki', 'NAME_REFUSED'],
  ['a long wiki', site(`<dbname>${'a'.repeat(201)}</dbname>`), 'NAME_REFUSED'],
];

const READ: readonly [
  what: string,
  head: string,
  expected: Partial<DumpHead>,
  wiki?: string | null,
  encoding?: DumpEncoding,
][] = [
  ['nothing', '', { wiki: 'unknown', hasRoot: false, stray: null, version: null }],
  ['blanks', '\n  ', { wiki: 'aawiki', hasRoot: false, stray: null }, 'aawiki'],
  [
    'a wiki',
    site('<dbname>aawiki</dbname>'),
    { wiki: 'aawiki', dbname: 'aawiki', hasRoot: true, version: '0.11', stray: null },
  ],
  ["a wiki that is the run's", site('<dbname>aawiki</dbname>'), { wiki: 'aawiki' }, 'aawiki'],
  ['a wiki with blanks', site('<dbname >\n aawiki </dbname >'), { dbname: 'aawiki', stray: null }],
  ['no wiki', site(''), { wiki: 'unknown', dbname: null }],
  ['no wiki, of a run', site(''), { wiki: 'aawiki', dbname: null }, 'aawiki'],
  ['an empty wiki', site('<dbname></dbname><dbname/>'), { wiki: 'aawiki', dbname: null }, 'aawiki'],
  ['another element', site('<dbnames>x</dbnames>'), { dbname: null }],
  [
    'a wiki in a comment',
    site('<!-- <dbname>x</dbname> --><dbname>aawiki</dbname>'),
    { dbname: 'aawiki', stray: null },
  ],
  [
    'values that are not escaped',
    site('<sitename>A & B < C</sitename><dbname>aawiki</dbname>'),
    { dbname: 'aawiki', stray: null },
  ],
  ['a document type in a comment', `<!-- <!DOCTYPE a> -->${site('')}`, { stray: null }],
  [
    'UTF-8, declared',
    `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${site('')}`,
    { stray: null, encoding: 'utf-8' },
  ],
  ['UTF-8 with a mark', `\ufeff<?xml version="1.0"?>${site('')}`, { stray: null, hasRoot: true }],
  [
    'UTF-16, declared',
    `<?xml version="1.0" encoding="utf-16"?>${site('')}`,
    { stray: null, encoding: 'utf-16be' },
    null,
    'utf-16be',
  ],
  ['no siteinfo', '<mediawiki>\n', { hasRoot: true, stray: null, version: null }],
  ['an empty siteinfo', '<mediawiki><siteinfo />\n', { stray: null }],
  ['a root that ends', "<mediawiki version='0.5' />", { stray: null, version: '0.5' }],
  ['a root of another name', '<mediawikis>', { hasRoot: false, stray: 0 }],
  ['the end of a page', '  é</text></revision></page>', { hasRoot: false, stray: 2 }],
  ['a page with attributes', '<mediawiki><page x="1"></page>', { hasRoot: true, stray: 11 }],
  ['log items', `${site('')}<logitem/>`, { stray: site('').length }],
  ['siteinfo without an end', '<mediawiki><siteinfo><dbname>a</dbname>', { stray: 11 }],
  ['a comment without an end', '<mediawiki><!-- ', { stray: 11 }],
  ['another processing instruction', `<?xml-stylesheet href="a"?>${site('')}`, { hasRoot: true, stray: 0 }],
];

describe('readDumpHead', () => {
  for (const [why, head, code, wiki = null, encoding = 'utf-8'] of REFUSED) {
    it(`refuses ${why}`, () => {
      assert.throws(
        () => readDumpHead(Buffer.from(head), encoding, wiki),
        (error) => codeOf(error) === code,
      );
    });
  }

  it('refuses a head that is no UTF-8', () => {
    const head = Buffer.from('<mediawiki><siteinfo>\xe9</siteinfo>', 'latin1');
    assert.throws(
      () => readDumpHead(head, 'utf-8', null),
      (error) => codeOf(error) === 'ENCODING_REFUSED',
    );
  });

  for (const [what, head, expected, wiki = null, encoding = 'utf-8'] of READ) {
    it(`reads ${what}`, () => {
      const bytes = Buffer.from(head);
      const got = readDumpHead(bytes, encoding, wiki);
      assert.equal(got.bytes, bytes.length);
      for (const [key, value] of Object.entries(expected)) assert.equal(got[key as keyof DumpHead], value, key);
    });
  }

  const HOSTILE = [
    '<dbname ',
    '<dbname>',
    '<!--',
    '<!-- -->',
    '<!',
    ' ',
    '<mediawiki',
    'a ',
    '<siteinfo>',
    'encoding ',
    '<dbname>a </dbname',
  ];
  for (const part of HOSTILE) {
    it(`is linear in ${JSON.stringify(part)}`, function () {
      this.timeout(2000);
      for (const before of ['', '<mediawiki>', '<dbname>a', '<?xml ']) {
        const head = Buffer.from(`${before}${part.repeat((1024 * 1024) / part.length)}>`);
        try {
          readDumpHead(head, 'utf-8', null);
        } catch (error) {
          assert.match(codeOf(error), /_REFUSED$|^WIKI_DIFFERS$/);
        }
      }
    });
  }
});
