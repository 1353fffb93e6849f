import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PermanentError } from './errors.js';
import {
  failureKey,
  failuresPrefix,
  fileManifestKey,
  indexKey,
  manifestsPrefix,
  partKey,
  partsPrefix,
  planIdOfKey,
  planKey,
  planPrefix,
  quarantineKey,
  quarantinePrefix,
  rawKey,
  rawRecordKey,
  receiptKey,
  receiptsPrefix,
  rawPrefix,
  rowsPrefix,
  splitKeys,
  runManifestKey,
  runPrefix,
} from './keys.js';
import { DEFAULT_SETTINGS, FORMATS } from './plan.js';
import type { Settings } from './plan.js';
import type { Run } from './run.js';

const RUN: Run = { kind: 'articles-multistream', wiki: 'simplewiki', date: '2026-10-01' };
const ID = '0123456789abcdef';
const FILE = 'f.bz2';
const SPLIT = { index: 3, count: 12, start: 0, end: 1 };
const SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  splitBytes: 1000,
};
const OF_RUN = 'articles-multistream/simplewiki/2026-10-01';
const ROWS = 'rows/kind=articles-multistream/wiki_id=simplewiki/snapshot=2026-10-01/';

describe('keys', () => {
  const table: [key: string, expected: string][] = [
    [rawPrefix(RUN, FILE), `raw/${OF_RUN}/f.bz2/`],
    [rawKey(RUN, ID, FILE, '0b7e9c1a'), `raw/${OF_RUN}/f.bz2/0123456789abcdef-0b7e9c1a`],
    [rowsPrefix(RUN), ROWS],
    [partKey(RUN, FILE, SPLIT, ID, SETTINGS), `${ROWS}f.bz2/part-00003-of-00012-0123456789abcdef.jsonl.gz`],
    [
      partKey(RUN, FILE, SPLIT, ID, { ...SETTINGS, compression: 'zstd' }),
      `${ROWS}f.bz2/part-00003-of-00012-0123456789abcdef.jsonl.zst`,
    ],
    [
      partKey(RUN, FILE, SPLIT, ID, { ...SETTINGS, compression: 'none' }),
      `${ROWS}f.bz2/part-00003-of-00012-0123456789abcdef.jsonl`,
    ],
    [partsPrefix(RUN, FILE), `${ROWS}f.bz2/`],
    [quarantinePrefix(RUN), `quarantine/${OF_RUN}/`],
    [quarantinePrefix(RUN, FILE), `quarantine/${OF_RUN}/f.bz2/`],
    [
      partKey(RUN, FILE, SPLIT, ID, { ...SETTINGS, format: 'parquet', compression: 'zstd' }),
      `${ROWS}f.bz2/part-00003-of-00012-0123456789abcdef.parquet`,
    ],
    [quarantineKey(RUN, FILE, SPLIT, ID), `quarantine/${OF_RUN}/f.bz2/part-00003-of-00012-0123456789abcdef.jsonl`],
    [runPrefix(RUN), `runs/${OF_RUN}/`],
    [planKey(RUN), `runs/${OF_RUN}/plan.json`],
    [planPrefix(RUN, ID), `runs/${OF_RUN}/0123456789abcdef/`],
    [rawRecordKey(RUN, ID, FILE), `runs/${OF_RUN}/0123456789abcdef/raw/f.bz2.json`],
    [receiptsPrefix(RUN, ID, FILE), `runs/${OF_RUN}/0123456789abcdef/receipts/f.bz2/`],
    [receiptKey(RUN, ID, FILE, 3), `runs/${OF_RUN}/0123456789abcdef/receipts/f.bz2/00003.json`],
    [failuresPrefix(RUN, ID), `runs/${OF_RUN}/0123456789abcdef/failures/`],
    [failureKey(RUN, ID, FILE, 'download'), `runs/${OF_RUN}/0123456789abcdef/failures/f.bz2/download.json`],
    [failureKey(RUN, ID, FILE, 'file'), `runs/${OF_RUN}/0123456789abcdef/failures/f.bz2/file.json`],
    [failureKey(RUN, ID, FILE, 3), `runs/${OF_RUN}/0123456789abcdef/failures/f.bz2/00003.json`],
    [manifestsPrefix(RUN, ID), `runs/${OF_RUN}/0123456789abcdef/manifests/`],
    [fileManifestKey(RUN, ID, FILE), `runs/${OF_RUN}/0123456789abcdef/manifests/f.bz2.json`],
    [runManifestKey(RUN, ID), `runs/${OF_RUN}/0123456789abcdef/manifest.json`],
  ];
  for (const [key, expected] of table) {
    it(expected, () => {
      assert.equal(key, expected);
    });
  }

  for (const hostile of ['..', '../x', 'a/b', '', '.x', 'a\n']) {
    it(`refuses ${JSON.stringify(hostile)} as a file or a wiki`, () => {
      const wiki = { ...RUN, wiki: hostile };
      const calls: (() => string)[] = [
        () => rawKey(RUN, ID, hostile, '0b7e9c1a'),
        () => partKey(RUN, hostile, SPLIT, ID, SETTINGS),
        () => quarantineKey(RUN, hostile, SPLIT, ID),
        () => rawRecordKey(RUN, ID, hostile),
        () => receiptKey(RUN, ID, hostile, 0),
        () => failureKey(RUN, ID, hostile, 'file'),
        () => fileManifestKey(RUN, ID, hostile),
        () => rawKey(wiki, ID, FILE, '0b7e9c1a'),
        () => rowsPrefix(wiki),
        () => quarantinePrefix(wiki),
        () => planKey(wiki),
      ];
      for (const call of calls) {
        assert.throws(call, (error) => error instanceof PermanentError && error.code === 'NAME_REFUSED');
      }
    });
  }

  it('has no key longer than the 1,024 bytes of S3', () => {
    const long = { ...RUN, kind: 'articles-multistream', wiki: 'w'.repeat(200) } as const;
    const key = partKey(long, 'f'.repeat(200), SPLIT, ID, SETTINGS);
    assert.ok(Buffer.byteLength(key) < 1024);
  });
});

