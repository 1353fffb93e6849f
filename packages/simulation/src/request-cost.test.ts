import assert from 'node:assert/strict';
import { requestCosts } from './request-cost.js';

const PRICES = {
  s3WriteThousand: 0.005,
  s3ReadThousand: 0.0004,
  sqsMillion: 0.4,
  metricMonth: 0.3,
  logGigabyte: 0.5,
  storageGigabyteMonth: 0.023,
};

describe('requestCosts', () => {
  it('is the counts by their prices, metrics by begun hours', () => {
    const counts = { s3Writes: 8000, s3Reads: 10_000, sqs: 1_000_000, splits: 1000, hours: 0.2, metrics: 73 };
    const dollars = requestCosts(counts, PRICES).map((line) => Math.round(line.dollars * 1e5) / 1e5);
    assert.deepEqual(dollars, [0.04, 0.004, 0.4, 0.03, 0.0015]);
  });
});
