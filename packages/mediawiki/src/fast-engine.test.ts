import assert from 'node:assert/strict';
import { FastEngine } from './fast-engine.js';
import { ReferenceEngine } from './reference-engine.js';
import { outcomeOf } from './testing/engine-outcome.js';
import { expectedSamples } from '@wikifleet/testing/samples';
import { convertBy, readSample } from './testing/test-tools.js';

const HEAD = '\n    <title>A</title>\n    <ns>0</ns>\n    <id>7</id>\n    ';
const START = '<revision>\n      <id>8</id>\n      <timestamp>2001-01-15T13:15:00Z</timestamp>\n      ';
const END = '\n    </revision>';
const KERNEL_INPUT = 1024 * 1024;
const SLICE = 256 * 1024;

const revision = (inside: string): string => `${START}${inside}${END}`;
const body = (text: string): string => revision(`<text xml:space="preserve">${text}</text>`);
const attributes = (text: string): string => revision(`<text ${text} />`);
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Revisions that the kernel reads itself. */
const TAKEN: readonly [what: string, revision: string][] = [
  ['the least', revision('')],
  ['without any space', '<revision><id>8</id><timestamp>t</timestamp></revision>'],
  ['another order', '<revision><text>a</text><minor/><timestamp>t</timestamp><sha1/><id>8</id></revision>'],
  [
    'all there is',
    revision(
      '<parentid>5</parentid><contributor><username>U &amp; V</username><id>0</id></contributor><minor /><comment>/* é */ "a"\\</comment>' +
        '<origin>-1</origin><model>m</model><format>f/f</format><text bytes="2" sha1="s" xml:space="preserve">€</text>' +
        '<content><role>mediainfo</role><origin>4</origin><model>j</model><format>g</format><text bytes="-1" sha1="" id="4" location="tt:5">a\tb</text></content>' +
        '<content><role>x_-1</role></content><sha1>0</sha1>',
    ),
  ],
  ['an address', revision('<contributor>\n\t<ip>::1</ip> </contributor>')],
  ['nobody', revision('<contributor>\n</contributor>')],
  ['an empty name', revision('<contributor><username /><id>3</id></contributor>')],
  [
    'what is hidden',
    revision(
      '<contributor deleted="deleted"/><comment deleted="deleted" /><text bytes="-1" deleted="deleted" /><sha1 />',
    ),
  ],
  ['what is empty', revision('<comment></comment><model/><format></format><text></text>')],
  ['a stub', attributes('xml:space="preserve" bytes="116" sha1="o7z" location="tt:43" id="43"')],
  ['a stub without a size', attributes('id="43"')],
  ['no stub', attributes('id="43" bytes="0"')],
  ['15 digits', revision('<parentid>-999999999999999</parentid><text bytes="999999999999999">x</text>')],
  [
    'entities',
    body(
      '&lt;&gt;&amp;&quot;&apos;&#65;&#x42;&#x1F600;&#10;&#13;&#9;&#34;&#x5c;&#38;&#60;&#xe9;&#x20AC;&#0000233;&#x10ffff;',
    ),
  ],
  ['entities on end', body('&lt;'.repeat(100) + '&quot;'.repeat(100))],
  ['a bare ">" and brackets', body('a > b ]] > ] ]> ]]&gt; &#93;]>')],
  ['what JSON escapes', body('"\\\n\t'.repeat(40))],
  ['what JavaScript once took for ends of lines', body('\u2028\u2029\u0085\u007f\ufeff')],
  ['the edges of UTF-8', body('\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\u{10000}\u{1fffe}\u{10ffff}')],
  [
    'every remainder',
    revision(
      Array.from({ length: 130 }, (_, i) => 'é'.repeat(i % 7) + 'a'.repeat(i))
        .map((t, i) => (i === 129 ? `<text>${t}</text>` : ''))
        .join(''),
    ),
  ],
];

