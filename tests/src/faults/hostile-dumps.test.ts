import assert from 'node:assert/strict';
import { createWriteStream, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { inFolder, takePartial } from '../end-to-end/programs.js';
import { runWatched, showMemory } from './hostile-programs.js';

const MB = 1_000_000;
/** Of the process, threads and Node itself included: a revision of 32 MiB, its row, and both in buffers that grow. */
const MAX_MEMORY = 450 * MB;

const SITE = '<mediawiki><siteinfo><dbname>testwiki</dbname></siteinfo>\n';
const START = '<timestamp>2026-01-01T00:00:00Z</timestamp>';
const page = (title: string, id: number, inside: string): string =>
  `<page><title>${title}</title><ns>0</ns><id>${id}</id><revision><id>${id}</id>${START}${inside}</revision></page>\n`;
const FIRST = page('A', 1, '<text>a</text>');
const LAST = `${page('C', 3, '<text>c</text>')}</mediawiki>\n`;

type Pieces = Iterable<string | Buffer>;

/** `part`, as often as makes so many megabytes. */
function* times(part: string, megabytes: number): Generator<Buffer> {
  const piece = Buffer.from(part.repeat(Math.max(1, Math.floor(MB / Buffer.byteLength(part)))));
  for (let left = megabytes * MB; left > 0; left -= piece.length) yield piece;
}

/** A page between two good ones; `hostile` begins and ends within its revision. */
function* between(before: string, hostile: Pieces, after: string): Generator<string | Buffer> {
  const [start = '', end = ''] = page('B', 2, 'HERE').split('HERE');
  yield SITE + FIRST + start + before;
  yield* hostile;
  yield after + end + LAST;
}

function* attributes(count: number): Generator<string> {
  for (let i = 0; i < count; i += 10_000) {
    yield Array.from({ length: 10_000 }, (_, j) => ` a${i + j}=""`).join('');
  }
}

/** Entities within entities: the last one is a billion times the first. */
const LAUGHS = `<!DOCTYPE mediawiki [<!ENTITY lol "lol">${Array.from(
  { length: 9 },
  (_, i) => `<!ENTITY lol${i + 1} "${`&lol${i === 0 ? '' : i};`.repeat(10)}">`,
).join('')}]>`;

/** `bz2.compress` of 45,899,235 times the letter x, the most that one block can hold; and of a dump up to a text, and from there. */
const BLOCK = Buffer.from('QlpoOTFBWSZTWbTrVKABX44AgIBAAAggADCATUZCoCWpCoCXF3JFOFCQtOtUoA==', 'base64');
const BEFORE = Buffer.from(
  'QlpoOTFBWSZTWa8AGnkAACffgAAQAALxFTAABBA3r93AMAC6WEpqU/U1P1TRnqgaGmygEop6TQMgADQAqpooejU9QDQDRoxVbGMpSusVLLGCCEIQhNMywoih2mTOXAzEwa9rHc2EbXwrV0ncwOe8obgdQSSUq0FQiBAeNMdbWKCKECBXZNiaNcvY2mipdzlpKFDggswoTMpfVGpZool4M4VS4HIzQQ+SATmj3goKMDnpGMyfi7kinChIV4ANPIA=',
  'base64',
);
const BEHIND = Buffer.from(
  'QlpoOTFBWSZTWYIq1hsAABbfgAAQAAL5FQgABBAur93AIACVQ0SeRA0AD0EBIkFPTRPUDQA0XVq3BaZm4vcs02yIMy8TDhLGJqTDl0fv1qMKBHKim4LDeLyQXKYD+wxnIqFApFOLCY9eNi2UGGUgyNlac1oQSY9Sa4n5ZlSox0KLJr8XckU4UJCCKtYb',
  'base64',
);
const bz2 = (blocks: number): Pieces => [BEFORE, ...Array.from({ length: blocks }, () => BLOCK), BEHIND];

interface Hostile {
  readonly what: string;
  readonly pieces: () => Pieces;
  readonly gzip?: true;
  /** 0: the file is whole, and what cannot be read is in the quarantine; 1: it is not, and `says` why. */
  readonly code: 0 | 1;
  readonly rows: number;
  readonly quarantined: readonly string[];
  readonly says: RegExp;
  /** In the long run only: packages/mediawiki/src/hostile.test.ts has the like within one process. */
  readonly long?: true;
  /** The engine for all units; else only for what the fast one does not know. */
  readonly reference?: true;
}

const whole = { code: 0, says: /rows/ } as const;
const TABLE: readonly Hostile[] = [
  {
    what: 'a DOCTYPE with an entity',
    pieces: () => [
      '<!DOCTYPE mediawiki [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
      ...between('<text>', ['&a;'], '</text>'),
    ],
    code: 1,
    rows: 0,
    quarantined: [],
    says: /(?:not complete|cannot be converted): .*DOCTYPE/,
  },
  {
    what: 'a billion laughs',
    pieces: () => [LAUGHS, ...between('<text>', ['&lol9;'], '</text>')],
    code: 1,
    rows: 0,
    quarantined: [],
    says: /(?:not complete|cannot be converted): .*DOCTYPE/,
  },
  {
    what: 'a billion laughs within a page',
    pieces: () => between(LAUGHS, ['<text>&lol9;'], '</text>'),
    rows: 2,
    quarantined: ['DOCTYPE_REFUSED'],
    ...whole,
  },
  {
    what: 'an entity that nobody declared',
    pieces: () => between('<text>', ['&lol9;'], '</text>'),
    rows: 2,
    quarantined: ['ENTITY_REFUSED'],
    ...whole,
  },
  {
    what: '100 MB in one attribute',
    long: true,
    pieces: () => between('<text a="', times('a', 100), '"/>'),
    rows: 2,
    quarantined: ['REVISION_TOO_LARGE'],
    ...whole,
  },
  {
    what: '30 MB in one attribute',
    long: true,
    pieces: () => between('<text a="', times('a', 30), '"/>'),
    rows: 2,
    quarantined: ['TAG_TOO_LONG'],
    ...whole,
  },
  {
    what: 'ten million attributes',
    long: true,
    pieces: () => between('<text', attributes(10_000_000), '/>'),
    rows: 2,
    quarantined: ['REVISION_TOO_LARGE'],
    ...whole,
  },
  {
    what: 'five million attributes of one name',
    long: true,
    pieces: () => between('<text', times(' a=""', 30), '/>'),
    rows: 2,
    quarantined: ['TOO_MANY_ATTRIBUTES'],
    ...whole,
  },
  {
    what: 'ten million elements',
    long: true,
    pieces: () => between('', times('<a/>', 30), ''),
    rows: 2,
    quarantined: ['TOO_MANY_ELEMENTS'],
    ...whole,
  },
  {
    what: 'elements ten million deep',
    long: true,
    pieces: () => between('', times('<a>', 30), ''),
    rows: 2,
    quarantined: ['NESTED_TOO_DEEP'],
    ...whole,
  },
  {
    what: 'invalid UTF-8',
    pieces: () => between('<text>', [Buffer.from([0xc0, 0xaf, 0xff])], '</text>'),
    rows: 2,
    quarantined: ['NOT_UTF8'],
    ...whole,
  },
  {
    what: 'a NUL in a text',
    pieces: () => between('<text>', ['\0'], '</text>'),
    rows: 2,
    quarantined: ['ILLEGAL_CHARACTER'],
    ...whole,
  },
  {
    what: 'a NUL at the beginning',
    pieces: () => ['\0', SITE, FIRST, LAST],
    code: 1,
    rows: 0,
    quarantined: [],
    says: /(?:not complete|cannot be converted): .*expected UTF-8/,
  },
  {
    what: '100 MB of NUL',
    long: true,
    pieces: () => times('\0', 100),
    code: 1,
    rows: 0,
    quarantined: [],
    says: /cannot be converted: .*received zero bytes/,
  },
  {
    what: '100 MB of blanks without a page',
    long: true,
    pieces: () => [SITE, ...times(' ', 100)],
    code: 1,
    rows: 0,
    quarantined: [],
    says: /not complete: the file lacks its end/,
  },
  {
    what: 'a siteinfo of 100 MB',
    long: true,
    pieces: () => ['<mediawiki><siteinfo>', ...times(' ', 100)],
    code: 1,
    rows: 0,
    quarantined: [],
    says: /(?:not complete|cannot be converted): expected the end of <siteinfo>, or a <page>, within the first/,
  },
  {
    what: 'a text of 60 MB of quotes',
    long: true,
    pieces: () => between('<text>', times('"', 60), '</text>'),
    rows: 2,
    quarantined: ['REVISION_TOO_LARGE'],
    ...whole,
  },
  {
    what: 'an upload of 100 MB',
    long: true,
    pieces: () => [
      SITE,
      FIRST.replace('</page>', '<upload><contents>'),
      ...times('QUJD', 100),
      '</contents></upload></page>',
      LAST,
    ],
    rows: 2,
    quarantined: [],
    ...whole,
  },
  {
    what: 'more than a million empty pages',
    pieces: () => [SITE, FIRST, ...times('<page></page>', LONG_TESTS ? 26 : 14), LAST],
    code: 1,
    rows: 1,
    quarantined: Array.from({ length: 10_000 }, () => 'MISSING_ELEMENT'),
    says: /(?:not complete|cannot be converted): .*expected at most 1000000 pages and revisions that cannot be read/,
  },
  {
    what: 'a text of 33 MB that doubles as JSON',
    long: true,
    pieces: () => between('<text>', times('"', 33), '</text>'),
    rows: 3,
    quarantined: [],
    ...whole,
  },
  {
    what: 'a text of 33 MB that doubles as JSON, read by the reference',
    pieces: () => between('<text>', times('"', 33), '</text>'),
    rows: 3,
    quarantined: [],
    reference: true,
    ...whole,
  },
  {
    what: 'a text of 33 MB of entities, read by the reference',
    pieces: () => between('<text>', times('&#x1F600;', 32), '</text>'),
    rows: 3,
    quarantined: [],
    reference: true,
    ...whole,
  },
  {
    what: 'a bz2 bomb in one text',
    long: true,
    pieces: () => bz2(4),
    code: 1,
    rows: 1,
    quarantined: [],
    says: /(?:not complete|cannot be converted): .*expands too much/,
  },
  {
    what: 'a bz2 bomb without end',
    pieces: () => bz2(20_000),
    code: 1,
    rows: 1,
    quarantined: [],
    says: /(?:not complete|cannot be converted): .*expands too much/,
  },
  {
    what: 'a gzip bomb of 2 GB in one text',
    pieces: () => between('<text>', times('x', 2000), '</text>'),
    gzip: true,
    rows: 2,
    quarantined: ['REVISION_TOO_LARGE'],
    ...whole,
  },
  {
    what: 'a gzip bomb in a gzip file',
    pieces: () => [gzipSync(Buffer.concat([...times('x', 100)]))],
    gzip: true,
    code: 1,
    rows: 0,
    quarantined: [],
    says: /(?:not complete|cannot be converted): .*expected (?:a dump|UTF-8)/,
  },
];

describe('hostile dump files', function () {
  this.timeout(180_000);

  for (const { what, pieces, gzip, code, rows, quarantined, says, reference, long } of TABLE) {
    it(`${what}: ${code === 0 ? 'one line of quarantine, the other pages stand' : 'the file is refused'}, in bounded memory`, async function () {
      if (long && !LONG_TESTS) this.skip('WIKIFLEET_LONG_TESTS=1');
      await inFolder(async (folder) => {
        const [file, out, quarantine] = ['dump.bz2', 'rows.jsonl', 'quarantine.jsonl'].map((name) =>
          join(folder, name),
        );
        assert.ok(file !== undefined && out !== undefined && quarantine !== undefined);
        const packing = gzip === true ? [createGzip({ level: 1 })] : [];
        await pipeline([Readable.from(pieces(), { objectMode: true }), ...packing, createWriteStream(file)]);
        const args = [file, '--out', out, '--quarantine', quarantine, '--workers', '2'];
        if (reference === true) args.push('--engine', 'reference');
        const ended = await runWatched('wikifleet/dist/convert.js', args);

        assert.match(ended.stderr, says);
        assert.doesNotMatch(ended.stderr, /\n {4}at /, 'no stack');
        assert.equal(ended.code, code, ended.stderr);
        assert.equal(countLines(await written(out, code)), rows);
        const records = (await written(quarantine, code))
          .toString()
          .split('\n')
          .filter((line) => line !== '');
        assert.deepEqual(
          records.map((line) => (JSON.parse(line) as { code: string }).code),
          quarantined,
        );
        showMemory(what, ended.peak);
        assert.ok(ended.peak < MAX_MEMORY, `it took ${Math.round(ended.peak / MB)} MB`);
      });
    });
  }
});

/** What a run with this exit code left: a file, or what it grew in, which is not left where nothing was written. */
async function written(path: string, code: number): Promise<Buffer> {
  if (code === 0) return await readFile(path);
  assert.ok(!existsSync(path), 'no half of a file looks complete');
  return (await takePartial(path)) ? await readFile(path) : Buffer.alloc(0);
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, at + 1)) lines += 1;
  return lines;
}
