import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { FIXTURES, inFolder, run } from './programs.js';
import type { Ended } from './programs.js';

const CONVERT = 'wikifleet/dist/convert.js';
const DUMP = join(FIXTURES, 'dumps/aawiki-20260101-pages-meta-current.xml.bz2');
/** What a terminal obeys or cannot show. A line break is the end of a line of ours. */
const RAW = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** Every line of it is one of ours. */
function assertSafe({ stdout, stderr }: Ended, begins: RegExp): void {
  assert.doesNotMatch(stderr, RAW);
  assert.doesNotMatch(stdout, RAW);
  for (const line of stderr.trimEnd().split('\n')) assert.match(line, begins);
}

const head = '<mediawiki><siteinfo><dbname>aawiki</dbname></siteinfo>\n';
const page = (id: number): string =>
  `<page><title>${id}</title><ns>0</ns><id>${id}</id><revision><id>${id}</id><timestamp>2026-01-01T00:00:00Z</timestamp>` +
  '<text>x</text></revision></page>';

/** An FTP server that lets everybody in and answers everything else with `reply`. */
async function withHostileServer(reply: string, test: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.write('220 hello\r\n');
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\r\n').filter((one) => one !== '')) {
        const ok = /^(?:USER|PASS|TYPE|STRU|OPTS|FEAT)/.exec(line)?.[0];
        socket.write(
          ok === undefined ? `553 ${reply}\r\n` : `${ok === 'PASS' ? 230 : ok === 'USER' ? 331 : 200} ok\r\n`,
        );
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await test((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

describe('messages with text of any origin', function () {
  const stray: [what: string, text: string, shown: string][] = [
    ['ESC', '\u001b[31mRED', '\\u001b[31mRED'],
    ['a C1 control', '\u009b31mRED', '<U+009B>31mRED'],
    ['a bidirectional override', '\u202eRED', '<U+202E>RED'],
    ['a bidirectional isolate', '\u2066RED', '<U+2066>RED'],
    ['a byte-order mark', '\ufeff', '<U+FEFF>'],
    ['a zero-width space', '\u200b', '<U+200B>'],
    ['a soft hyphen', '\u00ad', '<U+00AD>'],
    ['a tag', '\u{e0041}', '<U+E0041>'],
    ['a variation selector', '\ufe0f', '<U+FE0F>'],
    ['a line separator', '\u2028', '<U+2028>'],
  ];
  for (const [what, text, shown] of stray) {
    it(`show ${what} between the pages of a dump by its code point`, async () => {
      await inFolder(async (folder) => {
        const dump = join(folder, 'dump.xml');
        await writeFile(dump, `${head}${page(1)}\n${text}${page(2)}</mediawiki>\n`);
        const ended = await run(CONVERT, [dump]);
        assert.equal(ended.code, 1);
        assertSafe(ended, /^(?:wikifleet: )?\/|^ {2}/);
        assert.ok(ended.stderr.includes(shown), ended.stderr);
      });
    });
  }

  it('show a file name with ESC, line breaks and what turns text in one line', async () => {
    await inFolder(async (folder) => {
      const name = 'a\u001b]0;title\u0007\nwikifleet: all is well\r\u202eb\u009b2J.xml.bz2';
      await copyFile(DUMP, join(folder, name));
      const shown = 'a<U+001B>]0;title<U+0007><U+000A>wikifleet: all is well<U+000D><U+202E>b<U+009B>2J.xml.bz2';
      const begins = new RegExp(`^(?:wikifleet: )?(?:--out )?${folder}/|^ {2}`);
      const good = await run(CONVERT, [join(folder, name), '--out', join(folder, 'rows')]);
      assert.equal(good.code, 0);
      assertSafe(good, begins);
      assert.ok(good.stderr.includes(shown), good.stderr);
      const refused = await run(CONVERT, [join(folder, name), '--out', join(folder, name)]);
      assertSafe(refused, begins);
      assert.ok(refused.stderr.includes(`${shown} would overwrite`), refused.stderr);
      const missing = await run(CONVERT, [join(folder, `no ${name}`)]);
      assertSafe(missing, begins);
      assert.match(missing.stderr, /^wikifleet: .* cannot be read: ENOENT: no such file or directory\n$/);
      await mkdir(join(folder, 'in'));
      await writeFile(join(folder, 'in', name), 'no dump');
      const started = await run('wikifleet/dist/start.js', ['--from', join(folder, 'in'), '--out', join(folder, 'o')]);
      assert.doesNotMatch(started.stderr, RAW);
      assert.doesNotMatch(started.stdout, RAW);
    });
  });

  const words: [what: string, program: string, args: readonly string[], env: Record<string, string>][] = [
    ['the name of a wiki', CONVERT, [DUMP, '--wiki', 'a\u202e\u009bb'], {}],
    ['a flag', CONVERT, [DUMP, '--\u001b[2J'], {}],
    ["a flag's value", CONVERT, [DUMP, '--engine', '\u001b[2J\n\u009b'], {}],
    ['a word', CONVERT, [DUMP, '\u009b2J\n\u202e'], {}],
    ['a namespace', CONVERT, [DUMP, '--namespaces', '0,\u009b2J'], {}],
    [
      'a variable',
      'seed/dist/main.js',
      ['--wiki', 'x', '--date', 'latest'],
      { WIKIFLEET_LOG_LEVEL: '\u001b[2J\u009b\u202e' },
    ],
    ['a command', 'fleet/dist/main.js', ['\u009b2J\u202e'], {}],
    [
      'a path',
      'fleet/dist/main.js',
      ['estimate', '--wiki', 'x', '--date', 'latest', '--mirrors', '/no\u001b[2J\n\u009b'],
      {},
    ],
    ['a folder', 'wikifleet/dist/mirror.js', ['--from', '/no\u001b[2J\n\u009b'], {}],
    ['a folder for a sample', 'wikifleet/dist/sample.js', ['--out', '/proc/\u001b[2J\n\u009b'], {}],
  ];
  for (const [what, program, args, env] of words) {
    it(`show ${what} of the command line or the environment by code points`, async () => {
      const ended = await run(program, args, env);
      assert.ok(ended.code === 1 || ended.code === 2, ended.stderr);
      assert.match(ended.stderr, /U\+009B|\\u001b|U\+001B/);
      assertSafe(ended, /^wikifleet: |^ {2}/);
    });
  }

  it("show an FTP server's reply by code points", async () => {
    await withHostileServer('\u001b]0;title\u0007\u001b[2J\u009b31m\u202e', async (port) => {
      await inFolder(async (folder) => {
        const mirrors = join(folder, 'mirrors.json');
        const mirror = { name: 'hostile', protocol: 'ftp', host: '127.0.0.1', port, root: '/', connections: 1 };
        await writeFile(mirrors, JSON.stringify({ contact: 'nobody@localhost', mirrors: [mirror] }));
        for (const date of ['latest', '2026-01-01']) {
          const ended = await run('fleet/dist/main.js', [
            'estimate',
            '--wiki',
            'x',
            '--date',
            date,
            '--mirrors',
            mirrors,
          ]);
          assert.ok(ended.code === 1 || ended.code === 2, ended.stderr);
          assertSafe(ended, /^wikifleet: /);
          assert.match(ended.stderr, /<U\+001B>\]0;title<U\+0007>/);
        }
      });
    });
  });
});