/** Revisions that are the reference's to judge: some are rows, some faults. */
const LEFT: readonly [what: string, revision: string | Buffer][] = [
  ['an attribute of the revision', revision('').replace('<revision>', '<revision >')],
  ['a blank in the end tag', revision('').replace('</revision>', '</revision >')],
  ['no end tag', START],
  ['something behind', `${revision('')}\n`],
  ['no id', '<revision><timestamp>t</timestamp></revision>'],
  ['no timestamp', '<revision><id>8</id></revision>'],
  ['an unknown element', revision('<foo/>')],
  ['an unknown element of nine letters', '<revision><id>8</id><timestams>t</timestams></revision>'],
  ['a name that begins as one', revision('<contributors></contributors>')],
  ['NUL behind the name of an element', '<revision><id>8</id><timestamp>t</timestamp><model\0>m</model\0></revision>'],
  ['NULs behind one of eight letters', revision('<parentid\0\0>5</parentid\0\0>')],
  ['NUL behind the name of an attribute', attributes('sha1\0="a"')],
  ['NUL within a tag', attributes('sha1="a"\0')],
  ['a name in capitals', revision('<Minor/>')],
  ['text between elements', revision('x')],
  ['an entity between elements', revision('&#10;')],
  ['a carriage return between elements', revision('\r')],
  ['a second id', revision('<id>8</id>')],
  ['a second comment', revision('<comment/><comment deleted="deleted"/>')],
  ['a second contributor', revision('<contributor></contributor><contributor deleted="deleted"/>')],
  ['a second minor', revision('<minor/><minor/>')],
  ['a second text', revision('<text/><text/>')],
  ['a minor that is open', revision('<minor></minor>')],
  ['an attribute of minor', revision('<minor a="b"/>')],
  ['two blanks before "/>"', revision('<minor  />')],
  ['an attribute of an id', revision('<parentid a="b">1</parentid>')],
  ['an end tag that differs', revision('<model>m</format>')],
  ['an end tag with a blank', revision('<model>m</model >')],
  ['an element in a comment', revision('<comment>a<b/></comment>')],
  ['a comment of XML', revision('<!-- x -->')],
  ['CDATA', body('<![CDATA[x]]>')],
  ['a processing instruction', body('<?x ?>')],
  ['a hidden contributor with a child', revision('<contributor deleted="deleted"><ip>i</ip></contributor>')],
  ['an empty deleted', revision('<contributor deleted=""/>')],
  ['a name and an address', revision('<contributor><username>U</username><ip>i</ip></contributor>')],
  ['an unknown element of a contributor', revision('<contributor><bot/></contributor>')],
  ['an empty contributor', revision('<contributor/>')],
  ['a hidden comment that is there', revision('<comment deleted="deleted">x</comment>')],
  ['a hidden text that is there', revision('<text deleted="deleted">x</text>')],
  ['an empty number', revision('<parentid/>')],
  ['a blank around a number', revision('<parentid> 1</parentid>')],
  ['a leading zero', revision('<parentid>01</parentid>')],
  ['a plus', revision('<parentid>+1</parentid>')],
  ['minus nothing', revision('<parentid>-0</parentid>')],
  ['a minus', revision('<parentid>-</parentid>')],
  ['16 digits', revision('<parentid>1000000000000000</parentid>')],
  ['no digit', revision('<origin>1a</origin>')],
  ['a number of a user', revision('<contributor><id>x</id></contributor>')],
  ['bytes that are none', attributes('bytes="x"')],
  ['empty bytes', attributes('bytes=""')],
  ['an attribute twice', attributes('bytes="1" bytes="1"')],
  ['xml:space twice', attributes('xml:space="preserve" xml:space="preserve"')],
  ['another xml:space', attributes('xml:space="default"')],
  ['another xml:spacf', attributes('xml:spacf="preserve"')],
  ['an unknown attribute', attributes('foo="1"')],
  ['single quotes', attributes("bytes='1'")],
  ['blanks around "="', attributes('bytes = "1"')],
  ['two blanks between attributes', attributes('bytes="1"  id="2"')],
  ['no blank between attributes', attributes('bytes="1"id="2"')],
  ['a newline between attributes', attributes('bytes="1"\nid="2"')],
  ['an entity in a value', attributes('sha1="&amp;"')],
  ['"<" in a value', attributes('sha1="<"')],
  ['">" and what is not known in a value', revision('<text sha1=">é">x</text>')],
  ['"/>" and what is not known in a value', revision('<text sha1="/>é" />')],
  ['a backslash in a value', attributes('sha1="\\"')],
  ['a tab in a value', attributes('location="\t"')],
  ['a long value', attributes(`location="${'x'.repeat(1025)}"`)],
  ['a value without an end', revision('<text sha1="x />')],
  ['a carriage return', body('a\r\nb')],
  ['a control character', body('a\u0007b')],
  ['NUL', body('a\0b')],
  ['U+FFFE', body('a\ufffeb')],
  ['U+FFFF', body(`${'é'.repeat(31)}\uffff`)],
  ['"]]>"', body('a]]>b')],
  ['"]]>" at the beginning', body(']]>')],
  ['an entity by name', body('&nbsp;')],
  ['a bare "&"', body('a & b')],
  ['"&" at the end', body('a&')],
  ['half an entity at the end', body('a&lt')],
  ['an entity without digits', body('&#;')],
  ['a hexadecimal one without digits', body('&#x;')],
  ['a capital X', body('&#X41;')],
  ['many digits', body('&#000000065;')],
  ['a character that is none: NUL', body('&#0;')],
  ['a character that is none: 1', body('&#1;')],
  ['a character that is none: U+001F', body('&#x1f;')],
  ['a character that is none: a surrogate', body('&#xD800;')],
  ['a character that is none: U+FFFF', body('&#65535;')],
  ['a character that is none: beyond U+10FFFF', body('&#x110000;')],
  ['an overlong "/"', latin1(body('\xc0\xaf'))],
  ['an overlong "<"', latin1(body('\xe0\x80\xbc'))],
  ['an overlong one of four bytes', latin1(body('\xf0\x8f\xbf\xbf'))],
  ['a surrogate', latin1(body('\xed\xa0\x80'))],
  ['beyond U+10FFFF', latin1(body('\xf4\x90\x80\x80'))],
  ['a byte that leads nothing', latin1(body('\xff'))],
  ['a continuation alone', latin1(body('a\x80'))],
  ['half a character', latin1(body('\xe2\x82'))],
  ['a byte beyond ASCII in a tag', latin1(revision('<\xff/>'))],
  ['no role', revision('<text/><content><text/></content>')],
  ['an empty role', revision('<text/><content><role/></content>')],
  ['the role main', revision('<text/><content><role>main</role></content>')],
  ['a role twice', revision('<text/><content><role>x</role></content><content><role>x</role></content>')],
  ['a role with a capital', revision('<text/><content><role>xY</role></content>')],
  ['a role that begins with a digit', revision('<text/><content><role>1x</role></content>')],
  ['an attribute of content', revision('<content a="b"><role>x</role></content>')],
  ['an unknown element of content', revision('<content><role>x</role><foo/></content>')],
  ['many slots', revision(Array.from({ length: 9 }, (_, i) => `<content><role>r${i}</role></content>`).join(''))],
];

