import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeOf } from '@wikifleet/domain/errors';
import { readRunList } from './plan-run.js';

const FILE = { file: 'a.xml', path: 'folder/a.xml', size: 1, checksum: null };
const RUN = { kind: 'articles', wiki: 'twiki', date: '2026-10-01', files: [FILE] };

describe('readRunList', () => {
  let folder: string;
  let path: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-runs-'));
    path = join(folder, 'runs.json');
  });
  after(async () => await rm(folder, { recursive: true }));

  it('reads runs of several wikis and kinds, each with its files', async () => {
    const runs = [
      RUN,
      { ...RUN, wiki: 'bwiki' },
      { ...RUN, kind: 'meta-current', files: [FILE, { ...FILE, file: 'b.xml' }] },
    ];
    await writeFile(path, JSON.stringify(runs));
    assert.deepEqual(await readRunList(path), runs);
  });

  for (const [what, content, says] of [
    ['no JSON', '[', /runs\.json: expected a JSON array of runs: /],
    ['no run', '[]', /runs\.json: .*>=1 items/],
    ['a run without files', JSON.stringify([{ ...RUN, files: [] }]), /runs\.json: 0\.files: /],
    ['a run without a wiki', JSON.stringify([RUN, { ...RUN, wiki: undefined }]), /runs\.json: 1\.wiki: /],
    ['another kind', JSON.stringify([{ ...RUN, kind: 'other' }]), /runs\.json: 0\.kind: /],
    [
      'a path for a file',
      JSON.stringify([{ ...RUN, files: [{ ...FILE, file: '../a' }] }]),
      /runs\.json: 0\.files\.0\.file: /,
    ],
  ] as const) {
    it(`refuses ${what}, and names the place`, async () => {
      await writeFile(path, content);
      await assert.rejects(readRunList(path), (error: Error) => {
        assert.equal(codeOf(error), 'FILE_LIST_REFUSED');
        assert.match(error.message, says);
        return true;
      });
    });
  }

  it('refuses a file that is not there', async () => {
    await assert.rejects(readRunList(join(folder, 'none.json')), /none\.json: expected a JSON array of runs: .*ENOENT/);
  });
});
