import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { ROOT, inFolder, run } from './programs.js';
import { dumpXml, folderOf } from './small-dumps.js';

/** DuckDB's command line, as far as the printed commands use it: `duckdb [-json] -c QUERY`. */
function shim(modulePath: string): string {
  return `#!/usr/bin/env node
const { DuckDBInstance } = require(${JSON.stringify(modulePath)});
(async () => {
  const connection = await (await DuckDBInstance.create()).connect();
  const query = process.argv[process.argv.indexOf('-c') + 1];
  console.log(JSON.stringify((await connection.runAndReadAll(query)).getRowObjectsJson()));
})().catch((error) => { console.error(error.message); process.exit(1); });
`;
}

interface Shell {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

describe('the commands that npm start prints', function () {
  this.timeout(180_000);

  const outs: [out: string, flags: readonly string[]][] = [
    ['out', []],
    ['out of [1] user\'s $HOME `x` "y"!', []],
    ['parquet [*] out', ['--format', 'parquet', '--compression', 'snappy']],
  ];
  for (const [name, flags] of LONG_TESTS ? outs : outs.slice(1)) {
    it(`work as printed, with --out ${JSON.stringify(name)} ${flags.join(' ')}`, async () => {
      await inFolder(async (folder) => {
        const from = await folderOf(folder, 'in', {
          'my+wiki-20261001-pages-articles.xml': dumpXml([7, 8], { dbname: 'my+wiki' }),
        });
        const { code, stdout, stderr } = await run('wikifleet/dist/start.js', [
          '--from',
          from,
          '--out',
          join(folder, name),
          ...flags,
        ]);
        assert.equal(code, 0, stderr);
        const bin = await folderOf(folder, 'bin', {});
        await writeFile(join(bin, 'duckdb'), shim(createRequire(import.meta.url).resolve('@duckdb/node-api')));
        await chmod(join(bin, 'duckdb'), 0o755);
        const { INIT_CWD: _, ...env } = process.env;
        const shell = (command: string): Shell =>
          spawnSync('sh', ['-c', command], {
            cwd: ROOT,
            encoding: 'utf8',
            env: { ...env, PATH: `${bin}${delimiter}${process.env['PATH']}` },
          });
        const printed = stdout
          .split('\n')
          .flatMap((line) => /^ {2}(gzip|duckdb|npm)( .*)$/.exec(line)?.[0].trim() ?? []);
        assert.equal(printed.length, 4, stdout);
        const [head = '', query = '', get = '', verify = ''] = printed;
        const first = shell(head);
        assert.match(first.stdout, /"wiki_id":"my\+wiki"/, `${head}\n${first.stderr}`);
        const counted = shell(query);
        assert.deepEqual(
          JSON.parse(counted.stdout || 'null'),
          [{ page_namespace_id: '0', rows: '2' }],
          `${query}\n${counted.stderr}`,
        );
        const page = shell(get);
        assert.equal(page.status, 0, `${get}\n${page.stderr}`);
        assert.equal((JSON.parse(page.stdout) as { page_id: number }).page_id, 7);
        const proved = shell(verify);
        assert.equal(proved.status, 0, `${verify}\n${proved.stdout}${proved.stderr}`);
        assert.match(proved.stdout, /proved/);
      });
    });
  }

  it('the exit code of cloud --exec is that of its command', async () => {
    await inFolder(async (folder) => {
      for (const code of [0, 1, 2]) {
        const ended = await run('wikifleet/dist/cloud.js', [
          '--out',
          join(folder, 'out'),
          '--exec',
          `test -n "$AWS_ENDPOINT_URL" && exit ${code}`,
        ]);
        assert.equal(ended.code, code);
      }
    });
  });
});
