import assert from 'node:assert/strict';
import { mkdir, readFile, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { inFolder, run } from './programs.js';
import type { Ended } from './programs.js';
import { rowsOf } from './rows.js';
import { digestsOf, dumpXml, filesBelow, folderOf } from './small-dumps.js';

const START = 'wikifleet/dist/start.js';
const DUMP = 'twiki-20261001-pages-articles.xml';

async function start(from: string, out: string, ...flags: string[]): Promise<Ended> {
  return await run(START, ['--from', from, '--out', out, ...flags]);
}

describe('npm start and files of the user', function () {
  this.timeout(120_000);

  it('refuses an input folder inside of --out, around it, and in its place, through links too', async () => {
    await inFolder(async (folder) => {
      const project = await folderOf(folder, 'project', { [DUMP]: dumpXml([1]) });
      await folderOf(folder, 'project/raw', { [DUMP]: dumpXml([1]) });
      await folderOf(folder, 'elsewhere', {});
      await symlink(project, join(folder, 'link'));
      await symlink(join(project, 'raw'), join(folder, 'elsewhere', 'raw'));
      const before = await digestsOf(folder);
      const pairs: [from: string, out: string][] = [
        ['project/raw', 'project'],
        ['project', 'project'],
        ['project', 'project/new/out'],
        ['link/raw', 'project'],
        ['project', 'link/out'],
        ['elsewhere/raw', 'project'],
      ];
      const everyFlag = [[], ['--fresh'], ['--force']];
      for (const [at, [from, out]] of pairs.entries()) {
        for (const flags of LONG_TESTS ? everyFlag : [everyFlag[at % 3] ?? []]) {
          const { code, stderr } = await start(join(folder, from), join(folder, out), ...flags);
          assert.equal(code, 2, `${from} ${out}: ${stderr}`);
          assert.match(stderr, /^wikifleet: --from .* and --out .*\n$/);
        }
      }
      assert.deepEqual(await digestsOf(folder), before);
      assert.deepEqual((await readdir(project)).toSorted(), ['raw', DUMP], 'nothing was made');
    });
  });

  it('refuses an input file that is a link into --out', async () => {
    await inFolder(async (folder) => {
      await folderOf(folder, 'out', { 'mine.xml': dumpXml([1]) });
      const from = await folderOf(folder, 'in', {});
      await symlink(join(folder, 'out', 'mine.xml'), join(from, DUMP));
      const { code, stderr } = await start(from, join(folder, 'out'));
      assert.equal(code, 2);
      assert.match(stderr, /wikifleet: twiki-20261001-pages-articles\.xml is a link to a file below --out/);
    });
  });

  it('refuses an --out with files of others where objects go, names them, and changes nothing', async () => {
    await inFolder(async (folder) => {
      const from = await folderOf(folder, 'in', { [DUMP]: dumpXml([1]) });
      const foreign = ['raw/dump.xml', 'rows/kind=articles/notes.txt', 'quarantine/x', 'runs/articles/plan.json'];
      for (const [index, path] of foreign.entries()) {
        const out = join(folder, `out${index}`);
        await mkdir(join(out, path, '..'), { recursive: true });
        await writeFile(join(out, path), 'mine');
        for (const flags of LONG_TESTS ? [[], ['--fresh']] : [index % 2 === 0 ? [] : ['--fresh']]) {
          const { code, stderr } = await start(from, out, ...flags);
          assert.equal(code, 2);
          assert.ok(stderr.includes(`  ${join(out, path)}\n`), stderr);
        }
        assert.deepEqual([...(await digestsOf(out)).keys()], [join(out, path)]);
      }
    });
  });

  it('--fresh deletes what runs wrote, follows no link, and leaves all else', async () => {
    await inFolder(async (folder) => {
      const from = await folderOf(folder, 'in', { [DUMP]: dumpXml([1, 2]) });
      const other = await folderOf(folder, 'other', {
        'otherwiki-20261001-pages-articles.xml': dumpXml([1], { dbname: 'otherwiki' }),
      });
      const out = join(folder, 'out');
      assert.equal((await start(from, out)).code, 0);
      assert.equal((await start(other, out)).code, 0);
      // files of the user that are in nobody's way
      await folderOf(out, 'papers', { 'thesis.tex': 'mine' });
      await writeFile(join(out, 'rows', '.DS_Store'), 'mine');
      const target = await folderOf(folder, 'target', { 'x.txt': 'mine' });
      await symlink(target, join(out, 'link'));
      const kept = [
        ...(await digestsOf(join(out, 'papers'))),
        ...(await digestsOf(target)),
        ...(await digestsOf(from)),
      ];
      const fresh = await start(from, out, '--fresh');
      assert.equal(fresh.code, 0, fresh.stderr);
      assert.deepEqual(
        [...(await digestsOf(join(out, 'papers'))), ...(await digestsOf(target)), ...(await digestsOf(from))],
        kept,
      );
      assert.deepEqual(await filesBelow(join(out, 'rows'), /DS_Store/), ['.DS_Store']);
      assert.deepEqual(await filesBelow(out, /otherwiki/), [], 'the other run is gone');
      assert.equal((await filesBelow(join(out, 'rows'), /part-.*\.gz$/)).length, 1);
    });
  });

  it('refuses links in the places of its own folders', async () => {
    await inFolder(async (folder) => {
      const from = await folderOf(folder, 'in', { [DUMP]: dumpXml([1]) });
      const target = await folderOf(folder, 'target', { tmp: 'mine' });
      const links: [out: string, path: string][] = [
        ['a', '.wikifleet'],
        ['b', 'rows'],
        ['c', 'runs'],
        ['d', '.wikifleet/logs'],
        ['e', '.wikifleet/mirrors.json'],
      ];
      for (const [name, path] of links) {
        const out = join(folder, name);
        await mkdir(join(out, path, '..'), { recursive: true });
        await symlink(path.endsWith('.json') ? join(target, 'tmp') : target, join(out, path));
        const { code, stderr } = await start(from, out, '--fresh');
        assert.equal(code, 2, stderr);
        assert.match(stderr, /is a symbolic link|\(a link, or no file\)/);
      }
      assert.equal((await digestsOf(target)).size, 1);
    });
  });
});

describe('npm start on a folder whose files changed', function () {
  this.timeout(120_000);

  it('says so where a file has other bytes of the same size, and converts them by --force', async () => {
    await inFolder(async (folder) => {
      const [hello, world] = [dumpXml([1, 2], { text: 'Hello' }), dumpXml([1, 2], { text: 'World' })];
      assert.equal(hello.length, world.length);
      const from = await folderOf(folder, 'in', { [DUMP]: hello });
      const out = join(folder, 'out');
      assert.equal((await start(from, out)).code, 0);

      // in place, and by another file that is renamed
      await writeFile(join(from, DUMP), world);
      const changed = await start(from, out);
      assert.equal(changed.code, 1);
      assert.match(
        changed.stderr,
        /Changed since the earlier start with this --out: twiki-20261001-pages-articles\.xml\./,
      );
      assert.match(changed.stderr, /--force deletes these rows and converts the run again/);
      assert.equal(changed.stderr.match(/checksum: the plan has/g)?.length, 1, 'said once');
      assert.equal((await start(from, out, '--force')).code, 0);
      await writeFile(join(folder, 'new.xml'), hello);
      await rename(join(folder, 'new.xml'), join(from, DUMP));
      assert.equal((await start(from, out)).code, 1);
    });
  });
});

describe('npm start on a folder with several dumps', function () {
  this.timeout(120_000);

  it('makes one run for each kind, wiki and date', async () => {
    await inFolder(async (folder) => {
      const from = await folderOf(folder, 'in', {
        'twiki-20261001-pages-articles-multistream.xml': dumpXml([1, 2]),
        'twiki-20261001-pages-articles.xml': dumpXml([1]),
        'twiki-20261001-pages-meta-current.xml': dumpXml([1, 2, 3]),
        'twiki-20261001-stub-meta-history.xml': dumpXml([1]),
        'twiki-20260901-pages-articles.xml': dumpXml([1]),
        'otherwiki-20261001-pages-articles.xml': dumpXml([1], { dbname: 'otherwiki' }),
      });
      const { code, stdout } = await start(from, join(folder, 'out'));
      assert.equal(code, 0, stdout);
      assert.deepEqual(await filesBelow(join(folder, 'out', 'runs'), /plan\.json$/), [
        'articles-multistream/twiki/2026-10-01/plan.json',
        'articles/otherwiki/2026-10-01/plan.json',
        'articles/twiki/2026-09-01/plan.json',
        'articles/twiki/2026-10-01/plan.json',
        'meta-current/twiki/2026-10-01/plan.json',
        'stubs-meta-history/twiki/2026-10-01/plan.json',
      ]);
      assert.match(stdout, /6 of 6 runs complete, 9 rows/);
    });
  });

  it('warns of missing numbers, and refuses files that hold the same pages', async () => {
    await inFolder(async (folder) => {
      const part = (n: number): string => `twiki-20261001-pages-articles${n}.xml`;
      const from = await folderOf(folder, 'in', { [part(2)]: dumpXml([1]), [part(4)]: dumpXml([2]) });
      const gaps = await start(from, join(folder, 'gaps'));
      assert.equal(gaps.code, 0);
      assert.match(
        gaps.stdout,
        /Warnings:\n +articles\/twiki\/2026-10-01: .*missing: part 1, part 3 \(the last part here is 4\)/,
      );
      await writeFile(join(from, DUMP), dumpXml([1, 2]));
      const doubled = await start(from, join(folder, 'doubled'));
      assert.equal(doubled.code, 2);
      assert.match(doubled.stderr, /articles\.xml holds the pages of .*articles2\.xml.*\n.*--accept-overlap/);
      const accepted = await start(from, join(folder, 'doubled'), '--accept-overlap');
      assert.equal(accepted.code, 0, accepted.stderr);
      assert.match(accepted.stdout, /their rows are there more than once/);
    });
  });

  it('takes files of any name, and refuses two that would get the same one', async () => {
    await inFolder(async (folder) => {
      const names = ['copy (1) of a dump.xml', '-articles.xml', '\u001b[31mred.xml', 'füße+.xml'];
      const from = await folderOf(folder, 'in', Object.fromEntries(names.map((name) => [name, dumpXml([1])])));
      const { code, stdout, stderr } = await start(from, join(folder, 'out'));
      assert.equal(code, 0, stderr);
      assert.match(
        stdout,
        /Warnings:\n(?:.*\n)*.*copy \(1\) of a dump\.xml: its rows are under the name copy__1__of_a_dump\.xml/,
      );
      assert.ok(!(stdout + stderr).includes('\u001b'), 'no escape sequence');
      assert.match(stdout, /1 of 1 run complete, 4 rows/);
      await writeFile(join(from, 'copy__1__of_a_dump.xml'), dumpXml([2]));
      const clashing = await start(from, join(folder, 'other'));
      assert.equal(clashing.code, 1);
      assert.match(
        clashing.stdout,
        /1 file failed:\n +copy \(1\) of a dump\.xml .*is that of another file of the folder/,
      );
    });
  });

  it('reads the wiki as convert does', async () => {
    await inFolder(async (folder) => {
      const named = (dbname: string): string => dumpXml([1], { dbname });
      const from = await folderOf(folder, 'in', {
        'a-empty.xml': named(''),
        'b-padded.xml': named('\n twiki\n '),
        'c-plus.xml': named('my+wiki'),
        'd-attribute.xml': dumpXml([1]).replace('<dbname>', '<dbname xml:lang="en">'),
        'e-blank.xml': named('my wiki'),
      });
      const { code, stdout } = await start(from, join(folder, 'out'));
      assert.equal(code, 0, stdout);
      assert.match(stdout, /Warnings:\n {2}e-blank\.xml: its head's dbname "my wiki" is not a valid .* as unknown /);
      const parts = await filesBelow(join(folder, 'out', 'rows'), /part-/);
      assert.deepEqual(
        parts.map((path) => path.split('/').slice(1, 4).join('/')),
        [
          'wiki_id=my+wiki/snapshot=1970-01-01/c-plus.xml',
          'wiki_id=twiki/snapshot=1970-01-01/b-padded.xml',
          'wiki_id=twiki/snapshot=1970-01-01/d-attribute.xml',
          'wiki_id=unknown/snapshot=1970-01-01/a-empty.xml',
          'wiki_id=unknown/snapshot=1970-01-01/e-blank.xml',
        ],
      );
    });
  });

  it('reports a file whose name is that of another wiki than its head names', async () => {
    await inFolder(async (folder) => {
      const from = await folderOf(folder, 'in', {
        'twiki-20261001-pages-articles1.xml': dumpXml([1]),
        'bwiki-20261001-pages-articles2.xml': dumpXml([2]),
      });
      const { code, stdout, stderr } = await start(from, join(folder, 'out'));
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /1 of 1 run complete, 2 rows/);
      const [, warnings = ''] = stdout.split('Warnings:\n');
      assert.match(
        warnings,
        /^ {2}bwiki-20261001-pages-articles2\.xml: its name is that of a dump of bwiki, and its head names the wiki twiki: it is converted as twiki, in one run/,
      );
      assert.doesNotMatch(stdout, /articles1\.xml: its name/);
    });
  });

  it('--wiki is the wiki of all rows, whatever the dumps name, and the summary warns of each', async () => {
    await inFolder(async (folder) => {
      const from = await folderOf(folder, 'in', {
        'twiki-20261001-pages-articles1.xml': dumpXml([1, 2]),
        'twiki-20261001-pages-articles2.xml': dumpXml([3], { dbname: 'my wiki' }),
        'twiki-20261001-pages-articles3.xml': dumpXml([4], { dbname: 'other' }),
      });
      const out = join(folder, 'out');
      const { code, stdout, stderr } = await start(from, out, '--wiki', 'other');
      assert.equal(code, 0, stdout + stderr);
      const rows = join(out, 'rows', 'kind=articles', 'wiki_id=other', 'snapshot=2026-10-01');
      for (const [file, ids] of [
        ['twiki-20261001-pages-articles1.xml', [1, 2]],
        ['twiki-20261001-pages-articles2.xml', [3]],
        ['twiki-20261001-pages-articles3.xml', [4]],
      ] as const) {
        const lines = (await rowsOf(rows, file)).split('\n').slice(0, -1);
        const read = lines.map((line) => JSON.parse(line) as { wiki_id: string; page_id: number });
        assert.deepEqual(
          read.map(({ wiki_id, page_id }) => [wiki_id, page_id]),
          ids.map((id) => ['other', id]),
        );
      }
      const warnings =
        stdout
          .match(/Warnings:\n((?: {2}.*\n)+)/)?.[1]
          ?.split('\n')
          .slice(0, -1) ?? [];
      assert.equal(warnings.length, 2, stdout);
      const [first = '', second = ''] = warnings;
      assert.match(
        first,
        /^ {2}\S+articles1\.xml: its head names the wiki twiki; it is converted as other \(--wiki\)$/,
      );
      assert.match(
        second,
        /^ {2}\S+articles2\.xml: its head's dbname "my wiki" is not a valid .*; it is converted as other /,
      );
      const plans = await filesBelow(join(out, 'runs'), /plan\.json$/);
      assert.deepEqual(plans, ['articles/other/2026-10-01/plan.json']);
      const plan: unknown = JSON.parse(await readFile(join(out, 'runs', plans[0] ?? ''), 'utf8'));
      assert.equal((plan as { settings: { wikiOverrides?: boolean } }).settings.wikiOverrides, true);
    });
  });
});