describe('planIdOfKey', () => {
  it('finds the plan of every part and quarantine file', () => {
    const format = fc.constantFrom(...FORMATS);
    const compression = fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const);
    fc.assert(
      fc.property(fc.nat(99_998), format, compression, (index, f, c) => {
        const split = { index, count: 99_999, start: 0, end: 0 };
        assert.equal(planIdOfKey(partKey(RUN, FILE, split, ID, { ...SETTINGS, format: f, compression: c })), ID);
        assert.equal(planIdOfKey(quarantineKey(RUN, FILE, split, ID)), ID);
      }),
    );
  });

  for (const key of [
    rawKey(RUN, ID, FILE, '0b7e9c1a-8f7e-4a39-9f0e-000000000000'),
    rawRecordKey(RUN, ID, FILE),
    receiptKey(RUN, ID, FILE, 3),
    indexKey(RUN, ID, FILE, 3),
    failureKey(RUN, ID, FILE, 'file'),
    fileManifestKey(RUN, ID, FILE),
    runManifestKey(RUN, ID),
    ...splitKeys(RUN, FILE, SPLIT, ID),
  ]) {
    it(`finds it in ${key}`, () => {
      assert.equal(planIdOfKey(key), ID);
    });
  }

  it('finds none in the key of a plan, whose id stands inside', () => {
    assert.equal(planIdOfKey(planKey(RUN)), null);
  });

  for (const key of [
    `${ROWS}f.bz2/_SUCCESS`,
    `${ROWS}f.bz2/part-00003-of-00012-0123456789abcdef.jsonl.gz.tmp`,
    `${ROWS}f.bz2/part-3-of-12-0123456789abcdef.jsonl.gz`,
    `${ROWS}f.bz2/part-00003-of-00012-0123456789abcdef.parquet.gz`,
    `${ROWS}f.bz2/part-00003-of-00012-0123456789ABCDEF.jsonl.gz`,
    `${ROWS}f.bz2/part-00003-of-00012-0123456789abcdef.jsonl.gz/x`,
    `${ROWS}part-00003-of-00012-0123456789abcdef.jsonl.gz\n`,
    '',
  ]) {
    it(`finds none in ${JSON.stringify(key.slice(-50))}`, () => {
      assert.equal(planIdOfKey(key), null);
    });
  }
});
