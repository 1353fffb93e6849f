import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { openBlockPool } from '@wikifleet/conversion/block-pool';
import { receiptKey } from '@wikifleet/domain/keys';
import { foldIds } from '@wikifleet/domain/page-order';
import { DEFAULT_SETTINGS, sealPlan } from '@wikifleet/domain/plan';
import { sealRawRecord } from '@wikifleet/domain/receipts';
import type { Mirror } from '@wikifleet/mirror/mirror';
import type { Store } from '@wikifleet/store/store';
import { compareIndexes } from './compare-indexes.js';
import type { IndexVerdict } from './compare-indexes.js';

const FILE = 'testwiki-20261001-pages-articles-multistream1.xml-p1p9.bz2';
const INDEX = 'testwiki/20261001/testwiki-20261001-pages-articles-multistream-index1.txt-p1p9.bz2';
const PLAN = sealPlan({
  run: { kind: 'articles-multistream', wiki: 'testwiki', date: '2026-10-01' },
  vouchedBy: 'dumpstatus',
  settings: {
    ...DEFAULT_SETTINGS,
    splitBytes: 100,
    compression: 'none',
  },
  files: [
    { file: FILE, path: `testwiki/20261001/${FILE}`, size: 200, checksum: null },
    { file: 'other.bz2', path: 'testwiki/20261001/other.bz2', size: 200, checksum: null },
  ],
  supersedes: [],
});

/** A store that holds the record of the file, and receipts of two splits with these pages. */
function storeOf(pages: readonly (readonly number[])[]): Store {
  const { planId, run } = PLAN;
  const fixed = { planId, run, file: FILE, size: 200, sha256: 'a'.repeat(64), upstreamChecksum: null };
  const attempt = { id: '12345678', etag: '"e"', mirror: 'm', repair: null };
  const record = sealRawRecord({ ...fixed, splitBytes: 100, compressor: null }, attempt);
  const order = (ids: readonly number[], split: number): unknown => ({
    first: { id: ids[0], at: { block: 8 * (100 * split + 20), offset: 0 } },
    last: ids.at(-1),
    pages: ids.length,
    fold: ids.reduce(foldIds, 0),
    descents: 0,
    firstDescent: null,
  });
  const values = new Map<string, unknown>(
    pages.map((ids, split) => [
      receiptKey(run, planId, FILE, split),
      { result: { sequence: { pageOrder: ids.length === 0 ? null : order(ids, split) } } },
    ]),
  );
  const getJson = async (key: string): Promise<unknown> => {
    const value = key.includes('/raw/') ? record : values.get(key);
    return await Promise.resolve(value === undefined ? null : { value, etag: '"e"' });
  };
  return { getJson } as unknown as Store;
}

function mirrorOf(name: string, files: Readonly<Record<string, string>>): Mirror {
  const size = async (path: string): Promise<number | null> => await Promise.resolve(files[path]?.length ?? null);
  const open = async (path: string, { offset = 0 } = {}): Promise<unknown> =>
    await Promise.resolve(Readable.from([Buffer.from((files[path] ?? '').slice(offset))]));
  return { name, size, open } as unknown as Mirror;
}

async function compare(store: Store, mirrors: readonly Mirror[]): Promise<IndexVerdict[]> {
  const pool = openBlockPool(1);
  const verdicts: IndexVerdict[] = [];
  try {
    for await (const verdict of compareIndexes(store, PLAN, mirrors, pool, new AbortController().signal))
      verdicts.push(verdict);
  } finally {
    await pool.close();
  }
  return verdicts;
}

describe('compareIndexes', () => {
  const index = '0:1:One\n0:2:Two: a title\n100:5:Five\n';

  it('finds the index on the first mirror that has it, of multistream files alone', async () => {
    const mirrors = [mirrorOf('without', {}), mirrorOf('with', { [INDEX]: index })];
    assert.deepEqual(await compare(storeOf([[1, 2], [5]]), mirrors), [{ file: FILE, mirror: 'with', problems: [] }]);
  });

  it('says where no mirror has one', async () => {
    const verdicts = await compare(storeOf([[1, 2], [5]]), [mirrorOf('without', {})]);
    assert.deepEqual(verdicts, [{ file: FILE, mirror: null, problems: [] }]);
  });

  for (const [what, pages] of [
    ['a page that the dump lacks', [[1], [5]]],
    ['a page that is there twice', [[1, 2, 2], [5]]],
    ['another page', [[1, 3], [5]]],
    ['pages in another order', [[2, 1], [5]]],
    ['a last page that is missing', [[1, 2], []]],
  ] as const) {
    it(`names ${what}`, async () => {
      const [verdict] = await compare(storeOf(pages), [mirrorOf('m', { [INDEX]: index })]);
      assert.ok(verdict !== undefined && verdict.problems.length > 0);
    });
  }

  it('names an index that cannot be read', async () => {
    const [verdict] = await compare(storeOf([[1, 2], [5]]), [mirrorOf('m', { [INDEX]: '<html>' })]);
    assert.match(verdict?.problems.join() ?? '', /multistream index, line 1: expected offset:page id:title/);
  });
});
