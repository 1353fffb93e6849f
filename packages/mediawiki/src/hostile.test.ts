import assert from 'node:assert/strict';
import { codeOf } from '@wikifleet/domain/errors';
import { DumpConverter } from './dump-converter.js';
import { MAX_REVISION_BYTES as LIMIT } from './dump-splitter.js';
import { FastEngine } from './fast-engine.js';
import { ReferenceEngine } from './reference-engine.js';
import type { RowEngine } from './row-engine.js';
import { heldMemory, usedMemory } from './testing/held-memory.js';
import { LONG_TESTS } from '@wikifleet/testing/extent';

const HEAD = '<page><title>T</title><ns>0</ns><id>1</id>';
const START = '<revision><id>2</id><timestamp>t</timestamp>';
const MB = 1_000_000;

/** `part` over and over in pieces of a megabyte, with `before` and `after` around. */
function* around(before: string, part: string, megabytes: number, after: string): Generator<Buffer> {
  yield Buffer.from(before);
  const piece = Buffer.from(part.repeat(Math.floor(MB / Buffer.byteLength(part))));
  for (let i = 0; i < megabytes; i += 1) yield piece;
  yield Buffer.from(after);
}

interface Result {
  readonly rows: number;
  readonly codes: ReadonlySet<string>;
  readonly error: string | null;
  /** Bytes by which memory grew at most between two pieces: with garbage up to `MAX_GROWTH`, without it beyond. */
  readonly growth: number;
}

/** A window of twice a revision, one more while it grows, and what the engine makes of a revision. */
const MAX_GROWTH = 5 * LIMIT;

async function run(pieces: Iterable<Buffer>, engine: RowEngine): Promise<Result> {
  const converter = new DumpConverter({ wiki: 'aawiki', engine });
  const before = await heldMemory();
  const codes = new Set<string>();
  let [rows, growth, error]: [number, number, string | null] = [0, 0, null];
  const take = (): void => {
    rows += converter.takeRows()?.rows ?? 0;
    for (const record of converter.takeQuarantine()) codes.add(record.code);
  };
  try {
    for (const piece of pieces) {
      converter.push(piece);
      take();
      let grown = usedMemory() - before;
      if (grown >= MAX_GROWTH) grown = (await heldMemory()) - before;
      growth = Math.max(growth, grown);
    }
    converter.end();
  } catch (thrown) {
    error = codeOf(thrown);
  }
  take();
  return { rows, codes, error, growth };
}

const SMALL = `${START}<text>${'x'.repeat(2000)}</text></revision>`;
const END = '</text></revision></page>';

/** Megabytes of what is small and costs much. */
const MANY = LONG_TESTS ? 20 : 4;

