import assert from 'node:assert/strict';
import { dumpHead, pageXml, stubXml } from './dump-xml.js';
import { exportHead, exportPageXml } from './export-xml.js';
import { mix } from './random.js';
import type { SamplePage, SampleRevision } from './sample-page.js';
import { SAMPLE_TWO_WIKI, SAMPLE_WIKI } from './sample-wikis.js';

const REVISION: SampleRevision = {
  id: 90,
  parentId: 80,
  timestamp: '2026-01-02T03:04:05Z',
  contributor: { kind: 'user', name: "O'Neil & <S>", id: 7 },
  isMinor: true,
  comment: 'a "b"',
  isTextHidden: false,
  slots: [
    {
      role: 'main',
      origin: 90,
      model: 'wikitext',
      format: 'text/x-wiki',
      text: '<b>&nbsp;"ω"</b>',
      bytes: 17,
      sha1: 's1',
    },
    {
      role: 'mediainfo',
      origin: 80,
      model: 'wikibase-mediainfo',
      format: 'application/json',
      text: '{}',
      bytes: 2,
      sha1: 's2',
    },
  ],
  sha1: 's3',
};
const EARLIER: SampleRevision = {
  ...REVISION,
  id: 80,
  parentId: null,
  comment: '',
  isMinor: false,
  slots: REVISION.slots.slice(0, 1),
};
const PAGE: SamplePage = {
  id: 5,
  namespace: 6,
  title: 'File:"A" & B',
  redirectTarget: 'C & D',
  revision: REVISION,
  earlier: [EARLIER],
};
const HEAD = `  <page>
    <title>File:&quot;A&quot; &amp; B</title>
    <ns>6</ns>
    <id>5</id>
    <redirect title="C &amp; D" />
    <revision>
      <id>90</id>
      <parentid>80</parentid>
      <timestamp>2026-01-02T03:04:05Z</timestamp>
      <contributor>
        <username>O'Neil &amp; &lt;S&gt;</username>
        <id>7</id>
      </contributor>
      <minor />
      <comment>a &quot;b&quot;</comment>
      <origin>90</origin>
      <model>wikitext</model>
      <format>text/x-wiki</format>
`;
const WHOLE = `${HEAD}      <text bytes="17" sha1="s1" xml:space="preserve">&lt;b&gt;&amp;nbsp;&quot;ω&quot;&lt;/b&gt;</text>
      <content>
        <role>mediainfo</role>
        <origin>80</origin>
        <model>wikibase-mediainfo</model>
        <format>application/json</format>
        <text bytes="2" sha1="s2" xml:space="preserve">{}</text>
      </content>
      <sha1>s3</sha1>
    </revision>
  </page>
`;

/** The page with another revision: lines of its XML that are to be there. */
const VARIANTS: readonly (readonly [string, Partial<SampleRevision>, (page: SamplePage) => string, string])[] = [
  ['a hidden user', { contributor: { kind: 'hidden' } }, pageXml, '<contributor deleted="deleted" />'],
  ['an address', { contributor: { kind: 'ip', address: '192.0.2.1' } }, pageXml, '<ip>192.0.2.1</ip>'],
  ['an empty user', { contributor: { kind: 'user', name: '', id: 0 } }, pageXml, '<username />'],
  ['a hidden comment', { comment: null }, pageXml, '<comment deleted="deleted" />'],
  ['a hidden text', { isTextHidden: true }, pageXml, '<text bytes="17" sha1="s1" deleted="deleted" />'],
  ['the hash of a hidden text', { isTextHidden: true }, pageXml, '<sha1 />'],
  ['an empty text', { slots: [emptySlot()] }, pageXml, '<text bytes="0" sha1="e" />'],
  ['a stub of a text', {}, (page) => stubXml(page, false), '<text bytes="17" sha1="s1" location="tt:101" id="101" />'],
  ['a stub of a slot', {}, (page) => stubXml(page, false), '<text bytes="2" sha1="s2" location="tt:102" />'],
  ['a stub of a hidden text', { isTextHidden: true }, (page) => stubXml(page, false), '<sha1/>'],
  ['a minor stub', {}, (page) => stubXml(page, false), '<minor/>'],
  [
    'an empty user in an export',
    { contributor: { kind: 'user', name: '', id: 0 } },
    exportPageXml,
    '<username></username>',
  ],
  ['a hidden text in an export', { isTextHidden: true }, exportPageXml, '<text bytes="-1" deleted="deleted" />'],
  ['the hash of a hidden text in an export', { isTextHidden: true }, exportPageXml, '<sha1 />'],
  ['an empty text in an export', { slots: [emptySlot()] }, exportPageXml, '<text bytes="0" />'],
  ['an unknown origin in an export', { id: unknownId() }, exportPageXml, '<origin>-1</origin>'],
  ['an unknown model in an export', { id: unknownId() }, exportPageXml, '<model>error-no-model</model>'],
];

describe('the XML of a page', () => {
  it('has the form of MediaWiki in a dump and in an export', () => {
    assert.equal(pageXml(PAGE), WHOLE);
    assert.equal(exportPageXml(PAGE), WHOLE);
  });

  for (const [name, change, write, line] of VARIANTS) {
    it(`has ${name} as it should`, () => {
      const xml = write({ ...PAGE, revision: { ...REVISION, ...change } });
      assert.ok(
        xml
          .split('\n')
          .map((text) => text.trim())
          .includes(line),
        `expected ${line}, received ${xml}`,
      );
    });
  }

  it('has the earlier revisions in a history of stubs alone', () => {
    const ids = (xml: string): string[] => Array.from(xml.matchAll(/<revision>\s*<id>(\d+)/g), ([, id]) => id ?? '');
    assert.deepEqual(ids(stubXml(PAGE, true)), ['80', '90']);
    assert.deepEqual(ids(stubXml(PAGE, false)), ['90']);
  });

  it('leaves the other slots out of an export where the text is hidden', () => {
    assert.ok(!exportPageXml({ ...PAGE, revision: { ...REVISION, isTextHidden: true } }).includes('<content>'));
  });
});

describe('the head of a file', () => {
  it('begins as in a real dump, and escapes values in a dump only', () => {
    const start =
      '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.mediawiki.org/xml/export-0.11/ http://www.mediawiki.org/xml/export-0.11.xsd" version="0.11" xml:lang="en">\n  <siteinfo>\n    <sitename>Samplewiki</sitename>\n    <dbname>samplewiki</dbname>\n';
    assert.ok(dumpHead(SAMPLE_WIKI).startsWith(start));
    assert.ok(dumpHead(SAMPLE_WIKI).includes('\n      <namespace key="0" case="first-letter" />\n'));
    assert.ok(dumpHead(SAMPLE_TWO_WIKI).includes('&quot;deux&quot; &gt; un'));
    assert.ok(exportHead(SAMPLE_TWO_WIKI).includes('"deux" > un'));
  });
});

function emptySlot(): SampleRevision['slots'][number] {
  return { role: 'main', origin: 90, model: 'wikitext', format: 'text/x-wiki', text: '', bytes: 0, sha1: 'e' };
}

/** A revision id whose main slot the exporter does not know. */
function unknownId(): number {
  let id = 1;
  while (mix(id, 'main'.length) % 40 !== 0) id++;
  return id;
}
