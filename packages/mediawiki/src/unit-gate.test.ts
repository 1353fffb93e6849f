import assert from 'node:assert/strict';
import { codeOf } from '@wikifleet/domain/errors';
import { FragmentParser } from './fragment-parser.js';
import { MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAME_BYTES, MAX_TAG_BYTES, checkUnit } from './unit-gate.js';
import { allText } from './xml-element.js';

/** Bytes by way of latin1, for what no string holds. */
const raw = (text: string): Buffer => Buffer.from(text, 'latin1');

const attributes = (count: number): string => `<a${Array.from({ length: count }, (_, i) => ` a${i}="1"`).join('')}/>`;
const nested = (depth: number): string => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`;
const tag = (bytes: number): string => `<a b="${'x'.repeat(bytes - 9)}"/>`;

const REFUSED: readonly [why: string, bytes: string | Buffer, code: string][] = [
  ['an overlong "/"', raw('<a>\xc0\xaf</a>'), 'NOT_UTF8'],
  ['an overlong NUL', raw('<a>\xc0\x80</a>'), 'NOT_UTF8'],
  ['an overlong "<"', raw('<a>\xe0\x80\xbc</a>'), 'NOT_UTF8'],
  ['a surrogate', raw('<a>\xed\xa0\x80</a>'), 'NOT_UTF8'],
  ['beyond U+10FFFF', raw('<a>\xf4\x90\x80\x80</a>'), 'NOT_UTF8'],
  ['half a character', raw('<a>\xe2\x82</a>'), 'NOT_UTF8'],
  ['a byte in a name that is no UTF-8', raw('<a\xff/>'), 'NOT_UTF8'],
  ['NUL in text', '<a>\0</a>', 'ILLEGAL_CHARACTER'],
  ['NUL in a name', '<a\0/>', 'NOT_WELL_FORMED'],
  ['NUL in a value', '<a b="\0"/>', 'ILLEGAL_CHARACTER'],
  ['a bell', '<a>\x07</a>', 'ILLEGAL_CHARACTER'],
  ['a bell in CDATA', '<a><![CDATA[\x07]]></a>', 'ILLEGAL_CHARACTER'],
  ['a bell in a comment', '<a><!--\x07--></a>', 'ILLEGAL_CHARACTER'],
  ['U+FFFE', '<a>\ufffe</a>', 'ILLEGAL_CHARACTER'],
  ['U+FFFF in CDATA', '<a><![CDATA[\uffff]]></a>', 'ILLEGAL_CHARACTER'],
  ['U+FFFF in a value', '<a b="\uffff"/>', 'ILLEGAL_CHARACTER'],
  ['a document type', '<!DOCTYPE a>', 'DOCTYPE_REFUSED'],
  ['a document type in lower case', '<!doctype a>', 'DOCTYPE_REFUSED'],
  ['an entity declaration', '<a><!ENTITY b "c"></a>', 'DOCTYPE_REFUSED'],
  ['a conditional section', '<a><![INCLUDE[]]></a>', 'DOCTYPE_REFUSED'],
  ['a bare "<!"', '<a><!', 'DOCTYPE_REFUSED'],
  ['an XML declaration in capitals', '<a><?XML ?></a>', 'PROCESSING_INSTRUCTION'],
  ['a processing instruction without a name', '<a><? x ?></a>', 'NOT_WELL_FORMED'],
  ['a processing instruction without an end', '<a><?x </a>', 'NOT_WELL_FORMED'],
  ['a bell in a processing instruction', '<a><?x \x07?></a>', 'ILLEGAL_CHARACTER'],
  ['an XML declaration', '<?xml version="1.0"?><a/>', 'PROCESSING_INSTRUCTION'],
  ['an entity by name', '<a>&nbsp;</a>', 'ENTITY_REFUSED'],
  ['an entity in a value', '<a b="&lol;"/>', 'ENTITY_REFUSED'],
  ['a bare "&"', '<a>a & b</a>', 'ENTITY_REFUSED'],
  ['"&" at the end', '<a>&', 'ENTITY_REFUSED'],
  ['an entity of a control character', '<a>&#7;</a>', 'ENTITY_REFUSED'],
  ['an entity of NUL', '<a>&#0;</a>', 'ENTITY_REFUSED'],
  ['an entity of a surrogate', '<a>&#xD800;</a>', 'ENTITY_REFUSED'],
  ['an entity of U+FFFE', '<a>&#xFFFE;</a>', 'ENTITY_REFUSED'],
  ['an entity beyond U+10FFFF', '<a>&#x110000;</a>', 'ENTITY_REFUSED'],
  ['an entity of very many digits', `<a>&#${'0'.repeat(1000)}65;</a>`, 'ENTITY_REFUSED'],
  ['a colon in a name', '<a:b/>', 'NAME_REFUSED'],
  ['a colon in an attribute', '<a xlink:href="b"/>', 'NAME_REFUSED'],
  ['a second colon', '<a xml:b:c="d"/>', 'NAME_REFUSED'],
  ['a name that node-expat loses', '<a __proto__="b"/>', 'NAME_REFUSED'],
  ['a long name', `<${'a'.repeat(MAX_NAME_BYTES + 1)}/>`, 'NAME_REFUSED'],
  ['no name', '< a/>', 'NOT_WELL_FORMED'],
  ['a name that begins with a digit', '<1/>', 'NOT_WELL_FORMED'],
  ['an attribute without a value', '<a b/>', 'NOT_WELL_FORMED'],
  ['a value without quotes', '<a b=c/>', 'NOT_WELL_FORMED'],
  ['"<" in a value', '<a b="<"/>', 'NOT_WELL_FORMED'],
  ['a tag without an end', '<a b="c', 'NOT_WELL_FORMED'],
  ['a tag that ends in its name', '<a', 'NOT_WELL_FORMED'],
  ['a comment without an end', '<a><!-- </a>', 'NOT_WELL_FORMED'],
  ['CDATA without an end', '<a><![CDATA[ </a>', 'NOT_WELL_FORMED'],
  ['an end tag too many: it would end what is around', '<a/></fragment><fragment>', 'NOT_WELL_FORMED'],
  ['very many attributes', attributes(MAX_ATTRIBUTES + 1), 'TOO_MANY_ATTRIBUTES'],
  ['100,000 attributes', attributes(100_000), 'TOO_MANY_ATTRIBUTES'],
  ['very deep', nested(MAX_DEPTH + 1), 'NESTED_TOO_DEEP'],
  ['100,000 deep', '<a>'.repeat(100_000), 'NESTED_TOO_DEEP'],
  ['very many elements', '<a/>'.repeat(MAX_ELEMENTS + 1), 'TOO_MANY_ELEMENTS'],
  ['a huge value', tag(MAX_TAG_BYTES + 100), 'TAG_TOO_LONG'],
  ['very many blanks in a tag', `<a${' '.repeat(MAX_TAG_BYTES)}/>`, 'TAG_TOO_LONG'],
];

