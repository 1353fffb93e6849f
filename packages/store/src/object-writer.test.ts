import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import type { S3Client } from '@aws-sdk/client-s3';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import { ObjectWriter } from './object-writer.js';
import type { Store } from './store.js';
import { PartMemory } from './part-memory.js';
import { refuse, startProxy, startS3 } from './testing/s3-harness.js';
import type { HttpServer, Intercept, LoopbackS3 } from './testing/s3-harness.js';

const MIB = 1024 * 1024;
const PART = 5 * MIB;
const BYTES = randomBytes(2 * PART + 1000);
const NEVER = new AbortController().signal;

function writerOf(store: Store, key: string, signal = NEVER): ObjectWriter {
  return store.createWriter(key, { partBytes: PART, metadata: { 'attempt-id': 'me' }, signal });
}

async function bytesAt(store: Store, key: string): Promise<Buffer> {
  const head = await store.head(key);
  assert.ok(head, `${key} is there`);
  const all: Uint8Array[] = [];
  for await (const chunk of store.read(key, { start: 0, end: head.size, etag: head.etag }, NEVER)) all.push(chunk);
  return Buffer.concat(all);
}

function isPart(url: string | undefined): boolean {
  return url?.includes('partNumber=') ?? false;
}

describe('ObjectWriter', () => {
  let s3: LoopbackS3;
  let proxy: HttpServer | undefined;
  const requests: string[] = [];
  before(async () => {
    s3 = await startS3();
  });
  /** A store behind a proxy that writes down what is asked for. */
  const through = async (intercept: Intercept = () => false): Promise<Store> => {
    requests.length = 0;
    proxy = await startProxy(s3.endpoint, (request, response) => {
      const query = new URL(request.url ?? '/', s3.endpoint).searchParams;
      const what = ['uploads', 'partNumber', 'uploadId'].find((name) => query.has(name)) ?? '';
      requests.push(`${request.method} ${what}`.trim());
      return intercept(request, response);
    });
    return proxy.store;
  };
  afterEach(async () => {
    assert.deepEqual(await s3.uploads(), [], 'no upload is left');
    await proxy?.close();
    proxy = undefined;
  });
  after(async () => await s3.close());

  for (const size of [0, 1, PART - 1]) {
    it(`writes ${size} bytes by one PUT`, async () => {
      const store = await through();
      const writer = writerOf(store, `small-${size}`);
      for (let i = 0; i < size; i += MIB) await writer.write(BYTES.subarray(i, Math.min(size, i + MIB)));
      assert.equal(writer.size, size);
      assert.equal(await writer.finish(), 'written');
      assert.deepEqual(requests, ['PUT']);
      assert.equal(writer.digest(), createHash('sha256').update(BYTES.subarray(0, size)).digest('hex'));
      assert.ok((await bytesAt(s3.store, writer.key)).equals(BYTES.subarray(0, size)));
      assert.equal((await s3.store.head(writer.key))?.metadata['attempt-id'], 'me');
    });
  }

  for (const size of [PART, 2 * PART, BYTES.length]) {
    it(`writes ${size} bytes part by part, whatever they come in`, async () => {
      const store = await through();
      const writer = writerOf(store, `large-${size}`);
      const chunk = Buffer.alloc(700_001);
      for (let i = 0; i < size; i += chunk.length) {
        // the caller's buffer is used again at once
        const bytes = chunk.subarray(0, BYTES.copy(chunk, 0, i, Math.min(size, i + chunk.length)));
        await writer.write(bytes);
      }
      assert.equal(await s3.store.head(writer.key), null, 'nothing is there before it is finished');
      assert.equal(await writer.finish(), 'written');
      const parts = Math.ceil(size / PART);
      assert.deepEqual(
        requests.toSorted(),
        ['POST uploadId', 'POST uploads', ...Array.from({ length: parts }, () => 'PUT partNumber')].toSorted(),
      );
      assert.equal(writer.digest(), createHash('sha256').update(BYTES.subarray(0, size)).digest('hex'));
      assert.ok((await bytesAt(s3.store, writer.key)).equals(BYTES.subarray(0, size)));
      assert.equal((await s3.store.head(writer.key))?.metadata['attempt-id'], 'me');
    });
  }

  it('cuts the same bytes into the same parts, however they come', async () => {
    const etags = new Set<string | undefined>();
    for (const chunk of [1, 3].map((n) => n * 1_000_003)) {
      const writer = writerOf(s3.store, `cut-${chunk}`);
      for (let i = 0; i < BYTES.length; i += chunk) await writer.write(BYTES.subarray(i, i + chunk));
      await writer.finish();
      etags.add((await s3.store.head(writer.key))?.etag);
    }
    assert.equal(etags.size, 1);
  });

  for (const size of [10, BYTES.length]) {
    it(`loses with ${size} bytes where somebody was first, and leaves nothing`, async () => {
      await s3.store.put('taken', 'the first');
      const writer = writerOf(s3.store, 'taken');
      await writer.write(BYTES.subarray(0, size));
      assert.equal(await writer.finish({ ifNoneMatch: '*' }), 'lost');
      assert.equal((await bytesAt(s3.store, 'taken')).toString(), 'the first');
      const again = writerOf(s3.store, 'taken');
      await again.write(BYTES.subarray(0, size));
      assert.equal(await again.finish({ ifMatch: (await s3.store.head('taken'))?.etag ?? '' }), 'written');
      assert.equal((await bytesAt(s3.store, 'taken')).length, size);
    });
  }

  for (const size of [10, PART]) {
    it(`loses with ${size} bytes where what it should replace is gone`, async () => {
      const writer = writerOf(s3.store, 'gone');
      await writer.write(BYTES.subarray(0, size));
      assert.equal(await writer.finish({ ifMatch: '"gone"' }), 'lost');
      assert.equal(await s3.store.head('gone'), null);
    });
  }

  it('loses where its upload was aborted by whoever closed the file', async () => {
    const writer = writerOf(s3.store, 'closed');
    await writer.write(BYTES);
    assert.equal(await s3.store.abortUploads('closed'), 1);
    assert.equal(await writer.finish(), 'lost');
    await writer.abort();
    assert.equal(await s3.store.head('closed'), null);
  });

  for (const size of [0, 100, PART, BYTES.length]) {
    it(`leaves nothing of ${size} bytes when it is aborted, twice, and takes no more`, async () => {
      const writer = writerOf(s3.store, `aborted-${size}`);
      await writer.write(BYTES.subarray(0, size));
      await writer.abort();
      await writer.abort();
      assert.equal(await s3.store.head(writer.key), null);
      await assert.rejects(writer.write(BYTES), isClosed);
      await assert.rejects(writer.finish(), isClosed);
    });
  }

  it('leaves nothing when it is aborted while its upload begins', async () => {
    let begun: () => void = () => {};
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const store = await through(async (request) => {
      if (!request.url?.includes('uploads')) return false;
      begun();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return false;
    });
    const writer = writerOf(store, 'early');
    const writing = assert.rejects(writer.write(BYTES));
    await beginning;
    await writer.abort();
    await writing;
    assert.ok(!requests.includes('PUT partNumber'));
  });

  it('leaves nothing when its job is aborted, wherever it is', async () => {
    for (const ms of [0, 2, 5, 10, 20, 40]) {
      const job = new AbortController();
      const writer = writerOf(s3.store, 'job-aborted', job.signal);
      setTimeout(() => job.abort(new FleetError('LEASE_LOST', 'x')), ms);
      const work = (async () => {
        try {
          for (;;) await writer.write(BYTES);
        } finally {
          await writer.abort();
        }
      })();
      await assert.rejects(work);
      assert.deepEqual(await s3.uploads(), [], `after ${ms} ms`);
      assert.ok(getEventListeners(job.signal, 'abort').length <= 1);
    }
  });

  it('says that a part failed, and does not hang', async () => {
    const store = await through(
      (request, response) => isPart(request.url) && refuse(request, response, 403, 'AccessDenied'),
    );
    const writer = writerOf(store, 'failed');
    await assert.rejects(
      (async () => {
        for (let i = 0; i < 10; i += 1) await writer.write(BYTES);
      })(),
      { name: 'AccessDenied' },
    );
    await assert.rejects(writer.finish(), { name: 'AccessDenied' });
    await writer.abort();
    assert.equal(await s3.store.head('failed'), null);
  });

  it('says in finish that the last part failed', async () => {
    const store = await through(
      (request, response) =>
        (request.url?.includes('partNumber=3') ?? false) && refuse(request, response, 403, 'AccessDenied'),
    );
    const writer = writerOf(store, 'failed-last');
    await writer.write(BYTES);
    await assert.rejects(writer.finish(), { name: 'AccessDenied' });
    await writer.abort();
  });

  it('aborts without waiting for a part that does not end', async () => {
    const store = await through((request) => {
      if (!isPart(request.url)) return false;
      request.resume();
      return true;
    });
    const writer = writerOf(store, 'hanging');
    await writer.write(BYTES.subarray(0, PART));
    const began = Date.now();
    await writer.abort();
    assert.ok(Date.now() - began < 30_000);
  });

  it('hides no error of its job when it cannot abort', async () => {
    const store = await through(
      (request, response) => request.method === 'DELETE' && refuse(request, response, 403, 'AccessDenied'),
    );
    const writer = writerOf(store, 'left');
    await writer.write(BYTES);
    await writer.abort();
    assert.equal(await s3.store.abortUploads('left'), 1, 'the closing of the file takes it');
  });

  it('refuses more parts than S3 knows', async () => {
    // no server takes parts of a byte, and 10,000 of 5 MiB would take minutes
    const client = { send: async () => await Promise.resolve({ UploadId: 'u' }) } as unknown as S3Client;
    const writer = new ObjectWriter(client, 'bucket', 'x', { partBytes: 1, signal: NEVER });
    await writer.write(new Uint8Array(10_000));
    await assert.rejects(
      writer.write(new Uint8Array(1)),
      (error) => error instanceof PermanentError && error.code === 'OBJECT_TOO_LARGE',
    );
  });

  it('keeps at most two parts in memory, however slow the other side is', async () => {
    const slow = new SlowParts();
    const store = await through(slow.intercept);
    const writer = writerOf(store, 'bounded');
    for (let i = 0; i < 6; i += 1) await writer.write(BYTES.subarray(0, PART));
    assert.equal(await writer.finish(), 'written');
    assert.ok(slow.most <= 2, `${slow.most} parts under way`);
  });

  describe('with memory that others share', () => {
    const shared = (store: Store, key: string, memory: PartMemory, signal = NEVER): ObjectWriter =>
      store.createWriter(key, { partBytes: PART, isLarge: true, memory, signal });
    /** Whether all `parts` buffers can be had. */
    const isWhole = async (memory: PartMemory, parts: number): Promise<boolean> => {
      const signal = AbortSignal.timeout(1000);
      const all = Array.from({ length: parts }, async () => await memory.take(PART, signal));
      return await Promise.all(all).then(
        () => true,
        () => false,
      );
    };

    it('keeps as many parts in memory as that has, and gives all back', async () => {
      const slow = new SlowParts();
      const store = await through(slow.intercept);
      const memory = new PartMemory(3);
      const one = async (key: string): Promise<void> => {
        const writer = shared(store, key, memory);
        for (let at = 0; at < BYTES.length; at += MIB) await writer.write(BYTES.subarray(at, at + MIB));
        assert.equal(await writer.finish(), 'written');
        assert.deepEqual(await bytesAt(store, key), BYTES);
      };
      await Promise.all(['shared-1', 'shared-2', 'shared-3'].map(one));
      assert.ok(slow.most <= 3, `${slow.most} parts under way`);
      assert.ok(await isWhole(memory, 3));
    });

    it('gives back what an aborted writer had', async () => {
      const store = await through();
      const memory = new PartMemory(1);
      const writer = shared(store, 'shared-aborted', memory);
      await writer.write(BYTES.subarray(0, MIB));
      const other = shared(store, 'shared-waits', memory);
      const waits = assert.rejects(other.write(BYTES.subarray(0, MIB)));
      await other.abort();
      await waits;
      await writer.abort();
      assert.ok(await isWhole(memory, 1));
    });

    it('gives back what S3 refused', async () => {
      const store = await through(
        (request, response) => isPart(request.url) && refuse(request, response, 400, 'InvalidRequest'),
      );
      const memory = new PartMemory(2);
      const writer = shared(store, 'shared-refused', memory);
      const write = async (): Promise<void> => {
        for (let i = 0; i < 4; i += 1) await writer.write(BYTES.subarray(0, PART));
        await writer.finish();
      };
      await assert.rejects(write());
      await writer.abort();
      assert.ok(await isWhole(memory, 2));
    });

    it('gives back what was to become a part of an upload that cannot begin', async () => {
      const store = await through(
        (request, response) =>
          (request.url?.includes('uploads') ?? false) && refuse(request, response, 400, 'InvalidRequest'),
      );
      const memory = new PartMemory(1);
      const writer = shared(store, 'shared-unbegun', memory);
      await assert.rejects(writer.write(BYTES.subarray(0, PART)));
      await writer.abort();
      assert.ok(await isWhole(memory, 1));
    });
  });
});

/** Answers of parts come late; how many were asked for at once. */
class SlowParts {
  most = 0;
  #open = 0;
  readonly intercept: Intercept = async (request) => {
    if (!isPart(request.url)) return false;
    this.#open += 1;
    this.most = Math.max(this.most, this.#open);
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.#open -= 1;
    return false;
  };
}

function isClosed(error: unknown): boolean {
  return error instanceof FleetError && error.code === 'WRITER_CLOSED';
}
