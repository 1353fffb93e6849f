import assert from 'node:assert/strict';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder, run, start, until } from './programs.js';
import type { Ended } from './programs.js';
import { rowsOf } from './rows.js';

const FLEET = 'fleet/dist/main.js';
const RUN = 'articles-multistream/samplewiki/2026-10-01';

interface Row {
  readonly page_id: number;
  readonly page_title: string;
}

describe('fleet get', function () {
  this.timeout(120_000);

  it('prints the rows of one page of a finished run, by id and by title; says what it has not', async () => {
    await inFolder(async (out) => {
      const made = await run('wikifleet/dist/start.js', [
        '--out',
        out,
        '--sample-megabytes',
        '1',
        '--split-bytes',
        '50000',
      ]);
      assert.equal(made.code, 0, made.stderr);
      const cloud = start('wikifleet/dist/cloud.js', ['--out', out, '--port', '0']);
      try {
        await until('the cloud answers', () => /Ctrl-C/.test(cloud.output()));
        const env = Object.fromEntries(
          [...cloud.output().matchAll(/^export (\w+)='?([^'\n]*)'?$/gm)].map(([, name, value]) => [name!, value!]),
        );
        const get = async (...args: string[]): Promise<Ended> =>
          await run(FLEET, ['get', '--wiki', 'samplewiki', ...args], env);
        await check(out, get);
      } finally {
        cloud.child.kill('SIGTERM');
        await cloud.ended;
      }
    });
  });

  async function check(out: string, get: (...args: string[]) => Promise<Ended>): Promise<void> {
    const folder = join(out, 'rows/kind=articles-multistream/wiki_id=samplewiki/snapshot=2026-10-01');
    const files = (await readdir(folder)).sort();
    const lines = (await Promise.all(files.map(async (file) => await rowsOf(folder, file)))).join('').split(/(?<=\n)/);
    const rows = lines.map((line) => ({ line, ...(JSON.parse(line) as Row) }));
    for (const { page_id: id, page_title: title } of [rows[0]!, rows.at(-1)!]) {
      const of = rows.filter((row) => row.page_id === id).map(({ line }) => line);
      const byId = await get('--page', String(id), '--date', '2026-10-01');
      assert.deepEqual([byId.code, byId.stdout], [0, of.join('')], byId.stderr);
      const requests = /^(\d+) requests, \d+ bytes$/m.exec(byId.stderr)?.[1];
      assert.ok(Number(requests) <= 8, byId.stderr);
      const byTitle = await get('--title', title.replaceAll(' ', '_'));
      assert.deepEqual([byTitle.code, byTitle.stdout], [0, of.join('')], byTitle.stderr);
      assert.match(byTitle.stderr, /^reading articles-multistream\/samplewiki\/2026-10-01$/m);
    }
    const refusals: [args: string[], code: number, says: RegExp][] = [
      [['--page', '987654321'], 1, /which is complete, has no row of page 987654321/],
      [['--title', 'No \u001b[31m such'], 1, /has no row of a page "No \\u001b\[31m such"/],
      [['--page', '1', '--date', '2026-09-01'], 2, /no plan in the bucket/],
      [['--page', '1', '--kind', 'content-history'], 2, /no run of samplewiki of kind content-history/],
      [['--page', 'x'], 2, /--page: expected an id, received "x"/],
      [['--page', '1', '--title', 'x'], 2, /--page or --title, and not both/],
      [[], 2, /--page or --title/],
    ];
    for (const [args, code, says] of refusals) {
      const ended = await get(...args);
      assert.deepEqual([ended.code, ended.stdout], [code, ''], ended.stderr);
      assert.match(ended.stderr, says);
      assert.ok(!/ {4}at /.test(ended.stderr) && !ended.stderr.includes('\u001b'), 'no stack, no escapes');
    }
    const [plan] = (await readdir(join(out, 'runs', RUN))).filter((name) => /^[0-9a-f]{16}$/.test(name));
    const manifest = join(out, 'runs', RUN, plan!, 'manifest.json');
    await rename(manifest, join(out, 'aside.json'));
    const unfinished = await get('--page', '1', '--date', '2026-10-01');
    assert.deepEqual([unfinished.code, unfinished.stdout], [1, '']);
    assert.match(unfinished.stderr, /is not complete: .* `npm run -s fleet -- status --wiki samplewiki/);
  }
});
