import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonical } from '@wikifleet/testing/samples';
import { askOracle, convert } from './testing/test-tools.js';

const KEYS =
  'wiki_id page_id page_namespace_id page_title page_redirect_target user_id user_text user_is_visible revision_id revision_parent_id ' +
  'revision_dt revision_is_minor_edit revision_comment revision_comment_is_visible revision_sha1 revision_size revision_content_slots ' +
  'revision_content_is_visible';
const SLOT_KEYS = 'content_body content_format content_model content_sha1 content_size origin_rev_id';

type Row = Record<string, unknown> & { revision_content_slots: Record<string, Record<string, unknown>> };

const PAGE = '<title>A</title><ns>0</ns><id>7</id>';
const REV = '<id>8</id><timestamp>2001-01-15T13:15:00Z</timestamp>';

function page(revision: string, head = PAGE): string {
  return `<page>${head}<revision>${REV}${revision}</revision></page>`;
}

function text(attributes: string, body = ''): string {
  return page(`<text${attributes}>${body}</text>`);
}

/** What a page's row holds: columns by name, those of the main slot as `main.…`; and what is counted. */
const PAGES: readonly [rule: string, xml: string, holds: Record<string, unknown>, unmapped?: Record<string, number>][] =
  [
    ['no ns before 0.6', page('', '<title>A</title><id>7</id>'), { page_namespace_id: null }],
    ['a negative ns', page('', '<title>A</title><ns>-1</ns><id>7</id>'), { page_namespace_id: -1 }],
    [
      'a title as it stands',
      page('', '<title> Talk:A &amp; "B"\n </title><id>7</id>'),
      { page_title: ' Talk:A & "B"\n ' },
    ],
    ['no redirect', page(''), { page_redirect_target: null }],
    ['a redirect', page('', `${PAGE}<redirect title="B &quot;C&quot;" />`), { page_redirect_target: 'B "C"' }],
    ['a bare redirect', page('', `${PAGE}<redirect />`), { page_redirect_target: '' }],
    [
      'elements in another order',
      page('', '<id> 7 </id><redirect title="B"/><ns>1</ns><title>A</title>'),
      { page_id: 7, page_namespace_id: 1, page_redirect_target: 'B' },
    ],
    [
      'a user',
      page('<contributor><username>U</username><id>3</id></contributor>'),
      { user_id: 3, user_text: 'U', user_is_visible: true },
    ],
    [
      'a user with id 0 and no name',
      page('<contributor><username/><id>0</id></contributor>'),
      { user_id: 0, user_text: '', user_is_visible: true },
    ],
    [
      'an address',
      page('<contributor><ip>::1</ip></contributor>'),
      { user_id: null, user_text: '::1', user_is_visible: true },
    ],
    [
      'a name before an address',
      page('<contributor><ip>::1</ip><username>U</username></contributor>'),
      { user_text: 'U' },
    ],
    [
      'an empty name before an address',
      page('<contributor><ip>::1</ip><username></username></contributor>'),
      { user_text: '' },
    ],
    ['an empty contributor', page('<contributor/>'), { user_id: null, user_text: null, user_is_visible: true }],
    [
      'a hidden user',
      page('<contributor deleted="deleted" />'),
      { user_id: null, user_text: null, user_is_visible: false },
    ],
    [
      'a hidden user with children',
      page('<contributor deleted=""><username>U</username><id>x</id></contributor>'),
      { user_id: null, user_text: null, user_is_visible: false },
    ],
    ['no contributor', page(''), { user_id: null, user_text: null, user_is_visible: false }],
    ['no parent', page(''), { revision_parent_id: null }],
    ['a parent', page('<parentid>5</parentid>'), { revision_parent_id: 5 }],
    ['an empty parent', page('<parentid/>'), { revision_parent_id: null }],
    ['a parent of blanks', page('<parentid>\n\t </parentid>'), { revision_parent_id: null }],
    ['minus nothing', page('<parentid>-0</parentid>'), { revision_parent_id: 0 }],
    ['15 digits', page('<parentid>\n-999999999999999\t</parentid>'), { revision_parent_id: -999999999999999 }],
    ['a timestamp as it stands', page(''), { revision_dt: '2001-01-15T13:15:00Z' }],
    ['minor', page('<minor />'), { revision_is_minor_edit: true }],
    ['not minor', page(''), { revision_is_minor_edit: false }],
    ['no comment', page(''), { revision_comment: '', revision_comment_is_visible: true }],
    ['an empty comment', page('<comment></comment>'), { revision_comment: '', revision_comment_is_visible: true }],
    [
      'a comment',
      page('<comment> a\n&lt;b&gt; </comment>'),
      { revision_comment: ' a\n<b> ', revision_comment_is_visible: true },
    ],
    [
      'a hidden comment',
      page('<comment deleted="deleted" />'),
      { revision_comment: null, revision_comment_is_visible: false },
    ],
    ['a hash', page('<sha1>abc</sha1>'), { revision_sha1: 'abc' }],
    ['an empty hash', page('<sha1 />'), { revision_sha1: null }],
    ['no hash', page(''), { revision_sha1: null }],
    [
      'no text',
      page('<model>m</model><format>f/f</format><origin>4</origin>'),
      {
        revision_size: null,
        revision_content_is_visible: true,
        'main.content_body': null,
        'main.content_size': null,
        'main.content_model': 'm',
        'main.content_format': 'f/f',
        'main.origin_rev_id': 4,
      },
    ],
    ['an empty model', page('<model/>'), { 'main.content_model': '' }],
    ['an origin of -1', page('<origin>-1</origin>'), { 'main.origin_rev_id': -1 }],
    ['an empty text', text(''), { 'main.content_body': '', 'main.content_size': 0, revision_size: 0 }],
    [
      'a text',
      text(' bytes="9" sha1="h" xml:space="preserve"', 'é'),
      { 'main.content_body': 'é', 'main.content_size': 9, 'main.content_sha1': 'h', revision_size: 9 },
    ],
    [
      'a text without bytes',
      text('', 'é€😀'),
      { 'main.content_body': 'é€😀', 'main.content_size': 9, revision_size: 9 },
    ],
    ['a text of -1 bytes', text(' bytes="-1"', 'é'), { 'main.content_size': 2, revision_size: 2 }],
    ['a text of no bytes', text(' bytes=" "', 'é'), { 'main.content_size': 2 }],
    ['bytes that are wrong', text(' bytes="123"', 'x'), { 'main.content_size': 123, 'main.content_body': 'x' }],
    ['an empty sha1 of a text', text(' sha1=""'), { 'main.content_sha1': null }],
    [
      'a hidden text',
      text(' deleted="deleted" bytes="5"'),
      { 'main.content_body': null, 'main.content_size': 5, revision_size: 5, revision_content_is_visible: false },
    ],
    [
      'a hidden text of -1 bytes',
      text(' deleted="deleted" bytes="-1"'),
      { 'main.content_size': null, revision_size: null, revision_content_is_visible: false },
    ],
    [
      'a hidden text that is there',
      text(' deleted=""', 'x'),
      { 'main.content_body': null, revision_content_is_visible: false },
    ],
    [
      'a stub with an id',
      text(' id="5" bytes="9"'),
      { 'main.content_body': null, 'main.content_size': 9, revision_content_is_visible: true },
    ],
    [
      'a stub with a location',
      text(' location="tt:5"'),
      { 'main.content_body': null, 'main.content_size': null, revision_size: null },
    ],
    ['a stub of -1 bytes', text(' id="5" bytes="-1"'), { 'main.content_body': null, 'main.content_size': null }],
    [
      'no stub: 0 bytes',
      text(' id="5" location="tt:5" bytes="0"'),
      { 'main.content_body': '', 'main.content_size': 0 },
    ],
    ['no stub: -0 bytes', text(' id="5" bytes="-0"'), { 'main.content_body': '', 'main.content_size': 0 }],
    ['no stub: a text', text(' id="5" bytes="9"', ' '), { 'main.content_body': ' ', 'main.content_size': 9 }],
    [
      'entities',
      text('', '&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;&#10;&#13;&amp;lt;'),
      { 'main.content_body': '<>&"\'AB😀\n\r&lt;' },
    ],
    ['ends of lines', text('', 'a\r\nb\rc\nd\te'), { 'main.content_body': 'a\nb\nc\nd\te' }],
    [
      'separators that JavaScript once took for ends of lines',
      text('', '\u2028\u2029\u0085\u007f\ufeff'),
      { 'main.content_body': '\u2028\u2029\u0085\u007f\ufeff' },
    ],
    [
      'the last of the planes',
      text('', '\ufffd\u{10ffff}\u{1fffe}\ud7ff\ue000'),
      { 'main.content_body': '\ufffd\u{10ffff}\u{1fffe}\ud7ff\ue000' },
    ],
    ['CDATA and a comment', text('', 'a<![CDATA[<b>&amp;]]>c<!-- no -->d'), { 'main.content_body': 'a<b>&amp;cd' }],
    ['a comment in a number', page('<parentid>1<!-- x -->2</parentid>'), { revision_parent_id: 12 }],
    ['blanks in an attribute', page('', `${PAGE}<redirect title="a\n\tb&#10;" />`), { page_redirect_target: 'a  b\n' }],
    ['single quotes', text(" bytes='3'"), { 'main.content_size': 3 }],
    [
      'slots',
      page(
        '<text bytes="2">ab</text><content><role>mediainfo</role><origin>4</origin><model>m</model><format>f</format><text bytes="3" sha1="s">abc</text></content><content><role>a_b-1</role></content>',
      ),
      {
        revision_size: null,
        'mediainfo.content_body': 'abc',
        'mediainfo.content_sha1': 's',
        'mediainfo.origin_rev_id': 4,
        'a_b-1.content_body': null,
      },
    ],
    [
      'the size of two slots',
      page('<text bytes="2">ab</text><content><role>x</role><text>€</text></content>'),
      { revision_size: 5 },
    ],
    [
      "a role that is an object's own",
      page('<text/><content><role>constructor</role><text deleted="deleted"/></content>'),
      { 'constructor.content_body': null, revision_content_is_visible: true },
    ],
    [
      'no column',
      page('<foo><id>9</id></foo><foo/><DiscussionThreading/>', `${PAGE}<restrictions>edit=sysop</restrictions>`),
      { revision_id: 8 },
      { foo: 2, DiscussionThreading: 1, restrictions: 1 },
    ],
    [
      'no column in a contributor or a slot',
      page('<contributor><bot/><ip>i</ip></contributor><text/><content><role>x</role><baz/></content>'),
      { user_text: 'i' },
      { bot: 1, baz: 1 },
    ],
    [
      'an upload and threads after a revision',
      page('').replace('</page>', '<upload><filename>f</filename></upload><DiscussionThreading/>x</page>'),
      {},
      { upload: 1, DiscussionThreading: 1, '#text': 1 },
    ],
    [
      'the first of two counts',
      page('<id>9</id><text>a</text><text>b</text>', `${PAGE}<id>70</id>`),
      { page_id: 7, revision_id: 8, 'main.content_body': 'a' },
      { id: 2, text: 1 },
    ],
    ['elements in a text', text('', 'a<b>x<i>y</i></b>c'), { 'main.content_body': 'axyc' }, { b: 1 }],
    ['elements in a comment', page('<comment>a<b>x</b>c</comment>'), { revision_comment: 'a' }, { b: 1 }],
    ['attributes that no schema has', text(' foo="1" bytes="1"'), { 'main.content_size': 1 }, { 'text@foo': 1 }],
    [
      'an attribute of a revision',
      page('').replace('<revision>', '<revision x="1">'),
      { revision_id: 8 },
      { 'revision@x': 1 },
    ],
    ['text where none belongs', page('stray'), { revision_id: 8 }, { '#text': 1 }],
    ['blanks in end tags', page('').replace('</revision>', '</revision >'), { revision_id: 8 }],
  ];

