import assert from 'node:assert/strict';
import { codeOf } from '@wikifleet/domain/errors';
import { findHeadEnd, readDumpHead } from './dump-head.js';
import type { DumpHead, WikiChoice } from './dump-head.js';
import type { DumpEncoding } from './utf8-input.js';

const choice = (wiki: string | null): WikiChoice => ({ wiki, overrides: false });
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
];

const READ: readonly [
  what: string,
  head: string,
  expected: Partial<DumpHead>,
  wiki?: string | null,
  encoding?: DumpEncoding,
][] = [
  ['nothing', '', { wiki: 'unknown', hasRoot: false, version: null, failure: null }],
  ['blanks', '\n  ', { wiki: 'aawiki', hasRoot: false }, 'aawiki'],
  ['a wiki', site('<dbname>aawiki</dbname>'), { wiki: 'aawiki', dbname: 'aawiki', hasRoot: true, version: '0.11' }],
  ["a wiki that is the run's", site('<dbname>aawiki</dbname>'), { wiki: 'aawiki' }, 'aawiki'],
  ['a wiki with blanks', site('<dbname >\n aawiki </dbname >'), { dbname: 'aawiki' }],
  ['a wiki with an attribute', site('<dbname xml:lang="en">aawiki</dbname>'), { dbname: 'aawiki' }],
  ['a wiki in CDATA', site('<dbname><![CDATA[aawiki]]></dbname>'), { dbname: 'aawiki' }],
  ['a wiki with an entity', site('<dbname>&#97;a&#x77;iki</dbname>'), { dbname: 'aawiki' }],
  ['no wiki', site(''), { wiki: 'unknown', dbname: null }],
  ['no wiki, of a run', site(''), { wiki: 'aawiki', dbname: null }, 'aawiki'],
  [
    'an empty wiki',
    site('<dbname></dbname><dbname/>'),
    { wiki: 'aawiki', dbname: null, invalidDbname: null },
    'aawiki',
  ],
  ['a wiki with a plus', site('<dbname>my+wiki</dbname>'), { wiki: 'my+wiki', dbname: 'my+wiki', invalidDbname: null }],
  ['a wiki with a space', site('<dbname>my wiki</dbname>'), { wiki: 'unknown', invalidDbname: 'my wiki' }],
  ['a path for a wiki', site('<dbname>../x</dbname>'), { wiki: 'unknown', invalidDbname: '../x' }],
  ['a wiki with "&lt;"', site('<dbname>a&lt;b</dbname>'), { wiki: 'unknown', invalidDbname: 'a<b' }],
  ['a long wiki', site(`<dbname>${'a'.repeat(201)}</dbname>`), { wiki: 'unknown', invalidDbname: 'a'.repeat(200) }],
  ['another element', site('<dbnames>x</dbnames>'), { dbname: null }],
  ['a wiki in a comment', site('<!-- <dbname>x</dbname> --><dbname>aawiki</dbname>'), { dbname: 'aawiki' }],
  [
    'values that are not escaped',
    site('<sitename>A & B < C</sitename><dbname>aawiki</dbname>'),
    { dbname: 'aawiki', failure: null },
  ],
  ['a document type in a comment', `<!-- <!DOCTYPE a> -->${site('')}`, { hasRoot: true }],
  ['UTF-8, declared', `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${site('')}`, { encoding: 'utf-8' }],
  ...['us-ascii', 'US-ASCII', 'ascii', 'UTF8', 'utf8'].map((name): [string, string, Partial<DumpHead>] => [
    `UTF-8 that is declared as ${name}`,
    `<?xml version='1.0' encoding='${name}'?>${site('')}`,
    { encoding: 'utf-8', hasRoot: true },
  ]),
  ['UTF-8 with a mark', `\ufeff<?xml version="1.0"?>${site('')}`, { hasRoot: true }],
  [
    'UTF-16, declared',
    `<?xml version="1.0" encoding="utf-16"?>${site('')}`,
    { encoding: 'utf-16be' },
    null,
    'utf-16be',
  ],
  ['no siteinfo', '<mediawiki>', { hasRoot: true, version: null, failure: null }],
  ['an empty siteinfo', '<mediawiki><siteinfo />', { failure: null }],
  ['a root that ends', "<mediawiki version='0.5' />", { version: '0.5', failure: null }],
];

