import assert from 'node:assert/strict';
import { Random } from '@wikifleet/testing/random';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { EVERY_PAGE } from '@wikifleet/domain/page-filter';
import type { PageFilter } from '@wikifleet/domain/page-filter';
import { MAX_ROW_BYTES } from '@wikifleet/mediawiki/batch-converter';
import { BATCH_BYTES } from '@wikifleet/mediawiki/batch-cutter';
import { DumpConverter } from '@wikifleet/mediawiki/dump-converter';
import { FastEngine } from '@wikifleet/mediawiki/fast-engine';
import type { RowChunk } from '@wikifleet/mediawiki/page-converter';
import type { QuarantineRecord } from '@wikifleet/mediawiki/quarantine';
import { openBlockPool } from './block-pool.js';
import type { BlockPool } from './block-pool.js';
import { InlineConversion } from './dump-conversion.js';
import type { Deliver, DumpConversion } from './dump-conversion.js';
import { EXHAUSTIVE, LONG_TESTS, extent } from '@wikifleet/testing/extent';
import { smallDump, wholeText } from './testing/test-tools.js';
import { ThreadedConversion } from './threaded-conversion.js';

interface Settings {
  readonly cuts?: readonly number[];
  readonly filter?: PageFilter;
  /** Pages from here on are not owned. */
  readonly ownTo?: number;
  /** A fault of the file at its end, of which the conversion knows nothing. */
  readonly isBroken?: boolean;
  readonly batchBytes?: number;
}

interface Outcome {
  readonly rows: string;
  readonly pages: readonly (readonly [number, string, number])[];
  readonly quarantine: readonly QuarantineRecord[];
  readonly counts: unknown;
  readonly places: unknown;
  readonly failure: unknown;
}

async function run(bytes: Buffer, settings: Settings, begin: (deliver: Deliver) => DumpConversion): Promise<Outcome> {
  const rows: Buffer[] = [];
  const pages: [number, string, number][] = [];
  const quarantine: QuarantineRecord[] = [];
  const conversion = begin(async (chunk: RowChunk | null, records) => {
    await Promise.resolve();
    quarantine.push(...records);
    if (chunk === null) return;
    rows.push(Buffer.from(chunk.bytes));
    assert.equal(chunk.ends.at(-1), chunk.bytes.length);
    assert.deepEqual(
      chunk.pages.reduce((sum, page) => sum + page.rows, 0),
      chunk.ends.length,
    );
    for (const { id, title, rows: count } of chunk.pages) {
      const last = pages.at(-1);
      if (last?.[0] === id && last[1] === title) last[2] += count;
      else pages.push([id, title, count]);
    }
  });
  const { cuts = [], ownTo, isBroken = false } = settings;
  let error: unknown = null;
  try {
    if (ownTo !== undefined) conversion.reader.ownTo(ownTo);
    let from = 0;
    for (const to of [...cuts, bytes.length]) {
      if (conversion.reader.done) break;
      const piece = Uint8Array.from(bytes.subarray(from, to));
      await conversion.push(piece);
      piece.fill(0x21);
      from = to;
    }
    if (isBroken) throw new PermanentError('BROKEN', 'the file is broken');
    await conversion.end();
  } catch (thrown) {
    if (!(thrown instanceof PermanentError)) throw thrown;
    await conversion.breakOff();
    error = thrown;
  }
  error = conversion.failure ?? error;
  const { firstPage, nextPage, endTag, head, done, offset } = conversion.reader;
  const failure = error instanceof FleetError ? { code: error.code, place: error.place } : null;
  return {
    rows: Buffer.concat(rows).toString(),
    pages,
    quarantine,
    counts: conversion.counts,
    places: failure === null ? { firstPage, nextPage, endTag, head, done, offset } : null,
    failure,
  };
}

async function inline(bytes: Buffer, settings: Settings): Promise<Outcome> {
  const { filter = EVERY_PAGE } = settings;
  const begin = (deliver: Deliver): DumpConversion =>
    new InlineConversion(new DumpConverter({ wiki: null, engine: new FastEngine(), filter }), deliver);
  return await run(bytes, settings, begin);
}

async function threaded(bytes: Buffer, settings: Settings, pool: BlockPool): Promise<Outcome> {
  const { filter = EVERY_PAGE, batchBytes = BATCH_BYTES } = settings;
  const begin = (deliver: Deliver): DumpConversion =>
    new ThreadedConversion({ wiki: null, engine: new FastEngine(), filter, pool, batchBytes }, deliver);
  return await run(bytes, settings, begin);
}

