import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import { mappedTree } from '@wikifleet/local-cloud/ftp/mapped-tree';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const CLEAN = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(WIKIFLEET|AWS)_/.test(name)));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function runEstimate(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'estimate', ...args], { env: CLEAN, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout, stderr };
}

/** What a program of somebody else's would read of `--json`. */
interface Estimate {
  readonly endSeconds: number;
  readonly bottleneck: string;
  readonly splits: number;
  readonly bytes: number;
  readonly vouchedBy: string;
  readonly cost: { readonly dollars: number };
  readonly fleet: { readonly converters: { readonly most: number }; readonly downloaders: { readonly slots: number } };
}

describe('fleet plan', function () {
  let folder = '';
  const path = (name: string): string => join(folder, name);
  const mirrorLine = (name: string, port = 9) => ({ name, protocol: 'ftp', host: '127.0.0.1', port, root: '/' });
  const writeMirrors = async (name: string, mirrors: readonly object[]): Promise<string> => {
    await writeFile(path(name), JSON.stringify({ contact: 'nobody@localhost', mirrors }));
    return path(name);
  };
  let listed: string[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-plan-'));
    const files = Array.from({ length: 71 }, (_, at) => {
      const file = `enwiki-20261001-pages-articles-multistream${at + 1}.xml-p${at + 1}p${at + 1}.bz2`;
      return { file, path: `enwiki/20261001/${file}`, size: 379_000_000, checksum: null };
    });
    await writeFile(path('files.json'), JSON.stringify(files));
    const mirrors = await writeMirrors(
      'mirrors.json',
      ['a', 'b', 'c'].map((name) => mirrorLine(name)),
    );
    listed = ['--wiki', 'enwiki', '--date', '2026-10-01', '--files', path('files.json'), '--mirrors', mirrors];
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const refusals: [string, () => Promise<readonly string[]>, number, RegExp][] = [
    ['no wiki', async () => ['--date', '2026-10-01'], 2, /expected --wiki and --date/],
    ['a kind that is none', async () => [...listed, '--kind', 'abstracts'], 2, /expected a kind/],
    ['a time that is none', async () => [...listed, '--within', 'soon'], 2, /--within: expected a time as 90s/],
    [
      'a bandwidth of a stranger',
      async () => [...listed, '--bandwidth', 'z=5'],
      2,
      /--bandwidth: expected MB\/s as 5, or NAME=5/,
    ],
    ['all mirrors dead', async () => [...listed, '--bandwidth', '0'], 2, /no mirror gives anything.*a, b, c/],
    [
      'a mirror file with a mistake',
      async () => [
        ...listed,
        '--mirrors',
        await writeMirrors('bad.json', [{ ...mirrorLine('a'), protocol: 'gopher' }]),
      ],
      2,
      /bad\.json is no mirror file:\n {2}mirrors\[0\]\.protocol: /,
    ],
    [
      'a mirror file that is not there',
      async () => [...listed, '--mirrors', path('none.json')],
      2,
      /none\.json cannot be read/,
    ],
    ['a list of files that is none', async () => [...listed, '--files', path('mirrors.json')], 2, /expected array/],
    [
      'an impossible deadline',
      async () => [...listed, '--bandwidth', 'a=5,b=0,c=0', '--within', '10m'],
      1,
      /^wikifleet: 10:00 min cannot be met: the mirrors give 15\.0 MB\/s at most for 26\.9 GB: no fleet of at most 1000 converters is faster than 3\d:\d\d min$/m,
    ],
    [
      'a catalogue that nobody answers for',
      async () => {
        const server = createServer().listen(0, '127.0.0.1');
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        server.close();
        const mirrors = await writeMirrors('closed.json', [mirrorLine('closed', port)]);
        return ['--wiki', 'enwiki', '--date', '2026-10-01', '--mirrors', mirrors];
      },
      1,
      /dumpstatus\.json: connect ECONNREFUSED/,
    ],
  ];
  for (const [title, argumentsOf, code, expected] of refusals) {
    it(`says what is wrong, without a stack: ${title}`, async () => {
      const ended = await runEstimate(await argumentsOf());
      assert.match(ended.stderr, expected);
      assert.equal(ended.code, code, ended.stderr);
      const [first = '', ...others] = ended.stderr.trimEnd().split('\n');
      assert.match(first, /^wikifleet: /);
      // problems of a mirror file are a line each
      assert.ok(
        others.every((line) => line.startsWith('  mirrors[')),
        ended.stderr,
      );
      assert.equal(ended.stdout, '');
    });
  }

  it('tells end, bottleneck, tasks over time and cost, and draws it', async () => {
    const ended = await runEstimate([
      ...listed,
      '--slots',
      '9',
      '--seconds-per-split',
      '20',
      '--svg',
      path('plan.svg'),
    ]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, /71 files, 26\.9 GB, 852 splits/);
    assert.match(ended.stdout, /The run ends after .+; bottleneck: /);
    assert.match(ended.stdout, /jobs +\d+\.\d tasks █/);
    assert.match(ended.stdout, /Cost: \$\d/);
    const svg = await readFile(path('plan.svg'), 'utf8');
    assert.match(svg, /^<svg [^]+<\/svg>\n$/);
  });

  it('finds a fleet that meets a deadline, and a cheaper one for a later', async () => {
    const [soon, late] = await Promise.all(
      ['16m', '60m'].map(async (within) => {
        const ended = await runEstimate([...listed, '--seconds-per-split', '10', '--within', within, '--json']);
        assert.equal(ended.code, 0, ended.stderr);
        return JSON.parse(ended.stdout) as Estimate;
      }),
    );
    assert.ok(soon!.endSeconds <= 960 && late!.endSeconds <= 3600);
    assert.ok(late!.cost.dollars <= soon!.cost.dollars);
    assert.ok(soon!.fleet.downloaders.slots > 3, 'three downloads are too few for 16 minutes');
  });

  it('reads the catalogue from a mirror, as the seed does', async () => {
    const file = 'tinywiki-20261001-pages-articles-multistream.xml.bz2';
    const url = `/tinywiki/20261001/${file}`;
    const job = {
      status: 'done',
      updated: '2026-10-02 00:00:00',
      files: { [file]: { size: 40_000_000, url, sha1: 'a'.repeat(40) } },
    };
    const status = Buffer.from(JSON.stringify({ version: '0.8', jobs: { articlesmultistreamdump: job } }));
    const server = await startFtpServer({
      tree: mappedTree(new Map([['/tinywiki/20261001/dumpstatus.json', status]])),
    });
    try {
      const mirrors = await writeMirrors('live.json', [{ ...mirrorLine('live', server.port), status: true }]);
      const ended = await runEstimate(['--wiki', 'tinywiki', '--date', '2026-10-01', '--mirrors', mirrors, '--json']);
      assert.equal(ended.code, 0, ended.stderr);
      const data = JSON.parse(ended.stdout) as Estimate;
      assert.deepEqual([data.bytes, data.splits, data.vouchedBy], [40_000_000, 2, 'dumpstatus']);
      assert.equal(data.bottleneck, 'start latency');
    } finally {
      await server.close();
    }
  });
});
