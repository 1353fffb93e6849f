import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UsageError } from '@wikifleet/domain/errors';
import { OwnKeys, refuseForeignFiles } from './own-keys.js';

const RUN = 'articles/twiki/2026-10-01';
const ROWS = 'rows/kind=articles/wiki_id=twiki/snapshot=2026-10-01';
const PLAN = JSON.stringify({
  planId: 'abcdef01',
  run: { kind: 'articles', wiki: 'twiki', date: '2026-10-01' },
  files: [{ file: 'a.xml.bz2' }],
});

const OURS = [
  `runs/${RUN}/plan.json`,
  `runs/${RUN}/abcdef01/manifest.json`,
  `runs/${RUN}/abcdef0123456789/receipts/a.xml.bz2/00000.json`,
  `runs/${RUN}/abcdef01/index/a.xml.bz2/00000.bin`,
  `${ROWS}/a.xml.bz2/part-00000-of-00001-abcdef01.jsonl.gz`,
  `${ROWS}/a.xml.bz2/part-00000-of-00001-abcdef0123456789.parquet`,
  `quarantine/${RUN}/a.xml.bz2/part-00000-of-00001-abcdef01.jsonl`,
  `raw/${RUN}/a.xml.bz2`,
];

const FOREIGN = [
  'raw/dump.xml.bz2',
  `raw/${RUN}/b.xml.bz2`,
  `raw/articles/other/2026-10-01/a.xml.bz2`,
  'rows/mine.parquet',
  `${ROWS}/a.xml.bz2/notes.txt`,
  `${ROWS}/part-00000-of-00001-abcdef01.jsonl.gz`,
  `rows/kind=articles/wiki_id=other/snapshot=2026-10-01/a.xml.bz2/part-00000-of-00001-abcdef01.jsonl.gz`,
  `runs/${RUN}/notes.json`,
  `runs/${RUN}/other/manifest.json`,
  `runs/articles/twiki/latest/plan.json`,
  `quarantine/${RUN}/a.xml.bz2`,
];

describe('OwnKeys', () => {
  let out: string;
  beforeEach(async () => {
    out = await mkdtemp(join(tmpdir(), 'wikifleet-own-'));
    await write(`runs/${RUN}/plan.json`, PLAN);
  });
  afterEach(async () => await rm(out, { recursive: true }));

  async function write(key: string, text = 'x'): Promise<void> {
    await mkdir(dirname(join(out, key)), { recursive: true });
    await writeFile(join(out, key), text);
  }

  for (const key of OURS) {
    it(`has ${key}`, async () => {
      if (!key.endsWith('plan.json')) await write(key);
      const own = await OwnKeys.read(out);
      assert.equal(own.has(key), true);
      await refuseForeignFiles(out, own);
    });
  }

  for (const key of FOREIGN) {
    it(`has no ${key}, and refuses the folder with its name`, async () => {
      await write(key);
      const own = await OwnKeys.read(out);
      assert.equal(own.has(key), false);
      await assert.rejects(refuseForeignFiles(out, own), (error) => {
        assert.ok(error instanceof UsageError && error.moreLines.includes(join(out, key)), String(error));
        return true;
      });
    });
  }

  it('takes a raw object without an attempt for that of an earlier version alone', async () => {
    const [old, now] = [`raw/${RUN}/a.xml.bz2`, `raw/${RUN}/a.xml.bz2/abcdef0123456789-${randomUUID()}`];
    await write(`runs/${RUN}/plan.json`, PLAN.replace('abcdef01', 'abcdef0123456789'));
    const own = await OwnKeys.read(out);
    assert.deepEqual([own.has(old), own.has(now)], [false, true]);
  });

  it("owns nothing of a run whose plan is none, or another run's", async () => {
    for (const text of ['', '{', '{"planId":"abcdef01"}', PLAN.replace('twiki', 'other')]) {
      await write(`runs/${RUN}/plan.json`, text);
      const own = await OwnKeys.read(out);
      for (const key of OURS) assert.equal(own.has(key), false, `${text}: ${key}`);
    }
  });

  it('follows no link, and names it', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'wikifleet-own-'));
    try {
      await symlink(elsewhere, join(out, 'rows'));
      await assert.rejects(refuseForeignFiles(out, await OwnKeys.read(out)), {
        moreLines: [
          `${join(out, 'rows')} (a link, or no file)`,
          'Move them elsewhere, or give another --out. Nothing was changed.',
        ],
      });
    } finally {
      await rm(elsewhere, { recursive: true });
    }
  });
});