/** Each in a bounded time and memory: [what, pieces, rows, codes, error]. */
const HOSTILE: readonly [
  what: string,
  pieces: () => Iterable<Buffer>,
  rows: number,
  codes: string[],
  error?: string,
][] = [
  [
    'an attribute of 100 MB',
    () => around(`${HEAD}${START}<text a="`, 'a', 100, `"/></revision></page>`),
    0,
    ['REVISION_TOO_LARGE'],
  ],
  [
    'an attribute of 30 MB',
    () => around(`${HEAD}${START}<text a="`, 'a', 30, `"/></revision></page>`),
    0,
    ['TAG_TOO_LONG'],
  ],
  ['a name of 30 MB', () => around(`${HEAD}${START}<`, 'a', 30, `/></revision></page>`), 0, ['NAME_REFUSED']],
  ['a comment of 30 MB', () => around(`${HEAD}${START}<text>a<!--`, 'b', 30, `-->${END}`), 1, []],
  [
    'very many attributes',
    () => around(`${HEAD}${START}<text`, ' a="b"', 20, `/></revision></page>`),
    0,
    ['TOO_MANY_ATTRIBUTES'],
  ],
  ['very many elements', () => around(`${HEAD}${START}`, '<a/>', 20, `</revision></page>`), 0, ['TOO_MANY_ELEMENTS']],
  [
    'very many within each other',
    () => around(`${HEAD}${START}`, '<a>', 20, `</revision></page>`),
    0,
    ['NESTED_TOO_DEEP'],
  ],
  ['very many entities', () => around(`${HEAD}${START}<text>`, '&lt;', 5, END), 1, []],
  ['very many "<page"', () => around(`${HEAD}${START}<text>`, '<page', MANY, END), 0, ['NOT_WELL_FORMED']],
  ['very many "<revisions"', () => around(HEAD, '<revisions', 20, '</page>'), 0, ['PAGE_HEAD_TOO_LARGE']],
  ['a text of 300 MB', () => around(`${HEAD}${START}<text>`, 'text ', 300, END), 0, ['REVISION_TOO_LARGE']],
  ['a page head of 100 MB', () => around('<page><title>', 'T', 100, '</title></page>'), 0, ['PAGE_HEAD_TOO_LARGE']],
  ['100 MB of blanks between pages', () => around(`${HEAD}</page>`, ' ', 100, '</mediawiki>'), 0, []],
  ['100 MB of blanks before any page', () => around('<mediawiki>', ' ', 100, '</mediawiki>'), 0, []],
  ['a siteinfo of 100 MB', () => around('<mediawiki><siteinfo>', ' ', 100, ''), 0, [], 'HEAD_TOO_LARGE'],
  [
    '100 MB of other bytes before any page',
    () => around('<mediawiki>', 'x', 100, HEAD),
    0,
    ['BYTES_OUTSIDE_PAGES', 'PAGE_CUT'],
  ],
  ['a comment of 100 MB between pages', () => around('<mediawiki><!--', '<page>', 100, '--></mediawiki>'), 0, []],
  [
    'a comment of 100 MB without an end',
    () => around('<mediawiki><!--', '<page>', 100, ''),
    0,
    ['BYTES_OUTSIDE_PAGES'],
  ],
  ['a processing instruction of 100 MB', () => around('<mediawiki><?a ', '<page>', 100, '?></mediawiki>'), 0, []],
  [
    'CDATA of 100 MB',
    () => around(`${HEAD}${START}<text><![CDATA[`, '<page>', 100, `]]>${END}`),
    0,
    ['REVISION_TOO_LARGE'],
  ],
  ['CDATA of 20 MB', () => around(`${HEAD}${START}<text><![CDATA[`, '</page>', 20, `]]>${END}`), 1, []],
  [
    'a tag of 100 MB of blanks',
    () => around(`${HEAD}${START}<text>a${END.replace('</page>', '</page')}`, ' ', 100, '>'),
    1,
    ['PAGE_MATTER_TOO_LARGE'],
  ],
  [
    'an upload of 100 MB',
    () => around(`${HEAD}${START}<text>a</text></revision><upload>`, 'QUJD', 100, '</upload></page>'),
    1,
    [],
  ],
  [
    'an upload of 100 MB in a page head',
    () => around(`${HEAD}<upload>`, 'QUJD', 100, `</upload>${START}<text>a${END}`),
    1,
    [],
  ],
  [
    'very many uploads',
    () => around(`${HEAD}<upload>x`, '</upload><upload>', MANY, `</upload>${START}<text>a${END}`),
    0,
    ['PAGE_HEAD_TOO_LARGE', 'PAGE_HEAD_BROKEN'],
  ],
  ['very many comments', () => around(`${HEAD}${START}<text>a`, '<!--<page>-->', MANY, END), 1, []],
  [
    'very many empty pages',
    () => around('<mediawiki>', '<page/>', LONG_TESTS ? 2 : 1, '</mediawiki>'),
    0,
    ['MISSING_ELEMENT'],
  ],
  [
    'a page of 20 MB of small revisions',
    () => around(HEAD, SMALL, 20, '</page>'),
    20 * Math.floor(MB / SMALL.length),
    [],
  ],
  [
    'a long title in every row',
    () => around(HEAD.replace('T', 'T'.repeat(2000)), `${START}</revision>`, 2, '</page>'),
    2 * Math.floor(MB / (START.length + 11)),
    [],
  ],
];

const ENGINES: readonly [name: string, engine: RowEngine][] = [
  ['reference', new ReferenceEngine()],
  ['fast', new FastEngine()],
];

describe('hostile dumps', function () {
  for (const [name, engine] of ENGINES) {
    for (const [what, pieces, rows, codes, error = null] of HOSTILE) {
      it(`${what}: in bounded time and memory (${name})`, async () => {
        const got = await run(pieces(), engine);
        assert.deepEqual([got.rows, [...got.codes], got.error], [rows, codes, error]);
        assert.ok(got.growth < MAX_GROWTH, `grew by ${got.growth} bytes`);
      });
    }
  }

  for (const [name, engine] of ENGINES) {
    for (const [what, part] of [
      ['doubles as JSON', '"'],
      ['is no ASCII', '漢字'],
      ['is entities', '&#x1F600;'],
    ] as const) {
      it(`a text of 30 MB that ${what}: in bounded memory (${name})`, async () => {
        const got = await run(around(`${HEAD}${START}<text>`, part, 30, END), engine);
        assert.equal(got.rows, 1);
        assert.ok(got.growth < MAX_GROWTH, `grew by ${got.growth} bytes`);
      });
    }
  }

  it('counts invented names up to a bound', () => {
    const converter = new DumpConverter({ wiki: null });
    converter.push(Buffer.from(HEAD));
    for (let i = 0; i < 5000; i += 1) converter.push(Buffer.from(`${START}<a${i}/></revision>`));
    const names = Object.entries(converter.counts.unmapped);
    assert.equal(names.length, 1001);
    assert.deepEqual(
      names.find(([name]) => name === '#other'),
      ['#other', 4000],
    );
    assert.equal(converter.counts.rows, 5000);
  });
});