function valueAt(row: Row, path: string): unknown {
  const [slot, column] = path.split('.');
  return column === undefined ? row[path] : row.revision_content_slots[slot ?? '']?.[column];
}

function asDump(pages: readonly string[]): string {
  return `<mediawiki><siteinfo><dbname>aawiki</dbname></siteinfo>\n${pages.join('\n')}\n</mediawiki>\n`;
}

describe('rows', function () {
  for (const [rule, xml, holds, unmapped] of PAGES) {
    it(rule, () => {
      const { lines, counts, quarantine, error } = convert(asDump([xml]));
      assert.deepEqual([error, quarantine, lines.length], [null, [], 1]);
      const row = JSON.parse(lines[0] ?? '') as Row;
      assert.equal(Object.keys(row).join(' '), KEYS);
      for (const slot of Object.values(row.revision_content_slots))
        assert.equal(Object.keys(slot).join(' '), SLOT_KEYS);
      assert.equal(Object.keys(row.revision_content_slots)[0], 'main');
      for (const [path, value] of Object.entries(holds)) assert.deepEqual(valueAt(row, path), value, path);
      assert.deepEqual(counts.unmapped, unmapped ?? {});
    });
  }

  it('are what the oracle reads in each of these pages', function () {
    compareWithOracle(
      this,
      PAGES.map(([, xml]) => xml),
    );
  });

  it('are what the oracle reads in generated pages', function () {
    compareWithOracle(this, fc.sample(generatedPage, { numRuns: 400, seed: 20260101 }));
  });

  it('keep the sum of sizes exact beyond 2^53', () => {
    const contents = Array.from(
      { length: 12 },
      (_, i) => `<content><role>r${i}</role><text bytes="999999999999999"/></content>`,
    );
    const { lines } = convert(asDump([page(`<text bytes="1"/>${contents.join('')}`)]));
    assert.match(lines[0] ?? '', /"revision_size":11999999999999989,/);
  });
});

