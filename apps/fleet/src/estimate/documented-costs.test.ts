import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const exec = promisify(execFile);

interface Answer {
  readonly cost: {
    readonly dollars: number;
    readonly lines: readonly { readonly what: string; readonly dollars: number }[];
    readonly requests: readonly { readonly what: string; readonly dollars: number }[];
  };
}

describe('the costs in docs/operating.md', function () {
  this.timeout(120_000);

  it('are those that the command prints, and below 0.10 USD', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-test-'));
    try {
      const list = join(folder, 'enwiki.json');
      const { stdout: files } = await exec(process.execPath, ['bench/experiment.mjs', '--list', 'enwiki'], {
        cwd: ROOT,
        maxBuffer: 1e7,
      });
      await writeFile(list, files);
      const named = ['--mirrors', 'bench/three-mirrors.json', '--wiki', 'enwiki', '--date', '2026-10-01', '--spot'];
      const { stdout } = await exec(
        process.execPath,
        ['apps/fleet/dist/main.js', 'estimate', '--files', list, ...named, '--json'],
        { cwd: ROOT, maxBuffer: 1e8 },
      );
      const { cost } = JSON.parse(stdout) as Answer;
      const document = await readFile(join(ROOT, 'docs/operating.md'), 'utf8');
      const [, table = ''] = /<!-- costs of enwiki: [\s\S]*?-->([\s\S]*?)<!-- end/.exec(document) ?? [];
      const rows = [...table.matchAll(/^\| (?!what|---)(.*?)(?:, [\d.]+(?: task hours)?)? \| ([\d.]+) \|$/gm)];
      const documented = rows.map(([, what = '', dollars = '']) => [what, dollars]);
      const computed = [...cost.lines, ...cost.requests].map(({ what, dollars }) => [what, dollars.toFixed(4)]);
      assert.deepEqual(documented, [...computed, ['sum', cost.dollars.toFixed(4)]]);
      assert.ok(cost.dollars < 0.1, `${cost.dollars} USD`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
