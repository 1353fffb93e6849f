import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FIXTURES, inFolder, run } from './programs.js';
import { rowsOf } from './rows.js';

const START = 'wikifleet/dist/start.js';
const CONVERT = 'wikifleet/dist/convert.js';
const RUN = 'articles-multistream/samplewiki/2026-10-01';
const FILTER = ['--namespaces', '14,0', '--no-redirects'];

interface Manifest {
  readonly result: {
    readonly settings: Record<string, unknown>;
    readonly counts: Record<string, number>;
    readonly files: readonly { readonly file: string; readonly pages: number; readonly filteredPages: number }[];
  };
}

async function manifestOf(out: string): Promise<Manifest['result']> {
  const folder = join(out, 'runs', RUN);
  const { planId } = JSON.parse(await readFile(join(folder, 'plan.json'), 'utf8')) as { planId: string };
  return (JSON.parse(await readFile(join(folder, planId, 'manifest.json'), 'utf8')) as Manifest).result;
}

async function linesOf(out: string): Promise<string[]> {
  const folder = join(out, 'rows/kind=articles-multistream/wiki_id=samplewiki/snapshot=2026-10-01');
  const texts: string[] = [];
  for (const file of (await readdir(folder)).toSorted()) texts.push(await rowsOf(folder, file));
  return texts.join('').split('\n').slice(0, -1);
}

describe('filters at conversion', function () {
  this.timeout(120_000);

  it('npm start: the rows that are owed, everything else in the manifest, and a plan that differs without them', async () => {
    await inFolder(async (out) => {
      const args = ['--out', out, '--sample-megabytes', '1', '--split-bytes', '60000'];
      const all = await run(START, args);
      assert.equal(all.code, 0, all.stderr);
      assert.doesNotMatch(all.stdout, /filtered/);
      const [lines, whole] = [await linesOf(out), await manifestOf(out)];
      assert.deepEqual([whole.settings['namespaces'], whole.settings['redirects']], [null, true]);

      const other = await run(START, [...args, ...FILTER]);
      assert.equal(other.code, 1);
      assert.match(other.stderr, /it differs:\n.*namespaces: .*null, now .*\[0,14\]\n.*redirects: .*true, now .*false/);

      const filtered = await run(START, [...args, ...FILTER, '--force']);
      assert.equal(filtered.code, 0, filtered.stderr);
      assert.match(filtered.stdout, /pages +\d[\d,]* rows .*, \d[\d,]* pages filtered out/);
      const owed = lines.filter((line) => {
        const row = JSON.parse(line) as { page_namespace_id: number; page_redirect_target: string | null };
        return [0, 14].includes(row.page_namespace_id) && row.page_redirect_target === null;
      });
      assert.ok(owed.length > 0 && owed.length < lines.length);
      assert.deepEqual(await linesOf(out), owed);
      const { counts, settings, files } = await manifestOf(out);
      assert.deepEqual([settings['namespaces'], settings['redirects']], [[0, 14], false]);
      assert.deepEqual([counts['pages'], counts['rows']], [whole.counts['pages'], owed.length]);
      assert.equal(counts['filteredRevisions'], lines.length - owed.length);
      const ids = new Set(owed.map((line) => (JSON.parse(line) as { page_id: number }).page_id));
      assert.equal(counts['filteredPages'], (counts['pages'] ?? 0) - ids.size - (counts['pagesWithoutRevision'] ?? 0));
      assert.equal(
        files.reduce((sum, file) => sum + file.filteredPages, 0),
        counts['filteredPages'],
      );
    });
  });

  it('npm run convert: says what was left out, and of a bad flag what is wrong, in one line', async () => {
    const file = join(FIXTURES, 'dumps', 'pages-articles-p2566p2583.multistream.xml.bz2');
    const { code, stdout, stderr } = await run(CONVERT, [file, '--namespaces', '14']);
    assert.equal(code, 0, stderr);
    const rows = stdout.split('\n').slice(0, -1);
    assert.ok(rows.every((row) => (JSON.parse(row) as { page_namespace_id: number }).page_namespace_id === 14));
    const left = 17 - rows.length;
    assert.ok(stderr.includes(`\n  ${left} pages filtered out, with ${left} revisions\n`), stderr);

    const plain = await run(CONVERT, [file, '--namespaces', '14', '--extract', 'plain_text']);
    assert.equal(plain.code, 0, plain.stderr);
    const texts = plain.stdout.split('\n').slice(0, -1);
    assert.ok(texts.length > 0 && texts.length === rows.length);
    for (const [i, text] of texts.entries()) {
      assert.match(text, /,"plain_text":(?:"(?:[^"\\]|\\.)*"|null)\}$/);
      assert.ok(text.startsWith(rows[i]?.slice(0, -1) ?? 'none'));
    }

    for (const program of [CONVERT, START, 'seed/dist/main.js']) {
      const bad = await run(program, [
        ...(program === CONVERT ? [file] : []),
        ...['--wiki', 'aawiki', '--date', 'latest'].slice(program === CONVERT ? 4 : 0),
        '--namespaces',
        '0,abc',
      ]);
      assert.equal(bad.code, 2);
      assert.match(bad.stderr, /^wikifleet: --namespaces: expected .* whole numbers .*, received "0,abc"\n$/);
      assert.equal(bad.stdout, '');
    }
  });
});
