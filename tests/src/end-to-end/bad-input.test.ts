import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { FIXTURES, inFolder, run } from './programs.js';

const DUMP = join(FIXTURES, 'dumps', 'aawiki-20260101-pages-meta-current.xml.bz2');

interface BadInput {
  readonly what: string;
  readonly program: string;
  readonly args: (folder: string) => readonly string[] | Promise<readonly string[]>;
  readonly code: number;
  /** The one line. */
  readonly says: RegExp;
}

const START = 'wikifleet/dist/start.js';
const CONVERT = 'wikifleet/dist/convert.js';

async function takenPort(): Promise<{ port: number; close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** A mirror file whose only mirror answers nowhere. */
async function deadMirror(folder: string): Promise<string> {
  const { port, close } = await takenPort();
  close();
  const path = join(folder, 'mirrors.json');
  const mirror = { name: 'dead', protocol: 'ftp', host: '127.0.0.1', port, root: '/', connections: 1 };
  await writeFile(path, JSON.stringify({ contact: 'nobody@localhost', mirrors: [mirror] }));
  return path;
}

const TABLE: readonly BadInput[] = [
  {
    what: 'an unknown flag',
    program: START,
    args: () => ['--nonsense'],
    code: 2,
    says: /^wikifleet: .*--nonsense.*usage: npm start/,
  },
  {
    what: 'an unknown kind',
    program: START,
    args: () => ['--wiki', 'x', '--kind', 'pages'],
    code: 2,
    says: /^wikifleet: expected a kind, one of articles-multistream/,
  },
  {
    what: 'an impossible date',
    program: START,
    args: () => ['--wiki', 'x', '--date', '2026-02-30'],
    code: 2,
    says: /^wikifleet: expected a date/,
  },
  {
    what: 'a wiki that is no name',
    program: START,
    args: () => ['--wiki', '../x'],
    code: 2,
    says: /^wikifleet: --wiki: expected a database name/,
  },
  {
    what: 'a folder that is not there',
    program: START,
    args: (f) => ['--from', join(f, 'none'), '--out', join(f, 'o')],
    code: 2,
    says: /^wikifleet: .*none cannot be read: ENOENT/,
  },
  {
    what: 'a folder without dumps',
    program: START,
    args: async (f) => {
      await mkdir(join(f, 'in'));
      await writeFile(join(f, 'in', 'notes.txt'), 'no dump');
      return ['--from', join(f, 'in'), '--out', join(f, 'o')];
    },
    code: 2,
    says: /^left: notes\.txt \(expected a dump.*"no dump"\)\nwikifleet: no dump files in/,
  },
  {
    what: 'an --out that cannot be written',
    program: START,
    args: () => ['--out', '/proc/wikifleet/data'],
    code: 2,
    says: /^wikifleet: --out \/proc\/wikifleet\/data cannot be written/,
  },
  {
    what: 'a file as --out',
    program: START,
    args: () => ['--out', DUMP],
    code: 2,
    says: /^wikifleet: --out .* cannot be written/,
  },
  {
    what: 'a file that is not there',
    program: CONVERT,
    args: (f) => [join(f, 'none.bz2')],
    code: 2,
    says: /^wikifleet: .*none\.bz2 cannot be read: ENOENT/,
  },
  { what: 'no file named', program: CONVERT, args: () => [], code: 2, says: /^wikifleet: expected FILE; usage/ },
  {
    what: 'a folder instead of a file',
    program: CONVERT,
    args: (f) => [f],
    code: 2,
    says: /^wikifleet: .* cannot be read: expected a file, received a folder\n$/,
  },
  {
    what: 'a device instead of a file',
    program: CONVERT,
    args: () => ['/dev/null'],
    code: 2,
    says: /^wikifleet: \/dev\/null cannot be read: expected a file, received a device\n$/,
  },
  {
    what: 'a pipe instead of a file',
    program: CONVERT,
    args: (f) => {
      spawnSync('mkfifo', [join(f, 'pipe')]);
      return [join(f, 'pipe')];
    },
    code: 2,
    says: /^wikifleet: .*pipe cannot be read: expected a file, received a pipe/,
  },
  {
    what: 'a file that is no dump',
    program: CONVERT,
    args: async (f) => {
      await writeFile(join(f, 'page.html'), '<html><body>hello</body></html>');
      return [join(f, 'page.html')];
    },
    code: 1,
    says: /^wikifleet: .*page\.html cannot be converted: expected a dump as bzip2, gzip or plain XML; received an HTML page\. .*\n$/,
  },
  {
    what: 'an empty file',
    program: CONVERT,
    args: async (f) => {
      await writeFile(join(f, 'empty.xml.bz2'), '');
      return [join(f, 'empty.xml.bz2')];
    },
    code: 1,
    says: /^wikifleet: .*empty\.xml\.bz2 is empty: expected a dump\n$/,
  },
];

describe('bad input', function () {
  for (const { what, program, args, code, says } of TABLE) {
    it(`${what}: one clear line and exit code ${code}`, async () => {
      await inFolder(async (folder) => {
        const ended = await run(program, await args(folder));
        assert.match(ended.stderr, says);
        assert.equal(ended.code, code);
        assert.equal(ended.stdout, '');
        assert.doesNotMatch(ended.stderr, /\n {4}at /, 'no stack');
      });
    });
  }

  it('a port in use', async () => {
    const { port, close } = await takenPort();
    try {
      await inFolder(async (folder) => {
        const ended = await run('wikifleet/dist/cloud.js', ['--out', folder, '--port', String(port)]);
        assert.match(ended.stderr, new RegExp(`^wikifleet: .*${port}.*\\n$`));
        assert.equal(ended.code, 2);
      });
    } finally {
      close();
    }
  });

  it('an unreachable mirror', async () => {
    await inFolder(async (folder) => {
      const env = { WIKIFLEET_MIRRORS: await deadMirror(folder) };
      const ended = await run(START, ['--wiki', 'simplewiki', '--out', join(folder, 'o')], env);
      assert.match(ended.stderr, /^wikifleet: .*ftp:\/\/127\.0\.0\.1:\d+.*ECONNREFUSED.*\n$/);
      assert.equal(ended.code, 1);
    });
  });

  it('a bz2 cut in the middle: its whole pages are written, and the place is named', async () => {
    await inFolder(async (folder) => {
      const bytes = await readFile(DUMP);
      const cut = join(folder, 'in', 'cut.xml.bz2');
      await mkdir(join(folder, 'in'));
      await writeFile(cut, bytes.subarray(0, bytes.length - 1000));
      const whole = await run(CONVERT, [DUMP]);
      assert.equal(whole.code, 0);
      const ended = await run(CONVERT, [cut]);
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, /cut\.xml\.bz2 is not complete: bzip2 data at bit \d+ \(byte \d+\): expected/);
      assert.ok(whole.stdout.startsWith(ended.stdout), 'what was written is the beginning of the whole');

      const fleet = await run(START, ['--from', join(folder, 'in'), '--out', join(folder, 'o')]);
      assert.equal(fleet.code, 1);
      assert.match(fleet.stdout, /cut\.xml\.bz2 +articles\/aawiki\/1970-01-01 +bzip2 data at bit \d+/);
      assert.match(fleet.stdout, /0 of 1 run complete/);
    });
  });
});
