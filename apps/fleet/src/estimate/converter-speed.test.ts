import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { receiptKey } from '@wikifleet/domain/keys';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { AWS_ASSUMPTIONS } from '@wikifleet/scaling/aws-assumptions';
import { Store } from '@wikifleet/store/store';
import { readAssumptions } from './assumptions.js';
import { assumedSpeed, converterSpeed, speedOfBench, speedOfReceipts } from './converter-speed.js';

const leg = (name: string, wall: number) => ({ name, measures: [{ wall: wall * 1.5 }, { wall }, { wall: wall / 2 }] });
const suite = (...legs: object[]) =>
  JSON.stringify({ name: 'main', date: '2026-11-23', input: { bytes: 100e6 }, legs });

describe('seconds a split, from the bench', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-speed-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const read = async (threads: number, ...lines: string[]) => {
    await writeFile(join(folder, 'node-24.jsonl'), `{"node":"v24.0.0"}\n${lines.join('\n')}\n`);
    return await speedOfBench(threads, pathToFileURL(`${folder}/`));
  };

  const cases: [string, number, string[], number | null][] = [
    ['no results', 4, [], null],
    ['results of something else', 4, [suite(leg('bzip2', 5), leg('convert-fast-none-2', 5))], null],
    ['more threads than there are', 1, [suite(leg('convert-fast-gzip-2', 5))], null],
    ['the median', 1, [suite(leg('convert-reference-gzip-1', 10))], 10e6],
    ['as many threads as may be', 4, [suite(leg('convert-fast-gzip-1', 10), leg('convert-fast-gzip-2', 5))], 20e6],
    ['the fast engine first', 4, [suite(leg('convert-reference-gzip-2', 2), leg('convert-fast-gzip-1', 5))], 20e6],
  ];
  for (const [title, threads, lines, expected] of cases) {
    it(title, async () => {
      const speed = await read(threads, ...lines);
      assert.equal(speed === null ? null : Math.round(speed.bytesPerSecond), expected);
      if (speed !== null) assert.match(speed.source, /^bench\/results\/node-24\.jsonl of 2026-11-23: /);
    });
  }

  it('a folder that is not there is no error', async () => {
    assert.equal(await speedOfBench(4, pathToFileURL(join(folder, 'none/'))), null);
  });
});

describe('what a plan assumes', () => {
  it('what the closed loop assumes of AWS too', async () => {
    const { startSeconds, periodSeconds } = await readAssumptions();
    const [soonest, latest] = AWS_ASSUMPTIONS.taskStartSeconds;
    assert.ok(startSeconds >= soonest && startSeconds <= latest, `${startSeconds} s`);
    assert.equal(periodSeconds, AWS_ASSUMPTIONS.periodSeconds);
  });

  it('the data files are whole, and stubs are no bzip2', async () => {
    const assumed = await readAssumptions();
    assert.ok(assumed.converterVcpu >= 1 && assumed.slots >= 1);
    const [stubs, others] = [assumedSpeed(true, assumed), assumedSpeed(false, assumed)];
    assert.ok(stubs.bytesPerSecond > 0 && others.bytesPerSecond > 0 && stubs.source !== others.source);
    const query = { kind: 'stubs-articles', wiki: 'w', isGzip: true, threads: 4 } as const;
    assert.deepEqual(await converterSpeed(null, query, assumed, () => assert.ok(false)), stubs);
  });
});

// nothing on loopback checks them, but the SDK does not send without
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';

describe('seconds a split, from receipts', function () {
  it('is what the newest run of the wiki says, else of any wiki, else nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-receipts-'));
    const cloud = await startLocalCloud({ directory: folder, buckets: { bucket: join(folder, 'objects') } });
    const store = Store.connect({ bucket: 'bucket', region: 'us-east-1', endpoint: cloud.endpoint });
    try {
      assert.equal(await speedOfReceipts(store, 'articles', 'aawiki'), null);
      for (const [wiki, date, seconds] of [
        ['aawiki', '2026-09-01', 40],
        ['aawiki', '2026-10-01', 5],
        ['bbwiki', '2026-11-01', 1],
      ] as const) {
        for (const index of [0, 1]) {
          const key = receiptKey({ kind: 'articles', wiki, date }, '0123abcd', 'dump.bz2', index);
          const split = { index, count: 2, start: index * 1000, end: (index + 1) * 1000 };
          await store.putJson(key, { version: 1, result: { split }, run: { seconds } });
        }
      }
      assert.deepEqual(await speedOfReceipts(store, 'articles', 'aawiki'), {
        bytesPerSecond: 200,
        source: '2 receipts of runs/articles/aawiki/2026-10-01/0123abcd',
      });
      assert.equal((await speedOfReceipts(store, 'articles', 'ccwiki'))?.bytesPerSecond, 1000);
      assert.equal(await speedOfReceipts(store, 'meta-history', 'aawiki'), null);
    } finally {
      store.close();
      await cloud.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
