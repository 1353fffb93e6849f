import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MAX_NESTING, MAX_PIECE, cutWikitext } from './cut-wikitext.js';
import { openFencedLibrary } from './fenced-library.js';
import { MAX_WIKITEXT, WikitextReducer } from './reduce-wikitext.js';
import type { PlainText } from './reduce-wikitext.js';

const library = openFencedLibrary();
const reduce = async (wikitext: string): Promise<PlainText> =>
  await new WikitextReducer(library, new AbortController().signal).reduce(wikitext);

const GOLDEN: readonly [what: string, wikitext: string, text: string][] = [
  ['bold and links', "'''Cats''' are ''[[Mammal|small]]'' [[mammal]]s.", 'Cats are small mammals.'],
  ['links out', 'See [[Cat (animal)]] and [http://x.org a site].', 'See Cat (animal) and a site.'],
  [
    'templates that it knows, and one that nobody does',
    'It is {{convert|5|km}} long.{{nobody knows it|}}',
    'It is 5 km long.',
  ],
  ['references', 'A fact.<ref name="a">Book, p. 3</ref> More.<ref name="a" />', 'A fact. More.'],
  ['a table', 'Before.\n\n{| class="wikitable"\n! h\n|-\n| cell\n|}\n\nAfter.', 'Before.\n\nAfter.'],
  ['a file', "[[File:Cat.jpg|thumb|A '''cat''' in [[Rome]]]]Text.", 'Text.'],
  ['headings', '== Early [[life]] ==\nBorn.\n=== Deep ===\nMore.', 'Born.\n\nMore.'],
  ['lists', '* one\n* [[two]]\n# first', '* one\n * two\n * 1) first'],
  ['a redirect', '#REDIRECT [[Dog]]', ''],
  ['a category', 'Text.\n[[Category:Cats]]', 'Text.'],
  ['a comment', 'a <!-- [[hidden]] --> b', 'a b'],
  ['a comment that the library alone would show', `a <!-- ${'secret '.repeat(600)}--> b`, 'a b'],
  ['entities', 'A &amp; B', 'A & B'],
  ['lines and paragraphs', 'One\ntwo.\n\nThree.', 'One two.\n\nThree.'],
  ['what depends on the day', 'x{{CURRENTYEAR}}{{CURRENTMONTH}}{{age|1990|1|1}}{{time}}y', 'xy'],
  ['a number, as no machine has it otherwise', '{{formatnum:1234567.5}}', '1,234,567.5'],
  ['half a pair', 'a\ud800b', 'a\ufffdb'],
  ['nothing', '', ''],
  ['a table longer than a piece', `Before.\n\n{|\n${'| cell\n'.repeat(MAX_PIECE)}|}\n\nAfter.`, 'Before.\n\nAfter.'],
  ['a word longer than a piece', 'a'.repeat(3 * MAX_PIECE), 'a'.repeat(3 * MAX_PIECE)],
];

/** By pieces of 8 KiB each takes seconds; the library alone would take minutes for these, or for ever. */
const HOSTILE: readonly [what: string, make: (length: number) => string][] = [
  ['templates that do not end', (n) => '{{a|'.repeat(n / 4)],
  ['links that do not end', (n) => '[[a|'.repeat(n / 4)],
  ['tables that do not end', (n) => '{|\n'.repeat(n / 3)],
  ['apostrophes', (n) => "'".repeat(n)],
  ['angle brackets', (n) => '<'.repeat(n)],
  ['comments that do not end', (n) => '<!--'.repeat(n / 4)],
  ['brackets', (n) => '['.repeat(n)],
  ['parentheses', (n) => '('.repeat(n)],
  [
    'templates in each other, as deep as may be',
    (n) => nested(MAX_NESTING).repeat(Math.floor(n / nested(MAX_NESTING).length)),
  ],
];

function nested(depth: number): string {
  return `${'{{a|'.repeat(depth)}x${'}}'.repeat(depth)}`;
}

