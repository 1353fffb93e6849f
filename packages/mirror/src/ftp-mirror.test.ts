import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FtpFault } from '@wikifleet/local-cloud/ftp/ftp-faults';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import type { FtpServer, FtpServerOptions } from '@wikifleet/local-cloud/ftp/ftp-server';
import { mappedTree } from '@wikifleet/local-cloud/ftp/mapped-tree';
import { PermanentError, codeOf } from '@wikifleet/domain/errors';
import type { Mirror, MirrorOptions } from './mirror.js';
import type { MirrorStream } from './mirror-stream.js';
import { openMirror } from './open-mirror.js';

const FILE = 'aawiki/20261001/aawiki-20261001-pages-articles-multistream.xml.bz2';
const BYTES = 3_000_000;

/** Bytes that differ everywhere, so that a wrong offset shows. */
function content(): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 32 < BYTES; block += 1) blocks.push(createHash('sha256').update(String(block)).digest());
  return Buffer.concat(blocks).subarray(0, BYTES);
}

const CONTENT = content();

async function bytesOf(stream: MirrorStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('FtpMirror', () => {
  let server: FtpServer | null = null;
  let mirror: Mirror | null = null;

  async function start(
    options: Partial<FtpServerOptions> = {},
    settings: Partial<MirrorOptions> & { connections?: number } = {},
  ): Promise<{ server: FtpServer; mirror: Mirror }> {
    const tree = mappedTree(
      new Map<string, Uint8Array>([
        [`/pub/${FILE}`, CONTENT],
        ['/pub/aawiki/20261001/dumpstatus.json', Buffer.from('{"version":"0.8"}')],
        ['/pub/aawiki/20261001/broken.txt', Buffer.from([0xff, 0xfe])],
        ['/pub/aawiki/20261001/nothing.txt', Buffer.alloc(0)],
      ]),
    );
    server = await startFtpServer({ tree, ...options });
    const { connections = 3, ...rest } = settings;
    mirror = openMirror(
      {
        name: 'local',
        protocol: 'ftp',
        host: '127.0.0.1',
        port: server.port,
        root: 'pub',
        connections,
        holds: ['legacy'],
        status: false,
      },
      { userAgent: 'wikifleet-test', contact: 'test@example.org', stallMs: 30_000, lingerMs: 20, ...rest },
    );
    return { server, mirror };
  }

  afterEach(async () => {
    await mirror?.close();
    await server?.close();
  });

  describe('a transfer that goes wrong', () => {
    const half = BYTES / 2;
    const table: [what: string, fault: FtpFault, code: string, message?: RegExp][] = [
      ['both connections drop', { kind: 'drop', afterBytes: half }, 'MIRROR_DROPPED', /the connection was cut/],
      [
        'the data are cut and confirmed with 226',
        { kind: 'cut', afterBytes: half },
        'MIRROR_DROPPED',
        /confirmed the end at byte 1500000 of 3000000/,
      ],
      [
        'no byte comes, and 226',
        { kind: 'cut', afterBytes: 0 },
        'MIRROR_DROPPED',
        /confirmed the end at byte 0 of 3000000/,
      ],
      ['the data are cut with 426', { kind: 'abort', afterBytes: half }, 'MIRROR_DROPPED', /said 426/],
      ['the data end and nobody confirms', { kind: 'mute', afterBytes: half }, 'MIRROR_STALLED'],
      ['all data come and nobody confirms', { kind: 'mute', afterBytes: BYTES }, 'MIRROR_STALLED'],
      ['the data stall', { kind: 'stall', afterBytes: half }, 'MIRROR_STALLED'],
      ['421 in place of the data', { kind: 'refuse', code: 421, text: 'Too many connections.' }, 'MIRROR_BUSY'],
      ['530 with "maximum"', { kind: 'refuse', code: 530, text: 'the maximum number of clients' }, 'MIRROR_BUSY'],
      ['530 of another kind', { kind: 'refuse', code: 530, text: 'Not logged in.' }, 'MIRROR_REFUSED'],
      ['550 although SIZE knew it', { kind: 'refuse', code: 550, text: 'Permission denied.' }, 'MIRROR_REFUSED'],
      ['a reset data connection', { kind: 'reset', code: 550, text: 'Broken.' }, 'MIRROR_DROPPED', /ECONNRESET/],
    ];
    for (const [what, fault, code, message] of table) {
      it(`${what}: ${code}, then the rest from where it stopped`, async () => {
        const transfer = (_: string, attempt: number): FtpFault | null => (attempt === 1 ? fault : null);
        const started = await start({ faults: { transfer } }, code === 'MIRROR_STALLED' ? { stallMs: 500 } : {});
        const stream = await started.mirror.open(FILE);
        const got: Buffer[] = [];
        const error: unknown = await (async () => {
          for await (const chunk of stream) got.push(chunk as Buffer);
          return null;
        })().catch((reason: unknown) => reason);
        assert.equal(codeOf(error), code);
        assert.ok(!(error instanceof PermanentError));
        assert.match(String(error), message ?? /./);
        const first = Buffer.concat(got);
        assert.ok(first.byteLength <= BYTES);
        assert.deepEqual(first, CONTENT.subarray(0, first.byteLength));
        if (first.byteLength === BYTES) return;
        const rest = await started.mirror.open(FILE, { offset: first.byteLength, expectedSize: BYTES });
        assert.ok(Buffer.concat([first, await bytesOf(rest)]).equals(CONTENT));
      });
    }
  });

  describe('a server that turns connections away', () => {
    for (const refusal of [421, 530] as const) {
      it(`with ${refusal}: MIRROR_BUSY, and a slot that is free again`, async () => {
        const started = await start({ maxConnections: 1, refusal });
        const stream = await started.mirror.open(FILE);
        await assert.rejects(started.mirror.size(FILE), { code: 'MIRROR_BUSY' });
        assert.ok((await bytesOf(stream)).equals(CONTENT));
        assert.equal(await started.mirror.size(FILE), BYTES);
      });
    }

    it('that is not there: MIRROR_UNREACHABLE', async () => {
      const started = await start();
      await started.server.close();
      await assert.rejects(started.mirror.size(FILE), { code: 'MIRROR_UNREACHABLE' });
    });

    it('that does not greet: MIRROR_STALLED', async () => {
      const started = await start({ greetingDelay: 2000 }, { stallMs: 500 });
      await assert.rejects(started.mirror.size(FILE), { code: 'MIRROR_STALLED' });
    });

    it('that answers too slowly as a whole: MIRROR_STALLED', async () => {
      const started = await start({ greetingDelay: 400 }, { callMs: 200 });
      await assert.rejects(started.mirror.list('aawiki'), { code: 'MIRROR_STALLED' });
    });

    it('with a trickle: MIRROR_STALLED', async () => {
      const started = await start({ bytesPerSecond: 400 }, { stallMs: 200 });
      await assert.rejects(bytesOf(await started.mirror.open(FILE)), { code: 'MIRROR_STALLED', message: /too slow/ });
    });
  });

  describe('a file that is not there', () => {
    it('is null, or a PermanentError, even where RETR would reset the data connection', async () => {
      const reset: FtpFault = { kind: 'reset', code: 550, text: 'No such file.' };
      const started = await start({ faults: { transfer: () => reset } });
      assert.equal(await started.mirror.size('aawiki/none'), null);
      assert.equal(await started.mirror.readText('aawiki/none', { maxBytes: 10 }), null);
      await assert.rejects(started.mirror.open('aawiki/none'), (error) => {
        assert.ok(error instanceof PermanentError);
        assert.equal(error.code, 'MIRROR_NOT_FOUND');
        return true;
      });
      await assert.rejects(started.mirror.list('zzwiki'), { code: 'MIRROR_NOT_FOUND' });
    });

    it('is not believed when the server only does not want to look', async () => {
      const busy = { code: 550, text: 'Temporarily out of order.' };
      const started = await start({ faults: { command: (verb) => (verb === 'SIZE' ? busy : null) } });
      await assert.rejects(started.mirror.size(FILE), { code: 'MIRROR_REFUSED' });
    });

    it('has another size than expected, or ends before the offset', async () => {
      const started = await start();
      await assert.rejects(started.mirror.open(FILE, { expectedSize: BYTES + 1 }), { code: 'MIRROR_SIZE_DIFFERS' });
      await assert.rejects(started.mirror.open(FILE, { offset: BYTES + 1 }), { code: 'MIRROR_SIZE_DIFFERS' });
    });

    it('is never asked for by a name that is none', async () => {
      const started = await start();
      for (const path of ['../etc/passwd', 'a\r\nQUIT', '/aawiki', 'aawiki/', 'a//b', '.hidden', 'a b']) {
        await assert.rejects(started.mirror.open(path), { code: 'NAME_REFUSED' });
      }
      assert.equal(started.server.connections.peak, 0);
    });
  });

  describe('an abort', () => {
    it('in mid-transfer ends both connections', async () => {
      const started = await start({ bytesPerSecond: 500_000 });
      const abort = new AbortController();
      const stream = await started.mirror.open(FILE, { signal: abort.signal });
      setTimeout(() => abort.abort(new Error('enough')), 100);
      await assert.rejects(bytesOf(stream), /enough/);
      const began = performance.now();
      while (started.server.connections.now > 0) await sleep(5);
      assert.ok(performance.now() - began < 30_000);
    });

    it('ends who waits for a greeting, and who waits for a slot', async () => {
      const started = await start({ greetingDelay: 5000 }, { connections: 1, stallMs: 10_000 });
      const [first, second] = [new AbortController(), new AbortController()];
      const calls = [
        started.mirror.size(FILE, { signal: first.signal }),
        started.mirror.list('', { signal: second.signal }),
      ];
      const outcome = Promise.allSettled(calls);
      await sleep(50);
      second.abort(new Error('second'));
      first.abort(new Error('first'));
      assert.deepEqual(
        (await outcome).map((result) => (result.status === 'rejected' ? String(result.reason) : 'fulfilled')),
        ['Error: first', 'Error: second'],
      );
    });

    it('of the reader, who destroys the stream, frees the slot', async () => {
      const started = await start({ bytesPerSecond: 500_000 }, { connections: 1 });
      (await started.mirror.open(FILE)).destroy();
      assert.equal(await started.mirror.size(FILE), BYTES);
    });

    it('by close() ends streams and calls with MIRROR_CLOSED, twice without harm', async () => {
      const started = await start({ bytesPerSecond: 500_000 }, { connections: 1 });
      const stream = await started.mirror.open(FILE);
      const waiting = assert.rejects(started.mirror.size(FILE), { code: 'MIRROR_CLOSED' });
      const reading = assert.rejects(bytesOf(stream), { code: 'MIRROR_CLOSED' });
      await started.mirror.close();
      await started.mirror.close();
      await Promise.all([waiting, reading]);
      await assert.rejects(started.mirror.size(FILE), { code: 'MIRROR_CLOSED' });
    });
  });

  describe('a listing', () => {
    const unix = (name: string, mode = '-rw-r--r--', size = '10'): string =>
      `${mode}   1 ftp ftp ${size} Oct  1  2025 ${name}\r\n`;

    it('gives names, sizes and folders', async () => {
      const started = await start();
      assert.deepEqual(await started.mirror.list(''), [{ name: 'aawiki', size: null, directory: true }]);
      assert.deepEqual(await started.mirror.list('aawiki/20261001'), [
        { name: FILE.split('/').at(-1), size: BYTES, directory: false },
        { name: 'broken.txt', size: 2, directory: false },
        { name: 'dumpstatus.json', size: 17, directory: false },
        { name: 'nothing.txt', size: 0, directory: false },
      ]);
      assert.equal(started.mirror.refusedNames, 0);
    });

    const hostile: [what: string, listing: string, refused: number][] = [
      ['a climbing name', unix('../x') + unix('good'), 1],
      ['a control character', unix('a\u0007b') + unix('good'), 1],
      ['ISO-8859-1', unix('caf\u00e9') + unix('good'), 1],
      ['a link', unix('latest -> /etc', 'lrwxrwxrwx') + unix('good'), 1],
      ['a dotted name', unix('.htaccess') + unix('good'), 1],
      ['a name twice', unix('good') + unix('good', 'drwxr-xr-x'), 0],
      // basic-ftp itself drops a name with a slash, uncounted
      ['facts that climb', 'type=file;size=10; ../x\r\ntype=OS.unix=slink:/etc; etc\r\ntype=file;size=10; good\r\n', 1],
    ];
    for (const [what, listing, refused] of hostile) {
      it(`leaves out ${what}`, async () => {
        const started = await start({ faults: { listing: () => Buffer.from(listing, 'latin1') } });
        assert.deepEqual(await started.mirror.list('aawiki'), [{ name: 'good', size: 10, directory: false }]);
        assert.equal(started.mirror.refusedNames, refused);
      });
    }

    it('has no size where it is beyond 2^53, and is refused where it is too large or no listing', async () => {
      let bytes = Buffer.from(unix('good', '-rw-r--r--', '99999999999999999999'));
      const started = await start({ faults: { listing: () => bytes } });
      assert.deepEqual(await started.mirror.list('aawiki'), [{ name: 'good', size: null, directory: false }]);
      bytes = Buffer.alloc(9 * 1024 * 1024, unix('good'));
      await assert.rejects(started.mirror.list('aawiki'), { code: 'MIRROR_REFUSED' });
      bytes = Buffer.from('<html>\r\n');
      await assert.rejects(started.mirror.list('aawiki'), { code: 'MIRROR_REFUSED' });
    });
  });

  it('resumes at any offset with the same bytes', async () => {
    const { mirror: client } = await start();
    for (const offset of [0, 1, 65_536, BYTES - 1, BYTES]) {
      const stream = await client.open(FILE, { offset, expectedSize: BYTES });
      assert.equal(stream.size, BYTES);
      assert.ok((await bytesOf(stream)).equals(CONTENT.subarray(offset)));
    }
    assert.equal((await bytesOf(await client.open('aawiki/20261001/nothing.txt'))).byteLength, 0);
  });

  it('goes on while its reader is slow', async () => {
    const { mirror: client } = await start({}, { stallMs: 200 });
    const stream = await client.open(FILE);
    let bytes = 0;
    for await (const chunk of stream) {
      if (bytes === 0) await sleep(1000);
      bytes += (chunk as Buffer).byteLength;
    }
    assert.equal(bytes, BYTES);
  });

  it('never has more connections than its limit', async () => {
    const { server: ftp, mirror: client } = await start({ maxConnections: 3 }, { connections: 3, lingerMs: 100 });
    const work = Array.from({ length: 10 }, async (_, at) => {
      if (at === 3) return (await client.open(FILE)).destroy();
      if (at === 7) return client.list('aawiki');
      return assert.ok((await bytesOf(await client.open(FILE))).equals(CONTENT));
    });
    await Promise.all(work);
    assert.equal(ftp.connections.peak, 3);
    assert.equal(ftp.connections.refused, 0);
  });

  it('reads small files as text', async () => {
    const { mirror: client } = await start();
    const status = 'aawiki/20261001/dumpstatus.json';
    assert.equal(await client.readText(status, { maxBytes: 17 }), '{"version":"0.8"}');
    assert.equal(await text(await client.open(status, { offset: 11 })), '"0.8"}');
    await assert.rejects(client.readText(status, { maxBytes: 16 }), { code: 'MIRROR_TOO_LARGE' });
    await assert.rejects(client.readText('aawiki/20261001/broken.txt', { maxBytes: 16 }), { code: 'MIRROR_REFUSED' });
  });
});
