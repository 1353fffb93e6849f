import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { directoryTree } from './directory-tree.js';
import { startFtpServer } from './ftp-server.js';
import type { FtpServer, FtpServerOptions } from './ftp-server.js';
import type { FtpTree } from './ftp-tree.js';
import { mappedTree } from './mapped-tree.js';

const BYTES = Buffer.alloc(1_000_000, 'wikifleet ');

/** Sends lines and reads replies, and nothing else. */
class RawClient {
  readonly socket: Socket;
  #text = '';
  #ended = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1').setEncoding('utf8');
    this.socket.on('data', (chunk) => (this.#text += String(chunk)));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.#ended = true));
  }

  /** The next reply, all its lines; `end` when the server has ended the connection. */
  async reply(): Promise<string> {
    for (;;) {
      const [reply] = /^(?:(\d{3})-.*\r\n(?:(?!\1 ).*\r\n)*)?\d{3} .*\r\n/.exec(this.#text) ?? [];
      if (reply !== undefined) {
        this.#text = this.#text.slice(reply.length);
        return reply.trimEnd();
      }
      if (this.#ended) return 'end';
      await sleep(2);
    }
  }

  ask(line: string | Buffer): Promise<string> {
    this.socket.write(typeof line === 'string' ? `${line}\r\n` : line);
    return this.reply();
  }

  async login(): Promise<this> {
    assert.match(await this.reply(), /^220 /);
    assert.match(await this.ask('USER anonymous'), /^331 /);
    assert.match(await this.ask('PASS a@b'), /^230 /);
    assert.match(await this.ask('TYPE I'), /^200 /);
    return this;
  }

  /** Asks for a port and connects to it. */
  async data(): Promise<Socket> {
    const port = /\|\|\|(\d+)\|/.exec(await this.ask('EPSV'))?.[1];
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  /** Everything that a transfer sends, and the reply after it. */
  async transfer(command: string): Promise<[bytes: Buffer, reply: string]> {
    const data = await this.data();
    const bytes = buffer(data);
    assert.match(await this.ask(command), /^150 /);
    return [await bytes, await this.reply()];
  }
}

describe('startFtpServer', () => {
  let server: FtpServer | null = null;
  const clients: RawClient[] = [];

  async function start(options: Partial<FtpServerOptions> = {}): Promise<() => RawClient> {
    const tree = mappedTree(
      new Map<string, Uint8Array>([
        ['/aawiki/20261001/a.bz2', BYTES],
        ['/aawiki/20261001/b "c".txt', Buffer.from('x')],
      ]),
    );
    const started = await startFtpServer({ tree, ...options });
    server = started;
    return () => {
      const client = new RawClient(started.port);
      clients.push(client);
      return client;
    };
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.destroy();
    await server?.close();
    await server?.close();
  });

  const replies: [command: string, reply: RegExp][] = [
    ['1234', /^500 /],
    ['NONE', /^500 /],
    ['RETR', /^501 /],
    ['RETR /aawiki/20261001/none', /^550 /],
    ['RETR /aawiki', /^550 /],
    ['RETR /aawiki/20261001/a.bz2', /^425 /],
    ['LIST', /^425 /],
    ['LIST /zzwiki', /^550 /],
    ['MLSD /aawiki/20261001/a.bz2', /^501 /],
    ['SIZE /aawiki', /^550 /],
    ['SIZE none', /^550 /],
    ['SIZE /aawiki/20261001/a.bz2', /^213 1000000$/],
    ['SIZE ../../aawiki/./20261001//a.bz2', /^213 1000000$/],
    ['MDTM /aawiki/20261001/a.bz2', /^213 \d{14}$/],
    [
      'MLST /aawiki/20261001/a.bz2',
      /^250-.*\r\n type=file;size=1000000;modify=\d{14}; \/aawiki\/20261001\/a\.bz2\r\n250 /,
    ],
    ['REST -1', /^501 /],
    ['REST 12', /^350 /],
    ['TYPE E', /^504 /],
    ['MODE B', /^504 /],
    ['STRU F', /^200 /],
    ['PORT 127,0,0,1,1,1', /^502 /],
    ['EPRT |1|127.0.0.1|1|', /^502 /],
    ['EPSV 2', /^522 /],
    ['EPSV 1', /^229 .*\(\|\|\|\d+\|\)$/],
    ['PASV', /^227 .*\(127,0,0,1,\d+,\d+\)\.$/],
    ['CWD /zzwiki', /^550 /],
    ['CWD /aawiki/20261001/a.bz2', /^550 /],
    ['CDUP', /^250 /],
    ['PWD', /^257 "\/" /],
    ['STOR x', /^550 /],
    ['DELE /aawiki/20261001/a.bz2', /^550 /],
    ['OPTS UTF8 ON', /^200 /],
    ['OPTS MLST size;', /^200 MLST OPTS size;$/],
    ['OPTS FOO', /^501 /],
    ['ABOR', /^225 /],
    ['ACCT x', /^202 /],
    ['SYST', /^215 UNIX/],
    ['STAT', /^211-[^]*\r\n211 /],
    ['STAT /aawiki', /^213-.*\r\n drwx.* 20261001\r\n213 /],
    ['HELP', /^214-[^]*\r\n214 /],
    ['noop', /^200 /],
    ['USER someone', /^331 /],
    ['QUIT', /^221 /],
  ];
  it('replies to each command as the RFCs have it', async () => {
    const client = await (await start())().login();
    for (const [command, reply] of replies) assert.match(await client.ask(command), reply, command);
    assert.equal(await client.reply(), 'end');
  });

  it('replies 501 to what is no UTF-8, 500 to a line without an end, and reads past Telnet', async () => {
    const client = await (await start())().login();
    assert.match(await client.ask(Buffer.from('CWD caf\u00e9\r\n', 'latin1')), /^501 /);
    assert.match(await client.ask(Buffer.from([0xff, 0xf4, 0xff, 0xf2, ...Buffer.from('ABOR\r\n')])), /^225 /);
    assert.match(await client.ask(Buffer.from([0xff, 0xf4, 0xff, ...Buffer.from('ABOR\r')])), /^225 /);
    assert.match(await client.ask(Buffer.alloc(9000, 'x')), /^500 /);
    assert.equal(await client.reply(), 'end');
  });

  it('lets nobody in but anonymous, after a login, three times at most', async () => {
    const client = (await start())();
    await client.reply();
    assert.match(await client.ask('SIZE /aawiki/20261001/a.bz2'), /^530 /);
    assert.match(await client.ask('PASS x'), /^503 /);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      assert.match(await client.ask('USER root'), /^331 /);
      assert.match(await client.ask('PASS x'), /^530 /);
    }
    assert.equal(await client.reply(), 'end');
  });

  it('sends a file whole, from a position, and refuses one beyond the end', async () => {
    const client = await (await start())().login();
    const path = '/aawiki/20261001/a.bz2';
    const [whole, done] = await client.transfer(`RETR ${path}`);
    assert.ok(whole.equals(BYTES));
    assert.match(done, /^226 /);
    await client.ask('REST 999990');
    assert.equal(String((await client.transfer(`RETR ${path}`))[0]), 'wikifleet ');
    // the position holds for one transfer
    assert.equal((await client.transfer(`RETR ${path}`))[0].byteLength, 1_000_000);
    await client.ask('REST 1000000');
    assert.equal((await client.transfer(`RETR ${path}`))[0].byteLength, 0);
    await client.ask('REST 1000001');
    assert.match(await client.ask(`RETR ${path}`), /^554 /);
  });

  it('lists as ls, as names and as facts', async () => {
    const client = await (await start())().login();
    const [long] = await client.transfer('LIST -a /aawiki/20261001');
    assert.match(
      String(long),
      /^-rw-r--r-- +1 ftp +ftp +1000000 \w{3} [ \d]\d \d\d:\d\d a\.bz2\r\n-.* b "c"\.txt\r\n$/,
    );
    assert.equal(String((await client.transfer('NLST /aawiki'))[0]), '20261001\r\n');
    assert.match(String((await client.transfer('MLSD aawiki'))[0]), /^type=dir;modify=\d{14}; 20261001\r\n$/);
  });

  it('answers in between and ends a transfer on ABOR', async () => {
    const client = await (await start({ bytesPerSecond: 200_000 }))().login();
    const received = buffer(await client.data());
    assert.match(await client.ask('RETR /aawiki/20261001/a.bz2'), /^150 /);
    assert.match(await client.ask('STAT'), /^211-/);
    assert.match(await client.ask('ABOR'), /^426 /);
    assert.match(await client.reply(), /^226 /);
    assert.ok((await received.catch(() => Buffer.alloc(0))).byteLength < 1_000_000);
    assert.match(await client.ask('NOOP'), /^200 /);
  });

  it('keeps to its bytes a second', async () => {
    const client = await (await start({ bytesPerSecond: 2_000_000 }))().login();
    const began = performance.now();
    assert.equal((await client.transfer('RETR /aawiki/20261001/a.bz2'))[0].byteLength, 1_000_000);
    const ms = performance.now() - began;
    assert.ok(ms > 400, `expected 500 ms or more, took ${ms}`);
  });

  it('gives up on an idle user, and on data that nobody fetches', async () => {
    const client = await (await start({ idleMs: 200, acceptMs: 50 }))().login();
    await client.ask('EPSV');
    assert.match(await client.ask('RETR /aawiki/20261001/a.bz2'), /^425 /);
    assert.match(await client.reply(), /^421 /);
    assert.equal(await client.reply(), 'end');
  });

  it('takes one data connection a port', async () => {
    const client = await (await start())().login();
    const first = await client.data();
    const second = connect(first.remotePort ?? 0, '127.0.0.1');
    const refused = text(second).catch(() => '');
    assert.match(await client.ask('RETR /aawiki/20261001/a.bz2'), /^150 /);
    assert.equal((await buffer(first)).byteLength, 1_000_000);
    assert.equal(await refused, '');
  });

  for (const [refusal, reply] of [
    [421, '421 There are too many'],
    [530, '220 Mirror ready.'],
  ] as const) {
    it(`turns away who is one too many, with ${refusal}`, async () => {
      const open = await start({ maxConnections: 1, refusal });
      const first = await open().login();
      const second = open();
      assert.ok((await second.reply()).startsWith(reply));
      if (refusal === 530) {
        await second.ask('USER anonymous');
        assert.match(await second.ask('PASS a@b'), /^530 .*maximum/);
      }
      assert.equal(await second.reply(), 'end');
      assert.deepEqual({ ...server?.connections }, { now: 1, peak: 1, refused: 1 });
      await first.ask('QUIT');
      await open().login();
    });
  }

  const waiting: [what: string, options: Partial<FtpServerOptions>][] = [
    ['sends slowly', { bytesPerSecond: 200_000 }],
    ['sends no more', { faults: { transfer: () => ({ kind: 'stall', afterBytes: 1000 }) } }],
    ['sends as fast as it can, and not all', { faults: { transfer: () => ({ kind: 'abort', afterBytes: 990_000 }) } }],
  ];
  for (const [what, options] of waiting) {
    for (const ending of ['end', 'destroy'] as const) {
      it(`sees the ${ending} of a data connection on which it ${what}, and closes the file`, async () => {
        const folder = await mkdtemp(join(tmpdir(), 'ftp-server-'));
        try {
          await writeFile(join(folder, 'a'), BYTES);
          const real = directoryTree(folder);
          const sources: Readable[] = [];
          const open: FtpTree['open'] = (path, from) => {
            const source = real.open(path, from);
            sources.push(source);
            return source;
          };
          const client = await (await start({ ...options, tree: { ...real, open } }))().login();
          const data = await client.data();
          assert.match(await client.ask('RETR /a'), /^150 /);
          await once(data, 'readable');
          data[ending]();
          assert.match(await client.reply(), /^426 /);
          assert.match(await client.ask('QUIT'), /^221 /);
          while (!sources.every(({ closed }) => closed)) await sleep(2);
          assert.equal(sources.length, 1);
        } finally {
          await rm(folder, { recursive: true });
        }
      });
    }
  }

  it('changes one byte where it is told to', async () => {
    const open = await start({
      faults: { transfer: (_, attempt) => (attempt === 1 ? { kind: 'corrupt', atByte: 5 } : null) },
    });
    const client = await open().login();
    const [bytes, reply] = await client.transfer('RETR /aawiki/20261001/a.bz2');
    assert.match(reply, /^226 /);
    assert.equal(bytes[5], (BYTES[5] ?? 0) ^ 1);
    bytes[5] = BYTES[5] ?? 0;
    assert.ok(bytes.equals(BYTES));
  });

  it('ends all connections on close', async () => {
    const client = await (await start())().login();
    await client.data();
    await server?.close();
    assert.equal(await client.reply(), 'end');
  });
});
