import assert from 'node:assert/strict';
import { escapeXml, leaf, parseXml, textOf } from './xml.js';

describe('XML', () => {
  const BROKEN = [
    '',
    'text',
    '<a>',
    '<a></b>',
    '</a>',
    '<a></a><b/>',
    '<a></a>text',
    '<a x=y/>',
    '<a>&unknown;</a>',
    '<a>&amp</a>',
    '<a>&#xD800;</a>',
    '<a>&#1114112;</a>',
    '<a><!-- comment --></a>',
    '<a><![CDATA[x]]></a>',
    '<a><?pi x?></a>',
    '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>',
    '<a></a x="y">',
    '<a>'.repeat(20) + '</a>'.repeat(20),
  ];
  for (const source of BROKEN)
    it(`${JSON.stringify(source.slice(0, 50))} is MalformedXML`, () =>
      assert.throws(() => parseXml(source), { code: 'MalformedXML' }));

  it('reads elements, attributes and entities', () => {
    const document = parseXml(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Delete xmlns="http://x/"><Quiet>true</Quiet><Object a=\'b\'><Key>a&amp;&lt;&#98;&#x1F600; c</Key></Object><Empty/></Delete>\n',
    );
    assert.equal(document.name, 'Delete');
    assert.deepEqual(
      document.children.map(({ name }) => name),
      ['Quiet', 'Object', 'Empty'],
    );
    assert.equal(textOf(document, 'Quiet'), 'true');
    assert.equal(textOf(document.children[1] ?? document, 'Key'), 'a&<b😀 c');
  });

  it('reads back what it escapes', () => {
    const text = 'a&b<c>d"e\r\n\t\u0001 ü😀';
    assert.equal(textOf(parseXml(`<a>${leaf('Key', text)}</a>`), 'Key'), text);
    assert.equal(escapeXml('\u0001'), '&#x1;');
    assert.equal(leaf('Key', undefined), '');
  });

  it('two megabytes of it are quick', () => {
    const source = `<a>${'<b>&amp;</b>'.repeat(170_000)}</a>`;
    const start = performance.now();
    assert.equal(parseXml(source).children.length, 170_000);
    assert.ok(performance.now() - start < 60_000);
  });
});