function compareWithOracle(test: Mocha.Context, pages: readonly string[]): void {
  const dump = asDump(pages);
  const rows = askOracle(dump);
  if (rows === null) {
    test.skip('python3 and the independent reader of dumps (../shared/tools/oracle.py)');
  }
  const { lines, error } = convert(dump);
  assert.equal(error, null);
  // the oracle takes an empty title for one; MediaWiki does not, and such a page is quarantined
  const owed = rows.filter((row) => !/^[ \t\r\n_]*$/.test((JSON.parse(row) as { page_title: string }).page_title));
  assert.deepEqual(lines.map(canonical), owed);
}

const character = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('a', ' ', '\n', '\r', '\t', '"', '\\', '&lt;', '&amp;', '&#13;', '&#x2028;', ']', '/'),
  },
  { weight: 2, arbitrary: fc.integer({ min: 0xa0, max: 0xd7ff }).map((code) => String.fromCodePoint(code)) },
  { weight: 1, arbitrary: fc.integer({ min: 0x10000, max: 0x10ffff }).map((code) => String.fromCodePoint(code)) },
  { weight: 1, arbitrary: fc.constantFrom('<![CDATA[<&]]>', '<!-- x -->', '<b>y</b>') },
);
const content = fc.array(character, { maxLength: 12 }).map((all) => all.join(''));
const number = fc.oneof(
  fc.integer({ min: -3, max: 100000 }).map(String),
  fc.constantFrom('', ' 4\n', '-0', '999999999999999'),
);
const attribute = (name: string, value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(''),
    value.map((v) => ` ${name}="${v}"`),
  );
