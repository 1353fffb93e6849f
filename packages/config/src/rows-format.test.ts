import assert from 'node:assert/strict';
import * as zlib from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import { parseRowsFormat } from './rows-format.js';

const ZSTD = typeof zlib.zstdCompress === 'function' ? 'zstd' : 'snappy';

describe('what rows become', () => {
  const refused: [format: string | undefined, compression: string | undefined, message: RegExp][] = [
    ['csv', undefined, /--format: expected one of jsonl, parquet; received "csv"/],
    ['', undefined, /--format: expected one of/],
    ['parquet', 'br', /--compression: expected one of none, gzip, zstd, snappy; received "br"/],
    ['jsonl', 'snappy', /--compression: jsonl has the compressions none, gzip, zstd; received snappy/],
    [undefined, 'snappy', /--compression: jsonl has/],
  ];
  for (const [format, compression, message] of refused)
    it(`refuses ${format} with ${compression}`, () =>
      assert.throws(
        () => parseRowsFormat({ format, compression }),
        (error) => error instanceof UsageError && message.test(error.message),
      ));

  const taken: [format: string | undefined, compression: string | undefined, expected: string][] = [
    [undefined, undefined, 'jsonl gzip'],
    ['jsonl', 'zstd', 'jsonl zstd'],
    ['parquet', undefined, `parquet ${ZSTD}`],
    ['parquet', 'none', 'parquet none'],
    ['parquet', 'snappy', 'parquet snappy'],
    ['parquet', 'gzip', 'parquet gzip'],
    ['parquet', 'zstd', 'parquet zstd'],
  ];
  for (const [format, compression, expected] of taken)
    it(`takes ${format} with ${compression} as ${expected}`, () =>
      assert.equal(Object.values(parseRowsFormat({ format, compression })).join(' '), expected));

  it('has another default where a program says so', () => {
    assert.deepEqual(parseRowsFormat({}, 'none'), { format: 'jsonl', compression: 'none' });
    assert.equal(parseRowsFormat({ format: 'parquet' }, 'none').compression, ZSTD);
  });
});