/** Heads whose tags do not match: what is said of the first such tag. */
const MALFORMED: readonly [what: string, head: string, message: RegExp][] = [
  [
    'a root with half an attribute',
    '<mediawiki version>',
    /not well-formed at byte 0: .*start tag; received "<mediawiki/,
  ],
  ['a root with "<" in it', '<mediawiki a="<b>">', /at byte 0/],
  ['an element of siteinfo that is closed by another', site('<dbname>x</generator>'), /expected <\/dbname>/],
  ['an end tag too many', site('</base>'), /expected <\/siteinfo>; received "<\/base>"/],
];

/** Where heads end: at the bar. */
const ENDS: readonly string[] = [
  '|',
  '|x',
  '<mediawiki>|',
  '<mediawiki a=">">| <page>',
  '<mediawiki>|<page x="1"></page>',
  '<mediawiki>|<something/>',
  '<mediawiki>| </mediawiki>',
  '<mediawiki><siteinfo></siteinfo>| <page>',
  '<mediawiki><siteinfo></siteinfo \n>|<!-- c -->',
  '<mediawiki><!-- a --> <?b c?><siteinfo><!-- </siteinfo> --></siteinfo>|',
  '<?xml version="1.0"?> <?style x?> <!-- <mediawiki> --> <mediawiki><siteinfo/>|<logitem>',
  '\ufeff<mediawiki>|',
  '<mediawiki>|<siteinfo><dbname>a</dbname><page></page></siteinfo>',
  '<mediawiki>|<siteinfo><dbname>a',
  '|<mediawikis>',
  '  |<text></text></revision></page><page>',
  '|<!-- ',
];

describe('readDumpHead', () => {
  for (const [what, head, message] of MALFORMED) {
    it(`says of ${what} that it is not well-formed`, () => {
      const { failure, hasRoot } = readDumpHead(Buffer.from(head), 'utf-8', choice(null));
      assert.equal(hasRoot, true);
      assert.equal(failure?.code, 'HEAD_MALFORMED');
      assert.match(failure.message, message);
    });
  }

  it('takes the given wiki where it overrides', () => {
    const head = Buffer.from(site('<dbname>aawiki</dbname>'));
    const got = readDumpHead(head, 'utf-8', { wiki: 'bbwiki', overrides: true });
    assert.deepEqual([got.wiki, got.dbname], ['bbwiki', 'aawiki']);
  });

  for (const [why, head, code, wiki = null, encoding = 'utf-8'] of REFUSED) {
    it(`refuses ${why}`, () => {
      assert.throws(
        () => readDumpHead(Buffer.from(head), encoding, choice(wiki)),
        (error) => codeOf(error) === code,
      );
    });
  }

  it('refuses a head that is no UTF-8', () => {
    const head = Buffer.from('<mediawiki><siteinfo>\xe9</siteinfo>', 'latin1');
    assert.throws(
      () => readDumpHead(head, 'utf-8', choice(null)),
      (error) => codeOf(error) === 'ENCODING_REFUSED',
    );
  });

  for (const [what, head, expected, wiki = null, encoding = 'utf-8'] of READ) {
    it(`reads ${what}`, () => {
      const bytes = Buffer.from(head);
      const got = readDumpHead(bytes, encoding, choice(wiki));
      assert.equal(got.bytes, bytes.length);
      for (const [key, value] of Object.entries(expected)) assert.equal(got[key as keyof DumpHead], value, key);
    });
  }

  for (const example of ENDS) {
    it(`finds where a head ends: ${JSON.stringify(example)}`, () => {
      const text = example.replace('|', '');
      const end = Buffer.byteLength(example.slice(0, example.indexOf('|')));
      const bytes = Buffer.from(text);
      assert.equal(findHeadEnd(bytes, true), end);
      // with fewer bytes it is the same, or not known yet
      for (let length = 0; length < bytes.length; length += 1) {
        const early = findHeadEnd(bytes.subarray(0, length), false);
        assert.ok(early === null || early === end, `${early} after ${length} bytes`);
      }
    });
  }

  it('names the prefix of a root', () => {
    assert.throws(() => findHeadEnd(Buffer.from('<ns0:mediawiki xmlns:ns0="x">'), false), {
      code: 'NAMESPACE_PREFIX',
      message: /received <ns0:mediawiki/,
    });
  });

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
      for (const before of ['', '<mediawiki>', '<dbname>a', '<?xml ']) {
        const head = Buffer.from(`${before}${part.repeat((1024 * 1024) / part.length)}>`);
        try {
          findHeadEnd(head, true);
          readDumpHead(head, 'utf-8', choice(null));
        } catch (error) {
          assert.match(codeOf(error), /_REFUSED$|^WIKI_DIFFERS$/);
        }
      }
    });
  }
});