const element = (
  name: string,
  value: fc.Arbitrary<string>,
  attributes: fc.Arbitrary<string> = fc.constant(''),
): fc.Arbitrary<string> =>
  fc.tuple(attributes, value).map(([a, v]) => (v === '' ? `<${name}${a} />` : `<${name}${a}>${v}</${name}>`));
const maybe = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(''), arbitrary);
const shuffled = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc
    .tuple(...parts)
    .chain((all) => fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }))
    .map((all) => all.join('\n  '));
const deleted = attribute('deleted', fc.constantFrom('deleted', ''));
const textAttributes = fc
  .tuple(
    attribute('bytes', number),
    attribute('id', fc.constant('5')),
    attribute('location', fc.constant('tt:5')),
    attribute('sha1', fc.constantFrom('', 'abc')),
    deleted,
  )
  .map((all) => all.join(''));
const body = element('text', content, textAttributes);
const contributor = element(
  'contributor',
  shuffled(maybe(element('username', content)), maybe(element('id', number)), maybe(element('ip', content))),
  deleted,
);
const extraSlot = fc
  .tuple(
    fc.constantFrom('mediainfo', 'x-1'),
    maybe(element('origin', number)),
    maybe(element('model', content)),
    maybe(body),
  )
  .map(([role, ...rest]) => `<content><role>${role}</role>${rest.join('')}</content>`);
const generatedRevision = shuffled(
  fc.constant('<id>8</id>'),
  element('timestamp', content),
  maybe(element('parentid', number)),
  maybe(contributor),
  maybe(fc.constant('<minor/>')),
  maybe(element('comment', content, deleted)),
  maybe(element('origin', number)),
  maybe(element('model', content)),
  maybe(element('format', content)),
  maybe(element('sha1', content)),
  maybe(body),
  maybe(extraSlot),
  maybe(fc.constant('<unknown>z</unknown>')),
).map((all) => `<revision>${all}</revision>`);
const plainTitle = fc.array(fc.constantFrom('a', 'é', '&amp;', ' ', '😀'), { maxLength: 9 }).map((all) => all.join(''));
const generatedPage = fc
  .tuple(
    shuffled(
      element('title', plainTitle),
      fc.constant('<id> 7</id>'),
      maybe(element('ns', number)),
      maybe(element('redirect', fc.constant(''), attribute('title', plainTitle))),
    ),
    fc.array(generatedRevision, { maxLength: 3 }),
  )
  .map(([head, revisions]) => `<page>${head}${revisions.join('\n')}</page>`);