const DUMP = smallDump(40, (page) => `text of ${page} `.repeat(page % 9));
const TEXT = wholeText(DUMP);
const ODD = '<origin>1<!-- the kernel knows none --></origin>';
const END = '</mediawiki>\n';
const LONG_TITLE = 'x'.repeat(2000);
const shortRevisions = (count: number): string =>
  Array.from({ length: count }, (_, i) => `<revision><id>${i + 1}</id><timestamp>t</timestamp></revision>`).join('');
const pageOf = (title: string, inside: string): string => `<page><title>${title}</title><id>1</id>${inside}</page>`;
const changed = (page: number, change: (text: string) => string): string =>
  wholeText({ ...DUMP, pages: DUMP.pages.map((text, i) => (i === page ? change(text) : text)) });

const DUMPS: readonly [what: string, text: string][] = [
  ['nothing odd', TEXT],
  ['no page', DUMP.head + END],
  ['no page and no end', DUMP.head],
  ['nothing at all', ''],
  ['no dump', '<html></html>'],
  ['an end alone', `${END}x`],
  ['a document type', `<!DOCTYPE a>${TEXT}`],
  ['something before the first page', `${DUMP.head}stray${DUMP.pages.join('')}${END}`],
  ['a head that is cut at a page', TEXT.slice(DUMP.head.length - 40)],
  ['one page for the reference', changed(17, (text) => text.replaceAll('<origin>1</origin>', ODD))],
  ['every page for the reference', TEXT.replaceAll('<origin>1</origin>', ODD)],
  ['names that have no column', TEXT.replaceAll('<origin>', '<unknown>a</unknown><origin>')],
  ['a page that cannot be read', changed(20, (text) => text.replace('<ns>0', '<ns>zero'))],
  ['revisions that cannot be read', changed(20, (text) => text.replaceAll('<origin>1<', '<origin>x<'))],
  ['a page without its end', changed(20, (text) => text.replace('</page>', ''))],
  ['pages without their ends', TEXT.replaceAll('</page>', '')],
  ['a page without a revision', changed(20, (text) => text.replaceAll(/<revision>.*<\/revision>/g, ''))],
  ['matter between revisions', TEXT.replaceAll('</revision>', '</revision><upload>x</upload>')],
  ['bytes outside of pages', changed(20, (text) => `${text}stray`)],
  ['half a tag outside of pages', changed(20, (text) => `${text}<pag`)],
  ['half a tag and revisions outside of pages', changed(20, (text) => `${text}<p${shortRevisions(900)}`)],
  ['a revision outside of pages', changed(20, (text) => `${text}<revision><id>1</id></revision>`)],
  ['many revisions outside of pages', changed(20, (text) => text + shortRevisions(900))],
  ['a page behind the end', `${TEXT}${DUMP.pages[3]}`],
  ['the end amidst pages', changed(20, (text) => `${END}${text}`)],
  ['the end amidst a page', changed(20, (text) => text.replace('</revision>', `</revision>${END}`))],
  ['blanks behind the end', TEXT + ' \n'.repeat(3000)],
  ['blanks and something behind the end', `${TEXT}${' \n'.repeat(3000)}x`],
  ['the file cut in a page', TEXT.slice(0, TEXT.length / 2)],
  ['the file cut in a tag', TEXT.slice(0, TEXT.indexOf('</page>', TEXT.length / 2) + 3)],
  ['a page of many revisions', DUMP.head + pageOf('a', shortRevisions(500)) + DUMP.pages[4] + END],
  [
    'a page of many revisions, one of them for the reference',
    DUMP.head + pageOf('a', shortRevisions(400).replace('<id>177</id>', '<id>177<!-- --></id>')) + DUMP.pages[4] + END,
  ],
  [
    'a page of many revisions, some of them not to be read',
    DUMP.head + pageOf('a', shortRevisions(400).replaceAll('9</id>', 'x</id>')) + DUMP.pages[4] + END,
  ],
  ['a page of many revisions without an end', DUMP.head + pageOf('a', shortRevisions(400)).replace('</page>', '')],
  [
    'a page of many revisions whose head cannot be read',
    DUMP.head + pageOf('a', shortRevisions(300)).replace('<title>', '<title') + DUMP.pages[4] + END,
  ],
  ['a long revision', changed(20, (text) => text.replace('&amp;', 'a long text '.repeat(2000)))],
  ['tags that are none', changed(20, (text) => text.replaceAll('&amp;', '<revisions><pages><page ><revisio>'))],
  [
    'tags in comments and CDATA',
    TEXT.replaceAll('&amp;', '<![CDATA[</text></revision></page><page>]]><!-- <page><revision> -->'),
  ],
  ['comments between pages', TEXT.replaceAll('  <page>', '<!-- <page> --><?p </mediawiki> ?>  <page>')],
  ['a long comment between pages', changed(20, (text) => `<!-- ${'<page><revision>'.repeat(3000)} -->${text}`)],
  ['a comment without an end', changed(20, (text) => `<!-- ${text}`)],
  ['a malformed comment in a page', changed(20, (text) => text.replace('&amp;', '<!-- <page> -- <page> -->'))],
  ['a malformed comment between pages', changed(20, (text) => `<!-- <page> -- ${text} -->`)],
  ['CDATA without an end', changed(20, (text) => text.replace('&amp;', '<![CDATA['))],
  ['blanks in tags', TEXT.replaceAll('page>', 'page\n>').replaceAll('</revision>', '</revision >')],
  ['pages with attributes', TEXT.replaceAll('<page>', '<page a=">">')],
  ['empty pages', TEXT.replaceAll('  <page>', '<page/>  <page>')],
  [
    'a large upload',
    changed(20, (text) => text.replace('</revision>', `</revision><upload>${'QUJD'.repeat(50_000)}</upload>`)),
  ],
  ['an upload without an end', changed(20, (text) => text.replace('</revision>', '</revision><upload>x'))],
  ['log items', DUMP.head + '<logitem><id>1</id></logitem>'.repeat(900) + END],
  ['UTF-16', `\ufeff${TEXT.replace('?>', ' encoding="utf-16"?>')}`],
];