const HEADS: readonly [what: string, head: string, fallbacks: 0 | 1][] = [
  ['the least', '<title>A</title><id>7</id>', 0],
  [
    'another order',
    '<id>7</id><redirect title="&quot;é&#39; > &lt;" /><ns>-1</ns><title>a\\b "&#x1F600;"\n</title>',
    0,
  ],
  ['an empty title', '<title /><ns>0</ns><id>7</id>', 1],
  ['a title of blanks', '<title> _ </title><ns>0</ns><id>7</id>', 1],
  ['a bare redirect', `${HEAD}<redirect/>`, 0],
  ['a title of 2048 characters', `<title>${'x'.repeat(2048)}</title><id>7</id>`, 0],
  ['a title of more bytes', `<title>${'é'.repeat(2048)}</title><id>7</id>`, 1],
  ['a title that is too long', `<title>${'x'.repeat(2049)}</title><id>7</id>`, 1],
  ['no title', '<id>7</id>', 1],
  ['no id', '<title>A</title>', 1],
  ['a negative id', '<title>A</title><id>-7</id>', 1],
  ['restrictions', `${HEAD}<restrictions>edit=sysop</restrictions>`, 1],
  ['a redirect with a tab', `${HEAD}<redirect title="a\tb"/>`, 1],
  ['a redirect with single quotes', `${HEAD}<redirect title='a'/>`, 1],
  ['a redirect with "]]>"', `${HEAD}<redirect title="]]>"/>`, 1],
  ['a redirect that is open', `${HEAD}<redirect title="a"></redirect>`, 1],
  ['a redirect with another attribute', `${HEAD}<redirect title="a" b="c" />`, 1],
  ['a second title', `${HEAD}<title>B</title>`, 1],
  ['a title with a control character', '<title>a\u0001</title><id>7</id>', 1],
  ['text', `${HEAD}x`, 1],
  ['an end tag', `${HEAD}</page>`, 1],
];

