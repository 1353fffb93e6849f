import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { directoryTree } from '@wikifleet/local-cloud/ftp/directory-tree';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import type { FtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import { DownloadFleet, writeRun } from './download-fleet.js';

const KIND = ['--date', 'latest', '--kind', 'articles'];

interface Answer {
  readonly run: { readonly wiki: string; readonly date: string };
  readonly planId: string | null;
  readonly existed: boolean;
  readonly enqueued: readonly string[];
  readonly done: number;
  readonly files: number;
  readonly bytes: number;
  readonly splits: number;
}

describe('seeding several wikis', function () {
  let folder: string;
  let server: FtpServer;
  let fleet: DownloadFleet;
  /** What becomes of the next readings of a status: one function a reading. */
  let damages: ((text: Buffer) => Buffer)[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-seed-'));
    const mirror = join(folder, 'mirror');
    await writeRun(mirror, [70_000, 30_000], 'aawiki');
    await writeRun(mirror, [50_000], 'dewiktionary');
    // no complete run, and a folder that is no wiki
    await writeRun(mirror, [10], 'emptywiki');
    await writeFile(join(mirror, 'emptywiki', '20261001', 'dumpstatus.json'), '{"version":"0.8","jobs":{}}');
    await writeRun(mirror, [10], 'other');
    const tree = directoryTree(mirror);
    const open = (path: string, start: number): Readable => {
      const damage = path.endsWith('/dumpstatus.json') ? damages.shift() : undefined;
      if (damage === undefined) return tree.open(path, start);
      return Readable.from([damage(readFileSync(join(mirror, path)))]);
    };
    server = await startFtpServer({ tree: { ...tree, open } });
    fleet = await DownloadFleet.start(folder, [{ name: 'm', port: server.port, connections: 3 }]);
  });
  after(async () => {
    await fleet.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function seed(...args: readonly string[]): Promise<{ code: number | null; stderr: string; answers: Answer[] }> {
    const { code, stderr, stdout } = await fleet.seed([...args, ...KIND, '--json']);
    const answers = stdout.split('\n').filter((line) => line !== '');
    return { code, stderr, answers: answers.map((line) => JSON.parse(line) as Answer) };
  }

  const wikisOf = (answers: readonly Answer[]): string[] => answers.map(({ run }) => run.wiki);

  it('says in a dry run what it would do, and changes nothing', async () => {
    for (let twice = 0; twice < 2; twice += 1) {
      const { code, answers } = await seed('--wiki', 'aawiki', '--dry-run', '--split-bytes', '40000');
      assert.equal(code, 0);
      const { planId, existed, files, bytes, splits, done, enqueued } = answers[0]!;
      assert.deepEqual(
        [planId, existed, files, bytes, splits, done, enqueued.length],
        [null, false, 2, 100_000, 3, 0, 2],
      );
    }
    const { stderr } = await fleet.seed(['--wiki', 'aawiki', '--dry-run', '--split-bytes', '40000', ...KIND]);
    assert.match(stderr, /2 files, 0\.1 MB, 3 splits/);
    assert.match(stderr, /would enqueue aawiki-20261001-pages-articles1\S+ \(0\.1 MB, 2 splits\)/);
  });

  const CUT = (text: Buffer): Buffer => text.subarray(0, text.length / 2);
  const DAMAGES: [string, (text: Buffer) => Buffer][] = [
    ['cut', CUT],
    ['empty', () => Buffer.alloc(0)],
    ['of other JSON', (text) => Buffer.from('{}'.padEnd(text.length))],
    ['garbled', (text) => Buffer.from(text.map((byte, at) => (at % 7 === 0 ? 0xff : byte)))],
  ];
  for (const [what, damage] of DAMAGES) {
    it(`reads a status again that was ${what} once`, async () => {
      damages = [damage];
      const { code, answers, stderr } = await seed('--wiki', 'aawiki', '--dry-run');
      assert.deepEqual([code, answers[0]?.files], [0, 2], stderr);
      assert.doesNotMatch(stderr, /passed over/);
    });
  }

  it('says what the mirror answered where a status stays cut', async () => {
    damages = [CUT, CUT, CUT];
    const { code, stderr } = await seed('--wiki', 'aawiki', '--dry-run');
    assert.equal(code, 1, stderr);
    assert.match(stderr, /ftp:.*dumpstatus\.json: the mirror confirmed the end at byte \d+ of \d+/);
    assert.deepEqual(damages, []);
  });

  it('seeds the others before it fails for one that is named and not there', async () => {
    const { code, stderr, answers } = await seed('--wiki', 'nosuchwiki,aawiki');
    assert.equal(code, 1);
    assert.match(stderr, /nosuchwiki: no folder nosuchwiki/);
    assert.deepEqual(wikisOf(answers), ['aawiki']);
  });

  it('fails as itself for one wiki alone', async () => {
    const { code, stderr } = await seed('--wiki', 'emptywiki');
    assert.equal(code, 2);
    assert.match(stderr, /^wikifleet: articles\/emptywiki has no complete run/m);
  });

  it('refuses what is no name before anything is seeded', async () => {
    const { code, stderr, answers } = await seed('--wiki', 'dewiktionary,../etc');
    assert.notEqual(code, 0);
    assert.match(stderr, /--wiki: expected a database name/);
    assert.deepEqual(answers, []);
  });

  it('reads names from a file, each once', async () => {
    const list = join(folder, 'wikis.txt');
    await writeFile(list, '# ours\naawiki\n\naawiki # again\r\ndewiktionary\n');
    const { code, answers } = await seed('--wiki', `@${list}`);
    assert.equal(code, 0);
    assert.deepEqual(wikisOf(answers), ['aawiki', 'dewiktionary']);
    assert.deepEqual(
      answers.map(({ existed }) => existed),
      [true, false],
    );
  });

  it('seeds all that the mirror lists, and goes past those without a complete run', async () => {
    const { code, stderr, answers } = await seed('--wiki', 'all');
    assert.equal(code, 0, stderr);
    assert.deepEqual(wikisOf(answers), ['aawiki', 'dewiktionary']);
    assert.match(stderr, /m lists 3 wikis/);
    assert.match(stderr, /skipped: emptywiki: articles\/emptywiki has no complete run/);
    assert.match(stderr, /2 of 3 wikis seeded, 1 skipped, 0 failed/);
  });

  it('says of a plan that differs what differs, also in a dry run', async () => {
    for (const more of [[], ['--dry-run']]) {
      const { code, stderr } = await seed('--wiki', 'aawiki', '--split-bytes', '1000', ...more);
      assert.notEqual(code, 0);
      assert.match(stderr, /splitBytes: the plan has 33554432, now it would be 1000/);
    }
  });

  it('holds one connection to the mirror at most', () => assert.equal(server.connections.peak, 1));
});
