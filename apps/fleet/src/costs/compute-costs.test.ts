import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { computeCosts, gigabytesOf } from './compute-costs.js';
import { PRICES_FILE, pricesOf, readPrices } from './prices.js';

const PRICES = {
  fargateArmVcpuHour: 0.04,
  fargateArmGigabyteHour: 0.004,
  fargateSpotShare: 0.25,
  publicIpv4Hour: 0.01,
};

describe('computeCosts', () => {
  it('of no seconds is nothing', () => {
    const task = { service: 's', seconds: 0, vcpus: 4, gigabytes: 8, publicAddress: true, spotShare: 0 };
    const { onDemand, expected } = computeCosts([task], PRICES);
    assert.deepEqual([onDemand, expected], [0, 0]);
  });
  it('is processors, memory and addresses by the hour; Spot makes only the first two cheaper', () => {
    const task = { service: 's', seconds: 36_000, vcpus: 4, gigabytes: 8, publicAddress: true, spotShare: 0.8 };
    const { lines, onDemand, expected } = computeCosts([task], PRICES);
    // 10 hours of 4 processors, 8 GB and an address
    assert.deepEqual(
      lines.map(({ hours, onDemand: cost }) => [hours, Math.round(cost * 1000) / 1000]),
      [
        [40, 1.6],
        [80, 0.32],
        [10, 0.1],
      ],
    );
    assert.equal(onDemand.toFixed(6), '2.020000');
    // 0.2 at the full price, 0.8 at a quarter of it
    assert.equal(expected.toFixed(6), (1.92 * (0.2 + 0.8 * 0.25) + 0.1).toFixed(6));
  });
  it('has no line of addresses where tasks have none', () => {
    const task = { service: 's', seconds: 3600, vcpus: 1, gigabytes: 2, publicAddress: false, spotShare: 0 };
    assert.deepEqual(
      computeCosts([task], PRICES).lines.map(({ what }) => what),
      ['vCPU', 'GB of memory'],
    );
  });
});

describe('gigabytesOf', () => {
  const cases: readonly [string | undefined, number][] = [
    [undefined, 0],
    ['much', 0],
    ['8192', 8],
    ['8 GB', 8],
    ['0.5GB', 0.5],
  ];
  for (const [text, expected] of cases) it(String(text), () => assert.equal(gigabytesOf(text), expected));
});

describe('readPrices', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-prices-'));
  });
  after(async () => await rm(folder, { recursive: true }));

  const refused: readonly [string, string, RegExp][] = [
    ['no JSON', '{', /prices.json: expected JSON/],
    ['no prices', '{}', /regions: /],
    [
      'a price below zero',
      JSON.stringify({
        date: '2026-10-01',
        currency: 'USD',
        source: '',
        regions: { a: { ...PRICES, publicIpv4Hour: -1 } },
      }),
      /regions\.a\.publicIpv4Hour: /,
    ],
    ['a day that is none', JSON.stringify({ date: '2026-02-30', currency: 'USD', source: '', regions: {} }), /date: /],
  ];
  for (const [name, text, says] of refused) {
    it(`refuses ${name}`, async () => {
      const path = join(folder, 'prices.json');
      await writeFile(path, text);
      await assert.rejects(readPrices(path), says);
    });
  }
  it('reads our own, which has us-east-1 and a date, and refuses a region that it has not', async () => {
    const prices = await readPrices(PRICES_FILE);
    assert.ok(pricesOf(prices, 'us-east-1', PRICES_FILE).fargateArmVcpuHour > 0);
    assert.throws(() => pricesOf(prices, 'constructor', PRICES_FILE), /none of constructor: name a file/);
  });
});
