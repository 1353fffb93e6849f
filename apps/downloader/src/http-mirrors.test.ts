import assert from 'node:assert/strict';
import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import { DownloadHarness, MIB, fileName, planOf, randomFile } from './testing/download-harness.js';
import type { TestMirror } from './testing/download-harness.js';

const FILE = fileName();
const BYTES = randomFile(6 * MIB);
const FILES = new Map([[FILE, BYTES]]);
const PLAN = planOf(FILES);
const CUT_AT = 2_000_000;

/** Answers as a web server that knows ranges does, but for what `fault` does first; counts what is asked of it. */
function webMirror(fault: 'none' | 'cut' | 'full' | 'no ranges' = 'none', files = FILES): Web {
  const offsets: number[] = [];
  let answered = 0;
  const http: NonNullable<TestMirror['http']> = (request, response, file) => {
    assert.match(request.headers['user-agent'] ?? '', /wikifleet/i);
    if (file === null) return void response.writeHead(404).end();
    const asked = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const first = fault === 'no ranges' ? 0 : asked;
    const length = { 'content-length': file.length - first };
    const range = { 'content-range': `bytes ${first}-${file.length - 1}/${file.length}` };
    if (request.method === 'HEAD') return void response.writeHead(200, length).end();
    if (fault === 'full') return void response.writeHead(503, { 'retry-after': '1' }).end();
    offsets.push(asked);
    answered += 1;
    response.writeHead(first > 0 ? 206 : 200, first > 0 ? { ...length, ...range } : length);
    const cut = (fault === 'cut' || fault === 'no ranges') && answered === 1;
    if (!cut) return void response.end(file.subarray(first));
    response.write(file.subarray(first, CUT_AT), () => setTimeout(() => response.destroy(), 20));
  };
  return { mirror: { name: 'web', files, http }, offsets };
}

interface Web {
  readonly mirror: TestMirror;
  /** Of each transfer: where it began. */
  readonly offsets: readonly number[];
}

describe('downloads from HTTP mirrors', function () {
  let harness: DownloadHarness;
  before(async () => {
    harness = await DownloadHarness.start();
  });
  after(async () => await harness.close());
  beforeEach(async () => await harness.clear());

  const go = async (...mirrors: TestMirror[]): Promise<void> =>
    await harness.withMirrors(mirrors, async ([task]) => await harness.downloadAll(task!, PLAN));

  it('fetches a file whole', async () => {
    const { mirror, offsets } = webMirror();
    await go(mirror);
    await harness.assertWhole(FILE, BYTES);
    assert.deepEqual(offsets, [0]);
  });

  it('goes on at the same byte after a cut', async () => {
    const { mirror, offsets } = webMirror('cut');
    await go(mirror);
    await harness.assertWhole(FILE, BYTES);
    assert.ok(offsets.length === 2 && offsets[1]! > 0 && offsets[1]! <= CUT_AT, offsets.join());
  });

  it('begins anew where the server knows no ranges', async () => {
    await go(webMirror('no ranges').mirror);
    await harness.assertWhole(FILE, BYTES);
  });

  it('goes on over FTP where HTTP was cut, and the other way round', async () => {
    const ftp = { name: 'ftp', files: FILES };
    await go(webMirror('cut').mirror, ftp);
    await harness.assertWhole(FILE, BYTES);
    await harness.clear();

    const { mirror, offsets } = webMirror();
    const drops: TestMirror = { ...ftp, faults: { transfer: () => ({ kind: 'drop', afterBytes: CUT_AT }) } };
    await go(drops, mirror);
    await harness.assertWhole(FILE, BYTES);
    assert.ok(offsets[0]! > 0 && offsets[0]! <= CUT_AT, offsets.join());
  });

  it('takes from FTP while the HTTP mirror is full: 503 means wait', async () => {
    await go(webMirror('full').mirror, { name: 'ftp', files: FILES });
    assert.equal((await harness.record(FILE))?.attempt.mirror, 'ftp');
    await harness.assertWhole(FILE, BYTES);
  });

  it('gives up what an HTTP and an FTP mirror have wrong alike', async () => {
    const wrong = new Map([[FILE, Buffer.concat([BYTES.subarray(0, -1), Buffer.from([BYTES.at(-1)! ^ 1])])]]);
    await assert.rejects(
      go(webMirror('none', wrong).mirror, { name: 'ftp', files: wrong }),
      (error) => error instanceof PermanentError && codeOf(error) === 'CHECKSUM_DIFFERS',
    );
    await harness.assertNothingThere(FILE);
  });
});
