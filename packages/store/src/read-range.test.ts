import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import type { Store } from './store.js';
import { refuse, startHttp, startProxy, startS3 } from './testing/s3-harness.js';
import type { HttpServer, LoopbackS3 } from './testing/s3-harness.js';

const BYTES = randomBytes(300_000);
const NEVER = new AbortController().signal;

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

describe('read', () => {
  let s3: LoopbackS3;
  let proxy: HttpServer | undefined;
  let etag = '';
  before(async () => {
    s3 = await startS3();
    await s3.store.put('object', BYTES);
    etag = (await s3.store.head('object'))?.etag ?? '';
  });
  afterEach(async () => {
    await proxy?.close();
    proxy = undefined;
  });
  after(async () => await s3.close());

  const read = (store: Store, start: number, end: number, signal = NEVER): AsyncGenerator<Uint8Array> =>
    store.read('object', { start, end, etag }, signal);

  for (const [start, end] of [
    [0, BYTES.length],
    [0, 1],
    [BYTES.length - 1, BYTES.length],
    [1000, 70_000],
    [7, 7],
  ] as const) {
    it(`gives the bytes [${start}, ${end})`, async () => {
      assert.ok((await bytesOf(read(s3.store, start, end))).equals(BYTES.subarray(start, end)));
    });
  }

  it('resumes where a body is cut, as long as bytes come', async () => {
    const ranges: string[] = [];
    proxy = await startProxy(
      s3.endpoint,
      () => false,
      (request, answer, response) => {
        ranges.push(request.headers.range ?? '');
        void sendSome(answer, response, 20_000);
      },
    );
    const cutTwice = read(proxy.store, BYTES.length - 50_000, BYTES.length);
    assert.ok((await bytesOf(cutTwice)).equals(BYTES.subarray(BYTES.length - 50_000)));
    assert.equal(ranges.length, 3);
    assert.deepEqual(
      ranges.map((range) => range.split('-')[1]),
      Array.from({ length: 3 }, () => String(BYTES.length - 1)),
    );
    assert.equal(new Set(ranges).size, 3, 'each goes on where the last one broke');
  });

  it('says OBJECT_CHANGED where another object is there, or none', async () => {
    await assert.rejects(bytesOf(s3.store.read('object', { start: 0, end: 5, etag: '"another"' }, NEVER)), isChanged);
    await assert.rejects(bytesOf(s3.store.read('missing', { start: 0, end: 5, etag }, NEVER)), isChanged);
  });

  it('says OBJECT_CHANGED where it is replaced between two parts of a read', async () => {
    let requests = 0;
    await s3.store.put('replaced', BYTES);
    const head = await s3.store.head('replaced');
    proxy = await startProxy(
      s3.endpoint,
      () => {
        requests += 1;
        return false;
      },
      (_, answer, response) => {
        void (async () => {
          await s3.store.put('replaced', Buffer.alloc(BYTES.length));
          await sendSome(answer, response, 1000);
        })();
      },
    );
    const range = { start: 0, end: BYTES.length, etag: head?.etag ?? '' };
    await assert.rejects(bytesOf(proxy.store.read('replaced', range, NEVER)), isChanged);
    assert.equal(requests, 2);
  });

  it('never takes other bytes for the range it asked for', async () => {
    let requests = 0;
    proxy = await startHttp((_, response) => {
      requests += 1;
      // a server that does not know ranges
      response.writeHead(200, { etag, 'content-length': BYTES.length });
      response.end(BYTES);
    });
    const abort = new AbortController();
    const reading = bytesOf(read(proxy.store, 10, 20, abort.signal));
    setTimeout(() => abort.abort(new FleetError('LEASE_LOST', 'x')), 300);
    await assert.rejects(reading);
    assert.ok(requests >= 1);
  });

  it('ends at once by its signal, with its reason, and lets the connection go', async () => {
    let closed: Promise<void> | undefined;
    proxy = await startHttp((_, response) => {
      closed = new Promise((resolve) => {
        response.on('close', resolve);
      });
      response.writeHead(206, { etag, 'content-length': BYTES.length });
      response.write(BYTES.subarray(0, 1000));
    });
    const abort = new AbortController();
    const reason = new FleetError('SERVICE_STOPPED', 'x');
    setTimeout(() => abort.abort(reason), 50);
    const began = Date.now();
    await assert.rejects(bytesOf(read(proxy.store, 0, BYTES.length, abort.signal)), (error) => error === reason);
    await closed;
    assert.ok(Date.now() - began < 30_000);
  });

  it('ends its wait for a resume by its signal', async () => {
    proxy = await startHttp((request, response) => refuse(request, response, 403, 'AccessDenied'));
    const abort = new AbortController();
    setTimeout(() => abort.abort(new FleetError('SERVICE_STOPPED', 'x')), 100);
    const began = Date.now();
    await assert.rejects(bytesOf(read(proxy.store, 0, 10, abort.signal)));
    assert.ok(Date.now() - began < 30_000);
  });

  it('lets the connection go when its reader leaves', async () => {
    let closed: Promise<void> | undefined;
    proxy = await startProxy(
      s3.endpoint,
      () => false,
      (_, answer, response) => {
        closed = new Promise((resolve) => {
          response.on('close', resolve);
        });
        void sendSome(answer, response, 1000, false);
      },
    );
    const abort = new AbortController();
    for await (const chunk of read(proxy.store, 0, BYTES.length, abort.signal)) {
      assert.ok(chunk.length > 0);
      break;
    }
    await closed;
    assert.equal(getEventListeners(abort.signal, 'abort').length, 0, 'no listener is left');
  });

  it('leaves no listener on the signal, however much is read', async () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 30; i += 1) await bytesOf(read(s3.store, i, i + 100, signal));
    assert.ok(getEventListeners(signal, 'abort').length <= 1);
  });
});

function isChanged(error: unknown): boolean {
  assert.ok(error instanceof FleetError && !(error instanceof PermanentError), String(error));
  return error.code === 'OBJECT_CHANGED' && error.cause !== undefined;
}

/** Sends so many bytes of an answer, then cuts the connection or leaves it open. */
async function sendSome(
  answer: AsyncIterable<Buffer> & { destroy: () => void },
  response: ServerResponse,
  limit: number,
  cut = true,
): Promise<void> {
  let sent = 0;
  for await (const chunk of answer) {
    const part = chunk.subarray(0, limit - sent);
    sent += part.length;
    response.write(part);
    if (sent < limit) continue;
    if (cut) setTimeout(() => response.destroy(), 5);
    return;
  }
  response.end();
}