describe('FastEngine', function () {
  const fast = new FastEngine();
  const reference = new ReferenceEngine();
  const page = reference.readPage('aawiki', Buffer.from(HEAD));

  /** Reads a revision with both; how often the reference was asked. */
  const fallbacksFor = (bytes: Buffer): number => {
    const before = fast.fallbacks.revisions;
    assert.deepEqual(
      outcomeOf(() => fast.readRevision(page, bytes)),
      outcomeOf(() => reference.readRevision(page, bytes)),
    );
    return fast.fallbacks.revisions - before;
  };

  for (const [what, xml] of TAKEN) it(`takes ${what}`, () => assert.equal(fallbacksFor(Buffer.from(xml)), 0));
  for (const [what, xml] of LEFT) {
    it(`leaves to the reference: ${what}`, () => assert.equal(fallbacksFor(Buffer.from(xml as string)), 1));
  }
  for (const [what, head, fallbacks] of HEADS) {
    it(`${fallbacks === 0 ? 'takes' : 'leaves to the reference'} a page head: ${what}`, () => {
      const before = fast.fallbacks.pages;
      const bytes = Buffer.from(head);
      assert.deepEqual(
        outcomeOf(() => fast.readPage('a"wiki', bytes)),
        outcomeOf(() => reference.readPage('a"wiki', bytes)),
      );
      assert.equal(fast.fallbacks.pages - before, fallbacks);
    });
  }

  it('reads each byte of ASCII, each two and each character as the reference does', () => {
    for (let byte = 0; byte < 128; byte += 1) fallbacksFor(Buffer.from(body(`a${String.fromCharCode(byte)}b`)));
    for (let lead = 0x80; lead < 0x100; lead += 1) {
      for (const next of [0x20, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0]) {
        for (const rest of [[], [0x80], [0xbf, 0xbd], [0xbf, 0xbf], [0x80, 0x80, 0x80]]) {
          fallbacksFor(latin1(body(String.fromCharCode(lead, next, ...rest))));
        }
      }
    }
    let all = '';
    for (let code = 0x20; code <= 0x10ffff; code += code < 0x3000 ? 1 : 61) {
      if (code < 0xd800 || code > 0xdfff)
        all += `${'<&>'.includes(String.fromCodePoint(code)) ? '' : String.fromCodePoint(code)}&#${code};`;
    }
    assert.equal(fallbacksFor(Buffer.from(body(all.replace(/&#6553[45];|[\ufffe\uffff]/gu, '')))), 0);
  });

  it('finds a wrong byte at each place of a block', () => {
    const sound = Buffer.from(body('x'.repeat(200)));
    const from = sound.indexOf('xxx');
    for (let at = from; at < from + 130; at += 1) {
      for (const byte of [0x00, 0x0d, 0x1f, 0x26, 0x3c, 0x80, 0xc3, 0xff]) {
        const bytes = Buffer.from(sound);
        bytes[at] = byte;
        assert.equal(fallbacksFor(bytes), 1, `byte ${byte} at ${at}`);
      }
    }
  });

  const LARGE: readonly [what: string, revision: string | Buffer, fallbacks: 0 | 1][] = [
    ['of ASCII', body('x'.repeat(2 * KERNEL_INPUT)), 0],
    [
      'with all elements around',
      revision(
        `<comment>c</comment><text bytes="-1" sha1="s">${'é\n'.repeat(KERNEL_INPUT)}</text><sha1>t</sha1><content><role>x</role><text bytes="4">abcd</text></content>`,
      ),
      0,
    ],
    [
      'in another slot',
      revision(`<content><role>x</role><text>${'a'.repeat(2 * KERNEL_INPUT)}</text></content><text>b</text>`),
      0,
    ],
    ['that doubles', body('"\\'.repeat(KERNEL_INPUT)), 0],
    ['as a stub has it', revision(`<text id="5" bytes="9">${'a'.repeat(2 * KERNEL_INPUT)}</text>`), 0],
    ['that is hidden', revision(`<text deleted="deleted">${'a'.repeat(2 * KERNEL_INPUT)}</text>`), 1],
    ['with a control character at its end', body(`${'a'.repeat(2 * KERNEL_INPUT)}\u0001`), 1],
    ['with ">" in an attribute', revision(`<text sha1=">">${'a'.repeat(2 * KERNEL_INPUT)}</text>`), 1],
    ['with an element', body(`${'a'.repeat(2 * KERNEL_INPUT)}<b/>`), 1],
    ['without an end', `${START}<text>${'a'.repeat(2 * KERNEL_INPUT)}`, 1],
    ['beside a large comment', revision(`<comment>${'a'.repeat(2 * KERNEL_INPUT)}</comment><text>b</text>`), 1],
    ['that is no text', `${START}${'a'.repeat(2 * KERNEL_INPUT)}`, 1],
  ];
  for (const [what, xml, fallbacks] of LARGE) {
    it(`reads a large text ${what}`, () => assert.equal(fallbacksFor(Buffer.from(xml as string)), fallbacks));
  }

  it('cuts a large text between characters, references and brackets', () => {
    const parts: readonly [part: string | Buffer, fallbacks: 0 | 1][] = [
      ['&quot;', 0],
      ['&#x10FFFF;', 0],
      ['😀', 0],
      ['€é', 0],
      [']]&gt;', 0],
      [']]>', 1],
      ['&am', 1],
      ['\ufffe', 1],
      [latin1('\xf0\x9f\x98'), 1],
      [latin1('\x80\x80\x80\x80\x80'), 1],
    ];
    for (const [part, fallbacks] of parts) {
      const middle = Buffer.from(part as string);
      for (let before = SLICE - middle.length - 1; before <= SLICE + 1; before += 1) {
        const bytes = Buffer.concat([
          Buffer.from(START),
          Buffer.from('<text>'),
          Buffer.alloc(before, 0x61),
          middle,
          Buffer.alloc(KERNEL_INPUT, 0x62),
          Buffer.from('</text>'),
          Buffer.from(END),
        ]);
        assert.equal(fallbacksFor(bytes), fallbacks, `${middle.toString('latin1')} behind ${before} bytes`);
      }
    }
  });

  it('keeps no memory for a large text', () => {
    const bytes = Buffer.from(body('a "text"\n'.repeat(4 * KERNEL_INPUT)));
    const memory = (): number => process.memoryUsage().arrayBuffers;
    const engine = new FastEngine();
    const before = memory();
    for (let i = 0; i < 3; i += 1) engine.readRevision(page, bytes);
    // What is held besides are lines that nobody collected yet: the kernel's memory is counted before and does not grow.
    assert.equal(engine.fallbacks.revisions, 0);
    assert.ok(memory() - before < 4 * bytes.length, `${memory() - before} bytes more`);
  });

  it('takes a page of any engine, one after the other', () => {
    const others = ['B', 'C'].map((title) => reference.readPage('bbwiki', Buffer.from(HEAD.replace('A', title))));
    const bytes = Buffer.from(body('x'));
    for (const other of [page, ...others, page]) {
      assert.deepEqual(
        outcomeOf(() => fast.readRevision(other, bytes)),
        outcomeOf(() => reference.readRevision(other, bytes)),
      );
    }
    const long = reference.readPage('w'.repeat(100_000), Buffer.from(HEAD));
    assert.deepEqual(
      outcomeOf(() => fast.readRevision(long, bytes)),
      outcomeOf(() => reference.readRevision(long, bytes)),
    );
  });

  it('reads blanks between revisions, and leaves the rest to the reference', () => {
    const engine = new FastEngine();
    assert.deepEqual(engine.readBetween(Buffer.from('\r\n\t ')), []);
    assert.equal(engine.fallbacks.between, 0);
    assert.deepEqual(engine.readBetween(Buffer.from(' <upload/>')), ['upload']);
    assert.equal(engine.fallbacks.between, 1);
  });
});

/** What of the samples the reference has to read: all other units are the kernel's. */
const FALLBACKS: Record<string, { pages?: number; revisions?: number }> = {
  // Its ends of lines are those of Windows.
  'odd/bgwiki-utf16.xml.bz2': { pages: 3, revisions: 3 },
  'odd/malformed/articles.xml.bz2': { revisions: 1 },
  'odd/schemas/input-0.6.xml': { pages: 1 },
  // A page with restrictions.
  'single-stream/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2': { pages: 1 },
};

describe('FastEngine on the samples', function () {
  const samples = expectedSamples();
  if (samples === null) {
    it.skip('(skipped: the real dump samples beside the checkout (../shared/samples))');
    return;
  }
  for (const name of Object.keys(samples)) {
    it(`reads all of ${name} by itself${name in FALLBACKS ? ', but what is known' : ''}`, function () {
      const bytes = readSample(name);
      if (bytes === null) {
        this.skip('bzip2 or python3');
      }
      const engine = new FastEngine();
      convertBy(engine, bytes);
      assert.deepEqual(engine.fallbacks, { pages: 0, revisions: 0, between: 0, ...FALLBACKS[name] });
    });
  }
});
