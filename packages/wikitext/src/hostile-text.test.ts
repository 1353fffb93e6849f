import assert from 'node:assert/strict';
import { TEXT_COLUMNS } from '@wikifleet/domain/text-columns';
import { WikitextKernel } from './wikitext-kernel.js';

const BYTES = 1024 * 1024;
/** Steps a byte that no text may pass in one reading and rendering; ordinary pages take 0.1. */
const MAX_STEPS_PER_BYTE = 8;

const PIECES = [
  '{{',
  '}}',
  '{{{',
  '}}}',
  '[[',
  ']]',
  '[[[',
  '[',
  ']',
  '{|\n',
  '\n|}',
  '|',
  '||',
  '!!',
  '\n|-\n',
  '\n! ',
  '=',
  '==',
  '\n==',
  '==\n',
  "''",
  "'''",
  "'''''",
  "'",
  '\n',
  '\n\n',
  '\n*',
  '\n#:;',
  '\n;a:',
  ':',
  ' ',
  '  ',
  '\t',
  '<!--',
  '-->',
  '<ref>',
  '</ref>',
  '<ref ',
  '/>',
  '<ref name=a/>',
  '<nowiki>',
  '</nowiki>',
  '<pre>',
  '</pre>',
  '<math>',
  '</math>',
  '<div ',
  '<div>',
  '</div>',
  '<table>',
  '</table>',
  '<td>',
  '<',
  '>',
  '&',
  '&amp;',
  '&#',
  '&#x41;',
  '[http://a ',
  '[//a',
  'http://a',
  '__',
  '__NOTOC__',
  '-{',
  '}-',
  '{{a|',
  '{{a|b=',
  '{{#if:',
  '{{#switch:a|',
  '{{lc:',
  '{{convert|1|km|',
  '{{lang|fr|',
  '{{quote|',
  '{{!}}',
  '{{=}}',
  '[[a|',
  '[[File:a|',
  '[[Category:a|',
  '[[:',
  '#REDIRECT [[',
  '----',
  '%41',
  'a',
  '5',
  'é',
  '\u0000',
  '<span style="display:none">',
  '<includeonly>',
  '<noinclude>',
  '{{abbr|',
  '{{nowrap|',
];

const REPEATED = [
  ...PIECES,
  '{{a|[[b|{{c|',
  '[[a]]',
  '{{a}}',
  '{{{{',
  '[[[[',
  '{{{a|{{{',
  "''a'''b",
  '<div <div ',
  '<ref><ref>',
  '\n{|\n|a\n',
  '\n|a||b',
  '[http://a [',
  '[[a|[[',
  '{{lang|fr|{{lang|fr|',
  ';a:b;',
  '{{#if:a|{{#if:b|',
  '{{convert|1|to|',
  '<nowiki><pre>',
  '-{-{',
  '-{a:b;-{',
  '\n==a',
  '{{cite\n* ',
  '<span style="display:none"><span>',
  '[[a%41',
  '&amp',
  '__a',
  'http://a?',
];

/** A small generator of pseudo-random numbers, so that a seed tells a text. */
function generator(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
}

describe('hostile wikitext', function () {
  this.timeout(600_000);
  const kernels = ['en', 'zh'].map((language) => new WikitextKernel({ language, namespaces: [] }));

  function check(text: Buffer, what: string): void {
    for (const kernel of kernels) {
      kernel.parse(text);
      const parsed = kernel.steps;
      const plain = kernel.plainText();
      const steps = kernel.steps;
      assert.ok(
        steps <= MAX_STEPS_PER_BYTE * text.length + 100_000,
        `${what}: ${steps} steps (${parsed} for the tree) for ${text.length} bytes`,
      );
      if (plain !== null) assert.doesNotThrow(() => new TextDecoder('utf-8', { fatal: true }).decode(plain), what);
    }
  }

  it('takes a bounded number of steps a byte for 1 MB of any piece of markup, open or nested', () => {
    for (const piece of REPEATED)
      check(Buffer.from(piece.repeat(Math.ceil(BYTES / piece.length))), JSON.stringify(piece));
  });

  it('does so for what is opened 1 MB deep and closed', () => {
    for (const [open, close] of [
      ['{{a|', '}}'],
      ['[[a|', ']]'],
      ['{{{a|', '}}}'],
      ['{{lang|fr|', '}}'],
      ['{{#if:a|', '}}'],
      ['-{', '}-'],
      ['{|\n|\n', '\n|}'],
      ['<div>', '</div>'],
      ['[[File:a|', ']]'],
      ['{{#if:', '|a}}'],
      ['{{#ifeq:a|a|', '}}'],
      ['{{#switch:', '|a=b}}'],
      ['{{sfrac|', '}}'],
      ['[[', '|b]]'],
    ] as const) {
      const depth = Math.floor(BYTES / (open.length + close.length));
      check(Buffer.from(`${open.repeat(depth)}x${close.repeat(depth)}`), `${open}…${close}`);
    }
  });

  it('does so for each pair of pieces', () => {
    const bytes = 32 * 1024;
    for (const one of PIECES) {
      for (const other of PIECES) {
        const pair = one + other;
        check(Buffer.from(pair.repeat(Math.ceil(bytes / pair.length))), JSON.stringify(pair));
      }
    }
  });

  it('counts no steps beyond the line of an apostrophe run', () => {
    check(Buffer.from("''<includeonly>\n"), 'an unclosed includeonly behind emphasis');
  });

  it('does so for random mixtures, and writes columns that are JSON', () => {
    const seconds = Number(process.env['WIKIFLEET_FUZZ_SECONDS'] ?? 5);
    const from = Number(process.env['WIKIFLEET_FUZZ_SEED'] ?? 1);
    const end = performance.now() + 1000 * seconds;
    for (let seed = from; performance.now() < end; seed += 1) {
      const random = generator(seed);
      const kinds = Array.from(
        { length: 1 + Math.floor(random() * 12) },
        () => PIECES[Math.floor(random() * PIECES.length)] ?? '',
      );
      const length = 2 ** (4 + random() * (seed % 50 === 0 ? 16 : 9));
      let text = '';
      while (text.length < length) text += kinds[Math.floor(random() * kinds.length)] ?? '';
      check(Buffer.from(text), `seed ${seed}`);
      for (const kernel of kernels) {
        const { bytes } = kernel.columns(Buffer.from(JSON.stringify(text).slice(1, -1)), TEXT_COLUMNS);
        assert.doesNotThrow(() => JSON.parse(`{"a":1${bytes.toString()}}`) as unknown, `seed ${seed}`);
      }
    }
  });
});
