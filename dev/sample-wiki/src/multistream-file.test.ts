import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MultistreamFile } from './multistream-file.js';
import type { SamplePage } from './sample-page.js';
import { SAMPLE_WIKI } from './sample-wikis.js';

const hasBzip2 = spawnSync('bzip2', ['--help']).error === undefined;

describe('MultistreamFile', () => {
  let folder: string;

  before(async function () {
    if (!hasBzip2) this.skip('bzip2');
    folder = await mkdtemp(join(tmpdir(), 'multistream-'));
  });

  after(async () => {
    if (hasBzip2) await rm(folder, { recursive: true, force: true });
  });

  it('refuses to write over a file, and leaves none open', async () => {
    const paths = [join(folder, 'there'), join(folder, 'index')] as const;
    await (await MultistreamFile.create(...paths, SAMPLE_WIKI)).close();
    await assert.rejects(MultistreamFile.create(...paths, SAMPLE_WIKI), { code: 'EEXIST' });
  });

  for (const [pages, streams] of [
    [1, [1]],
    [100, [100]],
    [201, [100, 100, 1]],
  ] as const) {
    it(`writes ${pages} pages in streams of ${streams.join(', ')}`, async () => {
      const [dumpPath, indexPath] = [join(folder, `dump-${pages}`), join(folder, `index-${pages}`)];
      const file = await MultistreamFile.create(dumpPath, indexPath, SAMPLE_WIKI);
      const filled: number[] = [];
      for (let id = 1; id <= pages; id++) if (await file.add(page(id))) filled.push(id);
      await file.finish();
      await file.close();
      assert.deepEqual(
        filled,
        streams.filter((count) => count === 100).map((_, i) => (i + 1) * 100),
      );

      const dump = await readFile(dumpPath);
      const lines = unbzip2(await readFile(indexPath))
        .trimEnd()
        .split('\n');
      const offsets = [...new Set(lines.map((line) => Number(line.split(':')[0])))];
      const counts = offsets.map((offset) => lines.filter((line) => line.startsWith(`${offset}:`)).length);
      assert.deepEqual(counts, streams);
      assert.match(lines[0] ?? '', /^\d+:1:A &amp; B: 1$/);
      for (const [i, offset] of offsets.entries()) {
        const xml = unbzip2(dump.subarray(offset, offsets[i + 1] ?? dump.length));
        assert.equal(xml.match(/<page>/g)?.length, streams[i]);
        assert.ok(xml.startsWith('  <page>\n'));
      }
    });
  }
});

function page(id: number): SamplePage {
  const slot = { role: 'main', origin: id, model: 'wikitext', format: 'text/x-wiki', text: 'x', bytes: 1, sha1: 's' };
  const revision = {
    id,
    parentId: null,
    timestamp: '2026-01-02T03:04:05Z',
    contributor: { kind: 'hidden' as const },
    isMinor: false,
    comment: '',
    isTextHidden: false,
    slots: [slot],
    sha1: 's',
  };
  return { id, namespace: 0, title: `A & B: ${id}`, redirectTarget: null, revision, earlier: [] };
}

function unbzip2(data: Buffer): string {
  const { status, stdout, stderr } = spawnSync('bzip2', ['-dc'], { input: data, maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr.toString());
  return stdout.toString();
}