const PASSED: readonly [what: string, xml: string, text?: string][] = [
  ['nothing', ''],
  ['text', 'a\t\n\r b', 'a\t\n\n b'],
  [
    'the bounds',
    attributes(MAX_ATTRIBUTES) + nested(MAX_DEPTH) + tag(MAX_TAG_BYTES) + `<${'a'.repeat(MAX_NAME_BYTES)}/>`,
  ],
  ['as many elements', '<a/>'.repeat(MAX_ELEMENTS)],
  ['entities', '&lt;&gt;&amp;&quot;&apos;&#9;&#x10FFFF;&#xe000;', '<>&"\'\t\u{10ffff}\ue000'],
  ['a comment and CDATA', '<a><!-- <b & --><![CDATA[<!DOCTYPE &x; <?]]></a>', '<!DOCTYPE &x; <?'],
  ['processing instructions', 'a<?p?>b<?q <c> & &x; ?><?xml-style <?]]>?>c', 'abc'],
  ['":>" and "/" in values', `<a b=">/'" c='"'></a>`],
  ['blanks in tags', '<a \n\t b = "c" ></a \n>'],
  ['xml:space', '<a xml:space="preserve"/>'],
  ['names beyond ASCII', '<é ü="1"/>'],
  ['characters of all lengths', 'é€😀\ufffd\uf000\ufeff', 'é€😀\ufffd\uf000\ufeff'],
];

describe('checkUnit', () => {
  for (const [why, bytes, code] of REFUSED) {
    it(`refuses ${why}`, () => {
      assert.throws(
        () => checkUnit(Buffer.from(bytes as string)),
        (error) => codeOf(error) === code,
      );
    });
  }
  for (const [what, xml, expected = ''] of PASSED) {
    it(`lets ${what} through, and expat reads it`, () => {
      assert.equal(allText(new FragmentParser().parse(Buffer.from(xml))), expected);
    });
  }

  it('is linear in what it refuses late', function () {
    for (const part of ['&amp;', '<!---->', '<a></a>'.repeat(1), ']]', '\ufffd']) {
      const count = part === '<a></a>' ? MAX_ELEMENTS : 4_000_000 / part.length;
      assert.throws(
        () => checkUnit(Buffer.from(`${part.repeat(count)}\0`)),
        (error) => codeOf(error) === 'ILLEGAL_CHARACTER',
      );
    }
  });
});

describe('FragmentParser', () => {
  const BROKEN: readonly string[] = [
    '<a>',
    '<a></b>',
    '<a b="1" b="2"/>',
    '<a b="1"c="2"/>',
    'a]]>b',
    '<a><!-- -- --></a>',
    '<a/ >',
    '<-/>',
  ];
  const parser = new FragmentParser();
  for (const xml of BROKEN) {
    it(`refuses ${xml}, and reads the next unit as if nothing was`, () => {
      assert.throws(
        () => parser.parse(Buffer.from(`<x/>text${xml}`)),
        (error) => codeOf(error) === 'NOT_WELL_FORMED',
      );
      assert.deepEqual(parser.parse(Buffer.from('<a b="c">d</a>')).content, [
        { name: 'a', attributes: { b: 'c' }, content: ['d'] },
      ]);
    });
  }

  it('joins what expat gives in pieces', () => {
    const lines = 'é&amp;\n'.repeat(5000);
    assert.deepEqual(parser.parse(Buffer.from(lines)).content, [lines.replaceAll('&amp;', '&')]);
  });
});