describe('ThreadedConversion', function () {
  this.timeout(EXHAUSTIVE ? 3_600_000 : 120_000);
  const pools = [2, 3, 5].map(openBlockPool);
  const poolOf = (random: Random): BlockPool => pools[random.below(pools.length)]!;
  after(async () => await Promise.all(pools.map(async (pool) => await pool.close())));

  for (const [what, text] of DUMPS) {
    it(`gives what one thread gives, wherever batches are cut: ${what}`, async () => {
      const random = new Random(text.length);
      const bytes = Buffer.from(text, what === 'UTF-16' ? 'utf16le' : 'utf8');
      for (const settings of [
        {},
        { isBroken: true },
        { filter: { namespaces: [7], redirects: true } },
        { ownTo: Math.floor(bytes.length / 2) },
        { ownTo: 0 },
      ]) {
        for (const batchBytes of LONG_TESTS ? [64, 200, 1000, 5000, 40_000, BATCH_BYTES] : [64, 1000, BATCH_BYTES]) {
          const cuts = random.cuts(random.below(20), Math.max(2, bytes.length));
          // what is not owned is to be said before it is pushed: it is, at the beginning
          const whole = await inline(bytes, { ...settings, cuts });
          const found = await threaded(bytes, { ...settings, cuts, batchBytes }, poolOf(random));
          assert.deepEqual(found, whole, `${JSON.stringify(settings)}, batches of ${batchBytes}`);
        }
      }
    });
  }

  const seed = Number(process.env['WIKIFLEET_FUZZ_SEED'] ?? 1);
  it(`gives what one thread gives of mutated dumps, seed ${seed}`, async () => {
    const random = new Random(seed);
    const words = [
      '<!--',
      '-->',
      '--',
      '<![CDATA[',
      ']]>',
      '<?a',
      '?>',
      '<page a="',
      '<page/>',
      '</page >',
      '<upload>',
      '</upload>',
      '<page>',
      '</page>',
      '<revision>',
      '<revision',
      '</revision>',
      END,
      '<',
      'x',
      ODD,
      '<id>',
      ' ',
    ];
    const base = wholeText(smallDump(9, (page) => `text ${page} `.repeat(page)));
    for (let round = 0; round < extent(100_000, 400, 150); round += 1) {
      let text = base;
      for (let change = random.below(4); change >= 0; change -= 1) {
        const at = random.below(text.length);
        const word = random.below(3) === 0 ? '' : words[random.below(words.length)]!;
        text = text.slice(0, at) + word + text.slice(at + (random.below(3) === 0 ? random.below(60) : 0));
      }
      const bytes = Buffer.from(text);
      const settings = {
        isBroken: random.below(5) === 0,
        ...(random.below(3) === 0 ? { ownTo: random.below(bytes.length) } : {}),
        ...(random.below(4) === 0 ? { filter: { namespaces: [0], redirects: random.below(2) === 0 } } : {}),
      };
      const batchBytes = 40 + random.below(random.below(2) === 0 ? 300 : 3000);
      const cuts = random.cuts(random.below(9), bytes.length);
      const found = await threaded(bytes, { ...settings, cuts, batchBytes }, poolOf(random));
      const how = `round ${round}, ${JSON.stringify(settings)}, batches of ${batchBytes}:\n${text}`;
      assert.deepEqual(found, await inline(bytes, { ...settings, cuts }), how);
    }
  });

  it('pages and revisions of megabytes, at the usual size of batches', async () => {
    const revision = (id: number, bytes: number): string =>
      `<revision><id>${id}</id><timestamp>t</timestamp><text>${'text é '.repeat(bytes / 8)}</text></revision>`;
    const history = (bytes: number, count: number): string =>
      pageOf('a', Array.from({ length: count }, (_, i) => revision(i + 1, bytes)).join('\n'));
    const text = [
      DUMP.head,
      history(100_000, 40),
      history(300, 9000),
      history(2_500_000, 2),
      ...DUMP.pages,
      pageOf('b', revision(1, 200_000) + revision(2, 3_000_000) + revision(3, 700_000) + revision(4, 900_000)),
      history(100_000, 30).replace('<id>9</id>', '<id>9<!-- --></id>'),
      DUMP.pages[1],
      END,
    ].join('');
    const bytes = Buffer.from(text);
    const whole = await inline(bytes, {});
    for (const pool of pools) assert.deepEqual(await threaded(bytes, {}, pool), whole);
  });

  it('rows that grow beyond a bound are not made in the threads, and are the same', async () => {
    const bytes = Buffer.from(DUMP.head + pageOf(LONG_TITLE, shortRevisions(9000)) + DUMP.pages.join('') + END);
    const whole = await inline(bytes, {});
    assert.ok(bytes.length < BATCH_BYTES && whole.rows.length > 2 * MAX_ROW_BYTES);
    assert.deepEqual(await threaded(bytes, {}, pools[0]!), whole);
  });

  it('has no more batches under way than it says, and holds the source back where nobody takes the rows', async () => {
    const pool = pools[0]!;
    let [open, most, delivered] = [0, 0, 0];
    const watched: BlockPool = {
      workers: pool.workers,
      ahead: pool.ahead,
      batches: pool.batches,
      decode: async (...args) => await pool.decode(...args),
      encode: async (request) => await pool.encode(request),
      close: async () => await pool.close(),
      convert: async (request) => {
        assert.ok(request.batch.bytes.byteLength <= BATCH_BYTES);
        open += 1;
        most = Math.max(most, open - delivered);
        return await pool.convert(request);
      },
    };
    const page = pageOf('a', `<revision><id>1</id><timestamp>t</timestamp><text>${'x'.repeat(9000)}</text></revision>`);
    const options = { wiki: null, engine: new FastEngine(), filter: EVERY_PAGE, pool: watched };
    let release = (): void => {};
    const taken = new Promise<void>((resolve) => {
      release = resolve;
    });
    const conversion = new ThreadedConversion(options, async (rows) => {
      if (rows === null) return;
      await taken;
      delivered += 1;
    });
    let pushed = 0;
    const pushing = (async () => {
      for (let i = 0; i < 3000; i += 1) {
        await conversion.push(Buffer.from(i === 0 ? DUMP.head + page : page));
        pushed += page.length;
      }
      await conversion.end();
    })();
    await new Promise((resolve) => {
      setTimeout(resolve, 300);
    });
    assert.ok(pushed <= (pool.batches + 2) * BATCH_BYTES, `${pushed} bytes were taken`);
    release();
    await pushing;
    assert.equal(conversion.counts.rows, 3000);
    assert.ok(most > 1 && most <= pool.batches, `${most} batches under way`);
  });
});
