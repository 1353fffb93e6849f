import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { FleetError } from '@wikifleet/domain/errors';
import { refuse, startHttp, startProxy, startS3 } from './testing/s3-harness.js';
import type { HttpServer, LoopbackS3 } from './testing/s3-harness.js';

const BYTES = randomBytes(100_000);
const NEVER = new AbortController().signal;
const SIZE = BYTES.length;

describe('getRange', () => {
  let s3: LoopbackS3;
  let proxy: HttpServer | undefined;
  before(async () => {
    s3 = await startS3();
    await s3.store.put('object', BYTES);
  });
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });
  after(async () => await s3.close());

  const hasCode =
    (code: string) =>
    (error: unknown): boolean =>
      error instanceof FleetError && error.code === code && error.message.includes('object');

  const changed: [what: string, size: number, start: number][] = [
    ['larger than expected', SIZE - 1, 0],
    ['smaller than expected', SIZE + 1, 0],
    ['shorter than the range begins', SIZE + 10, SIZE + 1],
  ];
  for (const [what, size, start] of changed) {
    it(`says OBJECT_CHANGED where the object is ${what}`, async () => {
      const range = { start, end: start + 5, size };
      await assert.rejects(s3.store.getRange('object', range, NEVER), hasCode('OBJECT_CHANGED'));
    });
  }

  it('says OBJECT_MISSING where there is none', async () => {
    const range = { start: 0, end: 5, size: 9 };
    await assert.rejects(s3.store.getRange('no-object', range, NEVER), hasCode('OBJECT_MISSING'));
  });

  for (const [start, end] of [
    [-1, 5],
    [5, 4],
    [0, SIZE + 1],
  ] as const) {
    it(`refuses [${start}, ${end}) before anything is asked`, async () => {
      await assert.rejects(s3.store.getRange('object', { start, end, size: SIZE }, NEVER), RangeError);
    });
  }

  for (const [start, end] of [
    [0, SIZE],
    [0, 1],
    [SIZE - 1, SIZE],
    [1000, 70_000],
  ] as const) {
    it(`gives the bytes [${start}, ${end}) in one request, and counts it`, async () => {
      const { requests, bytes } = s3.store.traffic;
      const got = await s3.store.getRange('object', { start, end, size: SIZE }, NEVER);
      assert.ok(got.equals(BYTES.subarray(start, end)));
      assert.deepEqual([s3.store.traffic.requests - requests, s3.store.traffic.bytes - bytes], [1, end - start]);
    });
  }

  it('asks nothing for no bytes', async () => {
    const { requests } = s3.store.traffic;
    assert.equal((await s3.store.getRange('object', { start: 3, end: 3, size: SIZE }, NEVER)).length, 0);
    assert.equal(s3.store.traffic.requests, requests);
  });

  it('asks again where a body breaks, and counts what the SDK does again', async () => {
    let asked = 0;
    proxy = await startProxy(
      s3.endpoint,
      (request, response) => {
        asked += 1;
        return asked === 1 && refuse(request, response, 503, 'SlowDown');
      },
      (_, answer, response) => {
        if (asked > 2) return void answer.pipe(response);
        answer.once('data', (chunk: Buffer) => response.write(chunk.subarray(0, 10), () => response.destroy()));
      },
    );
    const got = await proxy.store.getRange('object', { start: 0, end: SIZE, size: SIZE }, NEVER);
    assert.ok(got.equals(BYTES));
    assert.deepEqual([asked, proxy.store.traffic.requests], [3, 3]);
  });

  it('takes no whole object for a range of it', async () => {
    proxy = await startHttp((_, response) => {
      response.writeHead(200, { 'content-length': SIZE });
      response.end(BYTES);
    });
    const range = { start: 5, end: 9, size: SIZE };
    await assert.rejects(proxy.store.getRange('object', range, NEVER), hasCode('OBJECT_CHANGED'));
  });

  it('ends at once when it is aborted', async () => {
    const range = { start: 0, end: 5, size: SIZE };
    await assert.rejects(s3.store.getRange('object', range, AbortSignal.abort(new Error('stop'))));
  });
});
