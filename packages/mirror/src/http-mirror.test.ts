import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import type { Mirror, MirrorOptions } from './mirror.js';
import type { MirrorStream } from './mirror-stream.js';
import { openMirror } from './open-mirror.js';

const BYTES = 3_000_000;
const CONTENT = randomBytes(BYTES);
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function bytesOf(stream: MirrorStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A server that knows ranges. */
const ranges: Answer = (request, response) => {
  const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (first >= BYTES) {
    response.writeHead(416, { 'content-range': `bytes */${BYTES}` }).end();
    return;
  }
  const range = { 'content-range': `bytes ${first}-${BYTES - 1}/${BYTES}` };
  response.writeHead(first > 0 ? 206 : 200, { 'content-length': BYTES - first, ...(first > 0 ? range : {}) });
  response.end(request.method === 'HEAD' ? undefined : CONTENT.subarray(first));
};

const whole: Answer = (_, response) => response.writeHead(200, { 'content-length': BYTES }).end(CONTENT);
const status =
  (code: number): Answer =>
  (_, response) =>
    response.writeHead(code).end('no');
const redirect =
  (location: string): Answer =>
  (request, response) =>
    request.url === '/dumps/file' ? response.writeHead(302, { location }).end() : ranges(request, response);

describe('HttpMirror', () => {
  const servers: Server[] = [];
  const mirrors: Mirror[] = [];
  let now = 0;
  let peak = 0;

  async function start(answer: Answer, settings: Partial<MirrorOptions> = {}): Promise<Mirror> {
    now = peak = 0;
    const started = createServer(answer);
    started.on('connection', (socket) => {
      peak = Math.max(peak, (now += 1));
      socket.on('close', () => (now -= 1));
    });
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    servers.push(started);
    const { port } = started.address() as AddressInfo;
    const place = { name: 'local', protocol: 'http', host: '127.0.0.1', port, root: 'dumps', connections: 3 } as const;
    const options = { userAgent: 'wikifleet-test (test@example.org)', stallMs: 30_000, lingerMs: 20, ...settings };
    const opened = openMirror({ ...place, holds: ['legacy'], status: true }, options);
    mirrors.push(opened);
    return opened;
  }

  afterEach(async () => {
    for (const opened of mirrors.splice(0)) await opened.close();
    for (const started of servers.splice(0)) {
      started.closeAllConnections();
      await new Promise((resolve) => started.close(resolve));
    }
  });

  const failing: [what: string, answer: Answer, code: string][] = [
    ['404', status(404), 'MIRROR_NOT_FOUND'],
    ['410', status(410), 'MIRROR_NOT_FOUND'],
    ['403', status(403), 'MIRROR_REFUSED'],
    ['429', status(429), 'MIRROR_BUSY'],
    ['500', status(500), 'MIRROR_REFUSED'],
    ['503', status(503), 'MIRROR_BUSY'],
    ['204', status(204), 'MIRROR_REFUSED'],
    ['no answer', () => undefined, 'MIRROR_STALLED'],
    ['a connection that is cut before the answer', (request) => request.socket.destroy(), 'MIRROR_DROPPED'],
    ['another protocol', (request) => request.socket.end('220 Mirror ready.\r\n'), 'MIRROR_REFUSED'],
    [
      'a body shorter than its length',
      (_, response) => {
        response
          .writeHead(200, { 'content-length': BYTES })
          .write(CONTENT.subarray(0, 1_000_000), () => response.destroy());
      },
      'MIRROR_DROPPED',
    ],
    [
      'chunks without their end',
      (_, response) => void response.writeHead(200).write(CONTENT.subarray(0, 1000), () => response.destroy()),
      'MIRROR_DROPPED',
    ],
    ['a body whose end nobody tells', (r) => r.socket.end('HTTP/1.0 200 OK\r\n\r\nabc'), 'MIRROR_REFUSED'],
    ['a body that stalls', (_, response) => void response.writeHead(200).write('abc'), 'MIRROR_STALLED'],
    [
      'a body that was compressed on the way',
      (_, response) => response.writeHead(200, { 'content-length': 3, 'content-encoding': 'gzip' }).end('abc'),
      'MIRROR_REFUSED',
    ],
    ['a redirect to another host', redirect('http://example.org/file'), 'MIRROR_REFUSED'],
    ['a redirect to another port', redirect('http://127.0.0.1:1/file'), 'MIRROR_REFUSED'],
    ['a redirect to a file', redirect('file:///etc/passwd'), 'MIRROR_REFUSED'],
    ['redirects in a circle', redirect('/dumps/file'), 'MIRROR_REFUSED'],
  ];
  for (const [what, answer, code] of failing) {
    it(`${what}: ${code}`, async () => {
      const client = await start(answer, code === 'MIRROR_STALLED' ? { stallMs: 400 } : {});
      const error: unknown = await (async () => bytesOf(await client.open('file')))().then(
        () => null,
        (reason: unknown) => reason,
      );
      assert.equal(codeOf(error), code);
      assert.equal(error instanceof PermanentError, code === 'MIRROR_NOT_FOUND');
    });
  }

  const badRanges: [what: string, range: string | null][] = [
    ['another range than asked', `bytes 0-${BYTES - 1}/${BYTES}`],
    ['no range', null],
    ['no numbers', 'bytes x-y/z'],
  ];
  for (const [what, range] of badRanges) {
    it(`refuses a 206 with ${what}`, async () => {
      const headers = range === null ? {} : { 'content-range': range };
      const client = await start((_, response) => response.writeHead(206, headers).end('abc'));
      await assert.rejects(client.open('file', { offset: 5 }), { code: 'MIRROR_REFUSED' });
    });
  }

  it('resumes at any offset, with ranges or without', async () => {
    for (const answer of [ranges, whole]) {
      const client = await start(answer);
      for (const offset of [0, 1, 1_000_000, BYTES - 1, BYTES]) {
        const stream = await client.open('file', { offset, expectedSize: BYTES });
        assert.equal(stream.size, BYTES);
        assert.ok((await bytesOf(stream)).equals(CONTENT.subarray(offset)));
      }
      await assert.rejects(client.open('file', { offset: BYTES + 1 }), { code: 'MIRROR_SIZE_DIFFERS' });
      await assert.rejects(client.open('file', { expectedSize: 1 }), { code: 'MIRROR_SIZE_DIFFERS' });
    }
  });

  it('says who it is, and follows redirects within the host', async () => {
    const agents = new Set<string>();
    const answer = redirect('/other/file');
    const client = await start((request, response) => {
      agents.add(`${request.headers['user-agent']}; ${request.headers['accept-encoding']}`);
      answer(request, response);
    });
    assert.equal(await client.size('file'), BYTES);
    assert.ok((await bytesOf(await client.open('file'))).equals(CONTENT));
    assert.deepEqual([...agents], ['wikifleet-test (test@example.org); identity']);
  });

  it('takes a .gz file from a server that calls it encoded', async () => {
    const headers = { 'content-length': 3, 'content-encoding': 'x-gzip' };
    const client = await start((_, response) => response.writeHead(200, headers).end('abc'));
    assert.equal(String(await bytesOf(await client.open('stubs.xml.gz'))), 'abc');
  });

  it('tells what is not there from what is not known', async () => {
    assert.equal(await (await start(status(404))).size('file'), null);
    await assert.rejects((await start(status(403))).size('file'), { code: 'MIRROR_REFUSED' });
    assert.equal(await (await start(status(404))).readText('file', { maxBytes: 10 }), null);
    await assert.rejects((await start(status(404))).list('aawiki'), { code: 'MIRROR_NOT_FOUND' });
  });

  it('lists a folder, and refuses one that is too large', async () => {
    let page = '<a href="../">..</a><a href="20261001/">x</a><a href="%2e%2e%2fx">x</a>';
    const paths: (string | undefined)[] = [];
    const client = await start((request, response) => {
      paths.push(request.url);
      response.writeHead(200).end(page);
    });
    assert.deepEqual(await client.list('aawiki'), [{ name: '20261001', size: null, directory: true }]);
    assert.equal(client.refusedNames, 1);
    assert.deepEqual(paths, ['/dumps/aawiki/']);
    page = 'x'.repeat(9 * 1024 * 1024);
    await assert.rejects(client.list('aawiki'), { code: 'MIRROR_REFUSED' });
  });

  it('ends the connection on an abort, in the body and before the answer', async () => {
    for (const answer of [((_, response) => void response.writeHead(200).write('abc')) as Answer, () => undefined]) {
      const client = await start(answer, { stallMs: 10_000 });
      const signal = AbortSignal.timeout(50);
      await assert.rejects((async () => bytesOf(await client.open('file', { signal })))(), { name: 'TimeoutError' });
      await sleep(100);
      assert.equal(now, 0);
    }
  });

  it('ends streams and calls on close()', async () => {
    const client = await start((_, response) => void response.writeHead(200).write('abc'), { stallMs: 10_000 });
    const reading = assert.rejects(bytesOf(await client.open('file')), { code: 'MIRROR_CLOSED' });
    await client.close();
    await client.close();
    await reading;
    await assert.rejects(client.size('file'), { code: 'MIRROR_CLOSED' });
  });

  it('goes on while its reader is slow', async () => {
    const client = await start(ranges, { stallMs: 200 });
    let bytes = 0;
    for await (const chunk of await client.open('file')) {
      if (bytes === 0) await sleep(1000);
      bytes += (chunk as Buffer).byteLength;
    }
    assert.equal(bytes, BYTES);
  });

  it('never has more connections than its limit', async () => {
    const client = await start((request, response) => void setTimeout(ranges, 20, request, response));
    const work = Array.from({ length: 10 }, async (_, at) => {
      if (at % 3 === 0) return client.size('file');
      return assert.ok((await bytesOf(await client.open('file'))).equals(CONTENT));
    });
    await Promise.all(work);
    assert.equal(peak, 3);
  });

  it('refuses a user agent that cannot be sent', () => {
    const place = { name: 'a', protocol: 'http', host: 'localhost', root: '', connections: 1 } as const;
    for (const userAgent of ['', 'a\r\nb', 'wikifleet caf\u00e9']) {
      assert.throws(() => openMirror({ ...place, holds: ['legacy'], status: true }, { userAgent }), {
        code: 'USER_AGENT',
      });
    }
  });
});