describe('reduceWikitext', function () {
  this.timeout(120_000);

  it('refuses what is too long or too deep, by name', async () => {
    assert.deepEqual(await reduce(' '.repeat(MAX_WIKITEXT + 1)), { refusal: 'too-long' });
    assert.deepEqual(await reduce(nested(MAX_NESTING + 1)), { refusal: 'too-deep' });
    assert.deepEqual(await reduce(nested(250_000)), { refusal: 'too-deep' });
    assert.deepEqual(await reduce('[['.repeat(41) + ']]'.repeat(41)), { refusal: 'too-deep' });
    assert.ok('text' in (await reduce(nested(MAX_NESTING))));
    assert.deepEqual(await reduce(' '.repeat(MAX_WIKITEXT)), { text: '' });
  });

  it('says what the library throws as a refusal, and stops at a signal', async () => {
    const throws = (): string => {
      throw new Error('x');
    };
    const none = new AbortController();
    assert.deepEqual(await new WikitextReducer(throws, none.signal).reduce('x'), { refusal: 'failed' });
    none.abort(new Error('stopped'));
    const busy = new WikitextReducer((text) => {
      for (const until = performance.now() + 60; performance.now() < until;);
      return text;
    }, none.signal);
    await assert.rejects(busy.reduce('x '.repeat(MAX_PIECE)), /stopped/);
  });

  for (const [what, wikitext, text] of GOLDEN) {
    it(`reduces ${what}`, async () => assert.deepEqual(await reduce(wikitext), { text }));
  }

  it('is the same again, whatever was read before', async () => {
    const first = await Promise.all(GOLDEN.map(async ([, wikitext]) => await reduce(wikitext)));
    const again = await Promise.all(GOLDEN.toReversed().map(async ([, wikitext]) => await reduce(wikitext)));
    assert.deepEqual(again.toReversed(), first);
  });

  for (const [what, make] of HOSTILE) {
    it(`takes time by the length alone for ${what}`, async () => {
      const started = process.cpuUsage();
      await reduce(make(6 * MAX_PIECE));
      const { user } = process.cpuUsage(started);
      // some 2 s at most where it was measured; the library without pieces takes more than 30
      assert.ok(user < 12e6, `${user / 1e6} s for ${6 * MAX_PIECE} characters`);
    });
  }

  it('cuts a megabyte of brackets in no time', () => {
    const begun = process.cpuUsage();
    for (const make of ['[['.repeat(250_000) + '}}'.repeat(250_000), '{{}}'.repeat(250_000), '<ref>'.repeat(200_000)])
      assert.ok((cutWikitext(make)?.length ?? 0) > 100);
    const { user } = process.cpuUsage(begun);
    assert.ok(user < 10e6, `${user / 1e6} s`);
  });

  it('never cuts within what is closed, loses nothing else, and keeps to its length', () => {
    const word = fc.constantFrom(
      '{{',
      '}}',
      '[[',
      ']]',
      '{|',
      '|}',
      '<ref>',
      '</ref>',
      '<ref />',
      '<!--',
      '-->',
      '\n==',
      '\n\n',
      ' ',
      'é',
      '😀',
    );
    const long = fc
      .tuple(word, fc.integer({ min: 1, max: 3000 }))
      .map(([one, times]) => (/[\n é😀]/u.test(one) ? one.repeat(times) : one));
    let cut = 0;
    fc.assert(
      fc.property(fc.array(fc.oneof(word, long), { maxLength: 60 }), (words) => {
        const text = words.join('');
        const pieces = cutWikitext(text);
        if (pieces === null) return;
        cut += Number(pieces.length > 1);
        for (const { text: piece } of pieces) {
          assert.ok(piece.length <= MAX_PIECE);
          assert.ok(!/\p{Surrogate}/u.test(piece));
        }
        if (/[\]}>]/.test(text)) return;
        // nothing is closed, so nothing was left out
        assert.ok(pieces.every((one) => text.includes(one.text)));
        assert.equal(
          pieces
            .map((one) => one.text.trim())
            .join('')
            .replaceAll(/\s/g, ''),
          text.replaceAll(/\s/g, ''),
        );
      }),
      { numRuns: 500 },
    );
    assert.ok(cut > 50, `${cut} texts were cut`);
  });
});

describe('the fence around the library', function () {
  it('lets it neither fetch nor see the clock', async () => {
    const real = Date.now;
    const asked: string[] = [];
    const before = globalThis.fetch;
    globalThis.fetch = async (url) => {
      asked.push(JSON.stringify(url));
      return await Promise.reject(new Error('fetched'));
    };
    try {
      const first = GOLDEN.map(([, wikitext]) => library(wikitext));
      Date.now = () => 0;
      const other = openFencedLibrary();
      assert.deepEqual(
        GOLDEN.map(([, wikitext]) => other(wikitext)),
        first,
      );
    } finally {
      Date.now = real;
      globalThis.fetch = before;
    }
    assert.deepEqual(asked, []);
  });
});
