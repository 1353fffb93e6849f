import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { UsageError } from '@wikifleet/domain/errors';
import { STAMP_NAME } from './sample-stamp.js';
import { writeSample, type SampleProgress, type SampleSummary } from './write-sample.js';

const PARAMETERS = { megabytes: 0.6, seed: 1, date: '2026-10-01' };
const RUN = 'samplewiki/20261001';
const EXPORT = 'other/mediawiki_content_current/sampletwowiki/2026-10-01/xml/bzip2';
const hasBzip2 = spawnSync('bzip2', ['--help']).error === undefined;

describe('writeSample', () => {
  let root: string;
  let out: string;
  let summary: SampleSummary;
  const progress: SampleProgress[] = [];

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'sample-'));
    out = join(root, 'mirror');
    summary = await writeSample({ ...PARAMETERS, out, onProgress: (step) => progress.push(step) });
  });

  after(() => rm(root, { recursive: true, force: true }));

  const refused: readonly (readonly [string, object, RegExp])[] = [
    ['no size', { megabytes: 0 }, /--megabytes: expected a number from 0.1 to 50000, received 0/],
    ['a size that is no number', { megabytes: Number.NaN }, /--megabytes: .* received NaN/],
    ['a seed with a fraction', { seed: 1.5 }, /--seed: expected an integer from 0 to 4294967295, received 1.5/],
    ['a day that is none', { date: '2026-02-30' }, /expected a date/],
    ['a date before the first edits', { date: '2004-01-01' }, /expected 2005-01-01 or later/],
  ];
  for (const [name, change, message] of refused) {
    it(`refuses ${name}, and makes no folder`, async () => {
      const options = { ...PARAMETERS, ...change, out: join(root, 'refused') };
      await assert.rejects(writeSample(options), (error) => error instanceof UsageError && message.test(error.message));
      assert.ok(!(await readdir(root)).includes('refused'));
    });
  }

  it('refuses a folder that holds something else, and leaves it as it is', async () => {
    const folder = await mkdtemp(join(root, 'other-'));
    await writeFile(join(folder, 'thesis.txt'), 'mine');
    await assert.rejects(
      writeSample({ ...PARAMETERS, out: folder }),
      /expected an empty folder or a sample, received a folder with thesis.txt/,
    );
    assert.deepEqual(await readdir(folder), ['thesis.txt']);
  });

  it('refuses a sample with other parameters', async () => {
    await assert.rejects(
      writeSample({ ...PARAMETERS, seed: 2, out }),
      /expected a sample with --megabytes 0.6 --seed 2 .*, received one with --megabytes 0.6 --seed 1/,
    );
  });

  for (const text of ['', '{}', '{"version":1,"state":"done","sizes":{"../../etc/passwd":1}}']) {
    it(`refuses a stamp that is none: ${JSON.stringify(text)}`, async () => {
      const folder = await mkdtemp(join(root, 'stamp-'));
      await writeFile(join(folder, STAMP_NAME), text);
      await assert.rejects(writeSample({ ...PARAMETERS, out: folder }), /expected the stamp of a sample of version 1/);
    });
  }

  it('finds the sample that is there already', async () => {
    const again = await writeSample({ ...PARAMETERS, date: '20261001', out });
    assert.deepEqual(again, { ...summary, reused: true });
  });

  it('writes the same bytes again, also over a sample that was not finished', async () => {
    const copy = await mkdtemp(join(root, 'again-'));
    await writeSample({ ...PARAMETERS, out: copy });
    assert.deepEqual(await hashes(copy), await hashes(out));

    const stampPath = join(copy, STAMP_NAME);
    await writeFile(stampPath, (await readFile(stampPath, 'utf8')).replace('"state": "done"', '"state": "writing"'));
    await writeFile(join(copy, RUN, 'dump.part'), 'cut');
    assert.equal((await writeSample({ ...PARAMETERS, out: copy })).reused, false);
    assert.deepEqual(await hashes(copy), await hashes(out));

    const [file] = summary.files;
    assert.ok(file !== undefined);
    await truncate(join(copy, file.path), 10);
    await assert.rejects(
      writeSample({ ...PARAMETERS, out: copy }),
      new RegExp(`${file.name}: expected ${file.size} bytes, received 10`),
    );
  });

  it('deletes nothing of an unfinished sample where a file of somebody else lies, or a folder is a link', async () => {
    const copy = await mkdtemp(join(root, 'foreign-'));
    await writeSample({ ...PARAMETERS, out: copy });
    const stampPath = join(copy, STAMP_NAME);
    await writeFile(stampPath, (await readFile(stampPath, 'utf8')).replace('"state": "done"', '"state": "writing"'));
    await writeFile(join(copy, RUN, 'mine.xml'), 'mine');
    const before = await readdir(join(copy, RUN));
    await assert.rejects(writeSample({ ...PARAMETERS, out: copy }), /mine\.xml; nothing was deleted/);
    assert.deepEqual(await readdir(join(copy, RUN)), before);

    const elsewhere = join(root, 'elsewhere');
    await rename(join(copy, RUN), elsewhere);
    await symlink(elsewhere, join(copy, RUN));
    await assert.rejects(writeSample({ ...PARAMETERS, out: copy }), /received a symbolic link; nothing was deleted/);
    assert.deepEqual(await readdir(elsewhere), before);
  });

  it('writes the bytes that it has always written', async () => {
    // Whoever changes them raises SAMPLE_VERSION, so that a sample of old is not taken for the new one.
    const sums = createHash('sha256');
    for (const path of [`${RUN}/samplewiki-20261001-sha1sums.txt`, `${EXPORT}/SHA256SUMS`, `${RUN}/dumpstatus.json`]) {
      sums.update(await readFile(join(out, path)));
    }
    assert.equal(sums.digest('hex'), 'f54020e25f7291c21ee1096541eead6c80c9ff9f6429df67c96e75b1e8eef9ab');
  });

  it('says how far it is', () => {
    const steps = progress.map(({ written }) => written);
    assert.ok(steps.length >= 4);
    assert.deepEqual(
      steps,
      steps.toSorted((a, b) => a - b),
    );
    const xmlBytes = summary.files.filter(({ kind }) => !kind.startsWith('stubs')).map((file) => file.xmlBytes);
    assert.equal(
      steps.at(-1),
      xmlBytes.reduce((sum, bytes) => sum + bytes, 0),
    );
  });

  it('lists in the status and in the sums what is in the folder', async () => {
    const { jobs, version } = JSON.parse(await readFile(join(out, RUN, 'dumpstatus.json'), 'utf8'));
    assert.equal(version, '0.8');
    const done = { ...jobs.xmlstubsdump.files, ...jobs.articlesmultistreamdump.files };
    const sums = (await readFile(join(out, RUN, 'samplewiki-20261001-sha1sums.txt'), 'utf8')).trimEnd().split('\n');
    const names = (await readdir(join(out, RUN))).filter((name) => /\.(gz|bz2)$/.test(name));
    assert.deepEqual(Object.keys(done).toSorted(), names.toSorted());
    assert.deepEqual(
      sums.toSorted(),
      Object.entries<{ sha1: string }>(done)
        .map(([name, { sha1 }]) => `${sha1}  ${name}`)
        .toSorted(),
    );
    for (const [name, file] of Object.entries<Record<string, unknown>>(done)) {
      const data = await readFile(join(out, RUN, name));
      const [md5, sha1] = ['md5', 'sha1'].map((algorithm) => createHash(algorithm).update(data).digest('hex'));
      assert.deepEqual(file, { size: data.length, url: `/${RUN}/${name}`, md5, sha1 });
    }
    assert.equal(jobs.articlesdump.status, 'waiting');
    assert.equal(jobs.metahistorybz2dump.status, 'skipped');
  });

  it('joins the ranges of the multistream files', () => {
    const ranges = summary.files
      .filter(({ kind }) => kind === 'articles-multistream')
      .map(({ name }) => /-multistream(\d+)\.xml-p(\d+)p(\d+)\.bz2$/.exec(name)?.slice(1).map(Number));
    assert.deepEqual(
      ranges.map((range) => range?.[0]),
      [1, 2],
    );
    assert.equal(ranges[0]?.[1], 1);
    assert.equal(ranges[1]?.[1], (ranges[0]?.[2] ?? 0) + 1);
  });

  it('counts the pages and revisions of the stubs', async () => {
    for (const file of summary.files.filter(({ kind }) => kind.startsWith('stubs'))) {
      assertCounts(file, gunzipSync(await readFile(join(out, file.path))).toString());
    }
  });

  describe('decoded', () => {
    before(function () {
      if (!hasBzip2) this.skip('bzip2');
    });

    it('has the pages and revisions that the summary counts', async () => {
      for (const file of summary.files.filter(({ name }) => name.includes('.bz2') || name.includes('.xml-'))) {
        assertCounts(file, unbzip2(await readFile(join(out, file.path))));
      }
    });

    it('has an index that points at streams of up to 100 pages, and an empty stream at the end', async () => {
      for (const { path } of summary.files.filter(({ kind }) => kind === 'articles-multistream')) {
        const dump = await readFile(join(out, path));
        const indexPath = path.replace('multistream', 'multistream-index').replace('.xml-', '.txt-');
        const lines = unbzip2(await readFile(join(out, indexPath)))
          .trimEnd()
          .split('\n');
        const offsets = [...new Set(lines.map((line) => Number(line.split(':')[0])))];
        const ends = [...offsets.slice(1), dump.length];
        const found = offsets.flatMap((offset, i) => {
          const pages = unbzip2(dump.subarray(offset, ends[i])).matchAll(
            /<title>(.*)<\/title>\n    <ns>\d+<\/ns>\n    <id>(\d+)/g,
          );
          const streamLines = Array.from(pages, ([, title, id]) => `${offset}:${id}:${title}`);
          assert.ok(streamLines.length > 0 && streamLines.length <= 100);
          return streamLines;
        });
        assert.deepEqual(found, lines);
        assert.equal(dump.subarray(-14).toString('hex'), '425a683917724538509000000000');
      }
    });
  });
});

function assertCounts(file: SampleSummary['files'][number], xml: string): void {
  const ids = Array.from(xml.matchAll(/<\/ns>\n    <id>(\d+)/g), ([, id]) => Number(id));
  const revisions = xml.match(/<revision>/g)?.length;
  assert.deepEqual(
    [Buffer.byteLength(xml), ids.length, revisions, ids[0], ids.at(-1)],
    [file.xmlBytes, file.pages, file.rows, file.firstPage, file.lastPage],
  );
  assert.ok(xml.endsWith('  </page>\n</mediawiki>\n'));
}

/** SHA-256 of every file below `folder`. */
async function hashes(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const pairs = paths.map(
    async (path) =>
      [
        path.slice(folder.length),
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}

function unbzip2(data: Buffer): string {
  const { status, stdout, stderr } = spawnSync('bzip2', ['-dc'], { input: data, maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr.toString());
  return stdout.toString();
}
