import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { FIXTURES, ROOT, SAMPLES, inFolder, run } from './programs.js';
import { digestOf, rowsOf } from './rows.js';

const START = 'wikifleet/dist/start.js';
const MEGABYTES = '1';

interface Manifest {
  readonly result: {
    readonly vouchedBy: string;
    readonly counts: { readonly pages: number; readonly rows: number };
    readonly files: readonly { readonly file: string; readonly rows: number; readonly upstreamChecksum: unknown }[];
  };
}

async function manifestOf(out: string, run_: string): Promise<Manifest | null> {
  const folder = join(out, 'runs', run_);
  const plan = JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8')) as { planId: string };
  const path = join(folder, plan.planId, 'manifest.json');
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Manifest) : null;
}

async function expectedOf(folder: string): Promise<Map<string, { pages?: number; rows?: number; sha256?: string }>> {
  const text = await readFile(join(folder, 'expected.json'), 'utf8');
  return new Map(Object.entries(JSON.parse(text) as Record<string, { rows?: number; sha256?: string }>));
}

describe('npm start', function () {
  this.timeout(120_000);

  it('converts the sample wiki: complete manifests, rows that add up, lines that work as printed', async () => {
    await inFolder(async (out) => {
      const args = ['--out', out, '--sample-megabytes', MEGABYTES, '--split-bytes', '50000'];
      const first = await run(START, args);
      assert.equal(first.code, 0, first.stderr);
      const sample = JSON.parse(
        await readFile(join(out, '.wikifleet', `sample-${MEGABYTES}`, '.wikifleet-sample.json'), 'utf8'),
      ) as { files: { name: string; kind: string; rows: number; pages: number }[] };
      for (const [kind, wiki] of [
        ['articles-multistream', 'samplewiki'],
        ['content-current', 'sampletwowiki'],
      ] as const) {
        const manifest = await manifestOf(out, `${kind}/${wiki}/2026-10-01`);
        assert.notEqual(manifest, null, `${kind} has a manifest`);
        assert.notEqual(manifest?.result.vouchedBy, 'listing');
        const written = sample.files.filter((file) => file.kind === kind);
        assert.ok(written.length > 1);
        assert.deepEqual(
          manifest?.result.files.map(({ file, rows }) => [file, rows]),
          written.map(({ name, rows }) => [name, rows]),
        );
        for (const file of manifest?.result.files ?? []) {
          assert.notEqual(file.upstreamChecksum, null, 'the mirror said a checksum');
          const text = await rowsOf(join(out, `rows/kind=${kind}/wiki_id=${wiki}/snapshot=2026-10-01`), file.file);
          assert.equal(digestOf(text).rows, file.rows);
        }
      }
      const head = /^ {2}(gzip -dc .*\| head -n 1)$/m.exec(first.stdout)?.[1];
      assert.notEqual(head, undefined, first.stdout);
      const shown = spawnSync('sh', ['-c', head ?? 'false'], { cwd: ROOT, encoding: 'utf8' });
      assert.equal((JSON.parse(shown.stdout) as { wiki_id: string }).wiki_id, 'samplewiki');

      const again = await run(START, args);
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stdout, /2 of 2 runs complete/);

      const other = await run(START, [...args, '--compression', 'none']);
      assert.equal(other.code, 1);
      assert.match(other.stderr, /has a plan already, and it differs:\n.*compression.*gzip.*none/);
      assert.match(other.stderr, /--force/);
      assert.doesNotMatch(other.stderr, / {4}at /, 'no stack');

      const forced = await run(START, [...args, '--compression', 'none', '--force']);
      assert.equal(forced.code, 0, forced.stderr);
      const parts = await readdir(join(out, 'rows'), { recursive: true });
      assert.deepEqual(
        parts.filter((name) => name.endsWith('.gz')),
        [],
        'nothing of the old plan is left',
      );

      for (let i = 0; i < (LONG_TESTS ? 2 : 1); i += 1) {
        const fresh = await run(START, [...args, '--fresh']);
        assert.equal(fresh.code, 0, fresh.stderr);
        assert.match(fresh.stdout, /2 of 2 runs complete/);
      }
    });
  });

  it('says of each file of a folder what is wrong with it, and converts what is whole', async () => {
    await inFolder(async (out) => {
      const { code, stdout, stderr } = await run(START, ['--from', join(FIXTURES, 'dumps'), '--out', out]);
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /left: pages-articles-p2566p2583\.multistream-index\.xml\.bz2 \(.*the index of a multistream dump/,
      );
      assert.match(stdout, /multistream-nofooter\.xml\.bz2 +failed \(17 complete pages written\)$/m);
      assert.match(
        stdout,
        /^3 files failed:\n(?:.*\n)*.*multistream-noheader\.xml\.bz2 +articles\/unknown\/1970-01-01 +the file lacks its beginning: expected <mediawiki/m,
      );
      assert.match(stdout, /sample4\.xml-p4606p5340\.bz2 +articles\/wikidatawiki\/1970-01-01 +the file lacks its end/);
      assert.match(stdout, /nobody vouched/);
      await compareWithExpected(out, FIXTURES);
    });
  });

  it('agrees with the independent reader on the larger dumps in ../shared/samples, where they are', async function () {
    if (!LONG_TESTS) this.skip('WIKIFLEET_LONG_TESTS=1');
    if (!existsSync(SAMPLES)) this.skip('the real dump samples beside the checkout (../shared/samples)');
    await inFolder(async (out) => {
      const { code, stderr } = await run(START, ['--from', join(SAMPLES, 'multistream'), '--out', out]);
      assert.equal(code, 1, stderr);
      await compareWithExpected(out, SAMPLES);
    });
  });
});

/** Compares every file that has rows with what the independent reader found in it. */
async function compareWithExpected(out: string, folder: string): Promise<void> {
  const expected = new Map([...(await expectedOf(folder))].map(([path, facts]) => [path.split('/').at(-1), facts]));
  let compared = 0;
  for (const name of await readdir(join(out, 'rows'), { recursive: true })) {
    const [kind = '', wiki = '', snapshot = '', file = '', ...rest] = name.split('/');
    if (file === '' || rest.length > 0) continue;
    const facts = expected.get(file);
    if (facts?.sha256 === undefined) continue;
    const { rows, sha256 } = digestOf(await rowsOf(join(out, 'rows', kind, wiki, snapshot), file));
    // a file without a dbname takes the run's wiki, as the reader did
    assert.deepEqual({ file, rows, sha256 }, { file, rows: facts.rows, sha256: facts.sha256 });
    compared += 1;
  }
  assert.ok(compared >= 2, `${compared} files compared`);
}
