import assert from 'node:assert/strict';
import { escapeJson, printable, printableJson } from './printable.js';

/** Each of these must never reach a terminal as it is. */
const HOSTILE: [what: string, code: number][] = [
  ['NUL', 0x00],
  ['a tab', 0x09],
  ['a line feed', 0x0a],
  ['a carriage return', 0x0d],
  ['ESC', 0x1b],
  ['DEL', 0x7f],
  ['the next line (C1)', 0x85],
  ['the control sequence introducer (C1)', 0x9b],
  ['the string terminator (C1)', 0x9c],
  ['the operating system command (C1)', 0x9d],
  ['a soft hyphen', 0xad],
  ['a combining grapheme joiner', 0x34f],
  ['an Arabic letter mark', 0x61c],
  ['a Hangul filler', 0x3164],
  ['a Mongolian vowel separator', 0x180e],
  ['a zero-width space', 0x200b],
  ['a zero-width joiner', 0x200d],
  ['a left-to-right mark', 0x200e],
  ['a right-to-left mark', 0x200f],
  ['a line separator', 0x2028],
  ['a paragraph separator', 0x2029],
  ['an embedding', 0x202a],
  ['an override', 0x202e],
  ['a word joiner', 0x2060],
  ['an isolate', 0x2066],
  ['the end of an isolate', 0x2069],
  ['half of a pair', 0xd800],
  ['a private character', 0xe000],
  ['a variation selector', 0xfe0f],
  ['a byte-order mark', 0xfeff],
  ['an interlinear annotation', 0xfff9],
  ['a noncharacter', 0xffff],
  ['a tag', 0xe0041],
  ['a variation selector of the supplement', 0xe0100],
];

describe('printable', () => {
  for (const [what, code] of HOSTILE) {
    const text = `a${String.fromCodePoint(code)}b`;
    const shown = code.toString(16).toUpperCase().padStart(4, '0');
    it(`shows ${what} as <U+${shown}>`, () => {
      assert.equal(printable(text), `a<U+${shown}>b`);
      assert.equal(printable(printable(text)), printable(text));
    });
    it(`escapes ${what} in JSON, and the same value comes out`, () => {
      const json = printableJson({ [text]: text });
      assert.ok(!json.includes(String.fromCodePoint(code)));
      assert.deepEqual(JSON.parse(json), { [text]: text });
    });
  }

  it('shows every control and every bidirectional control', () => {
    const codes = [...Array(0x20).keys(), 0x7f, ...Array.from({ length: 0x20 }, (_, at) => 0x80 + at)];
    const turning = [0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069];
    for (const code of [...codes, ...turning])
      assert.match(printable(String.fromCodePoint(code)), /^<U\+[0-9A-F]{4}>$/);
  });

  it('leaves texts of all scripts as they are', () => {
    for (const text of ['Grüße', '日本語 ページ', 'עברית', 'العربية', 'हिन्दी', '🙂', 'a\u0301', '…', '\u00a0'])
      assert.equal(printable(text), text);
  });
});

describe('escapeJson', () => {
  it('changes no JSON that a terminal can show', () => {
    const json = '{"a":"Grüße \\u001b[0m","b":[1,null]}';
    assert.equal(escapeJson(json), json);
  });
});
