import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DRAWINGS } from './drawings/drawings.js';
import { checkDocuments, writeDocuments } from './figure-documents.js';
import { STEPS } from './figure-steps.js';
import { digestOf, keepFigures, keepWritten, readKept } from './kept-results.js';
import type { Kept, Written } from './kept-results.js';
import { quoteProblems, unquotedNumbers, withQuotes } from './quoted-figures.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const line = { node: 'v20.1.0', date: '2026-01-02' };
const KEPT: Kept = {
  throttled: [{ ...line, megabytesPerSecond: 3, ratio: 1.25 }],
  download: [
    { ...line, memory: 131.6, own: 80 },
    { ...line, node: 'v24.1.0', memory: 150, own: 99 },
  ],
  chaos: [{ ...line, seeds: 20, good: 20, faults: 1234, lost: 0, doubled: 0 }],
  image: [],
  written: [],
  suites: [],
  digest: '',
};
const quote = (name: string, text: string): string => `of <!-- =${name} -->${text}<!-- = -->`;

describe('quoted figures', () => {
  const problems: [string, string, RegExp][] = [
    ['a figure that is another', quote('throttled.ratio', '1.10'), /throttled\.ratio: expected 1\.25, received 1\.10/],
    ['a figure that nobody knows', quote('speed.of.light', '3'), /no figure is called speed\.of\.light/],
    ['a name of every object', quote('constructor', '3'), /no figure is called constructor/],
    ['a figure that nobody measured', quote('image.packed', '3'), /image\.packed is quoted, and no result/],
    ['a mark that is open', 'of <!-- =throttled.ratio -->1.25', /not closed, or not on one line/],
    ['a mark over two lines', quote('throttled.ratio', '1.\n25'), /not closed, or not on one line/],
    ['a mark that begins a line', quote('throttled.ratio', '1.25').slice(3), /begins a line/],
  ];
  for (const [what, document, expected] of problems) {
    it(`finds ${what}`, () => {
      const found = quoteProblems('A.md', document, KEPT);
      assert.equal(found.length, 1);
      assert.match(found[0] ?? '', expected);
    });
  }

  const quotes: [string, string][] = [
    ['throttled.ratio', '1.25'],
    ['throttled.rate', '3.0'],
    ['chaos.faults', '1,234'],
    ['download.memory.20', '132'],
    ['download.own.24', '99'],
  ];
  for (const [name, text] of quotes) {
    it(`puts ${name} in its place`, () => {
      const written = withQuotes(quote(name, 'old'), KEPT);
      assert.equal(written, quote(name, text));
      assert.deepEqual(quoteProblems('A.md', written, KEPT), []);
    });
  }

  it('leaves what nobody measured as it stands', () => {
    assert.equal(withQuotes(quote('image.packed', '3'), KEPT), quote('image.packed', '3'));
  });

  const numbers: [string, string, boolean][] = [
    ['a number', 'it takes 3 seconds', true],
    ['a number in a table', '| rows lost | 0 |', true],
    ['a quoted one', quote('throttled.ratio', '1.25'), false],
    ['names with digits', 'bzip2 on S3, `--seeds 20`, [here](docs/0001.md)', false],
    ['what stands in another section', 'nothing\n\n## More\n\n3', false],
  ];
  for (const [what, text, isFound] of numbers) {
    it(`${isFound ? 'finds' : 'passes'} ${what}`, () => {
      assert.equal(unquotedNumbers(`# A\n\n## How\n\n${text}\n`, '## How').length > 0, isFound);
    });
  }
});

describe('kept figures', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-kept-'));
  });
  afterEach(async () => await rm(folder, { recursive: true, force: true }));

  it('refuses what is no figure, and keeps the old', async () => {
    await keepFigures(folder, 'image', { megabytes: 1, packed: 2 });
    await assert.rejects(keepFigures(folder, 'image', { megabytes: Number.NaN, packed: 2 }), /megabytes/);
    await assert.rejects(keepFigures(folder, 'image', { megabytes: 1 }), /packed/);
    assert.equal((await readKept(folder)).image[0]?.megabytes, 1);
  });

  it('keeps one line a Node, the newest last', async () => {
    await keepFigures(folder, 'image', { node: 'v99.1.0', megabytes: 1, packed: 1 });
    for (const megabytes of [2, 3]) await keepFigures(folder, 'image', { megabytes, packed: 1 });
    assert.deepEqual(
      (await readKept(folder)).image.map(({ megabytes }) => megabytes),
      [3, 1],
    );
  });

  it('keeps what was written by its name', async () => {
    for (const text of ['a', 'b']) await keepWritten(folder, { name: 'table', text });
    await keepWritten(folder, { name: 'picture', sha256: 'c' });
    assert.deepEqual((await readKept(folder)).written, [
      { name: 'picture', sha256: 'c' },
      { name: 'table', text: 'b' },
    ]);
  });
});

describe('what programs wrote into documents', () => {
  let root = '';
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wikifleet-documents-'));
    await mkdir(join(root, 'docs'));
    await writeFile(join(root, 'README.md'), '# A\n\n## How fast, how sure\n\nVery.\n');
    await writeFile(join(root, 'docs/b.md'), '<!-- b -->\n\n| 1 |\n\n<!-- end of b -->\n');
    await writeFile(join(root, 'docs/b.svg'), '<svg/>');
  });
  afterEach(async () => await rm(root, { recursive: true, force: true }));

  const all: [string, Written, RegExp | null][] = [
    ['passes the table that was written', { name: 'b', text: '| 1 |' }, null],
    ['finds another table', { name: 'b', text: '| 2 |' }, /b: no document has the table/],
    ['passes the picture that was written', { name: 'docs/b.svg', sha256: digestOf('<svg/>') }, null],
    ['finds another picture', { name: 'docs/b.svg', sha256: digestOf('<svg></svg>') }, /b\.svg: not the picture/],
    ['finds that a picture is missing', { name: 'docs/c.svg', sha256: digestOf('') }, /c\.svg: not the picture/],
    ['finds a plan of other results', { name: 'b', text: '| 1 |', madeFrom: 'x' }, /b: made from other results/],
  ];
  for (const [what, written, expected] of all) {
    it(what, async () => {
      const problems = (await checkDocuments(root, { ...KEPT, written: [written] })).filter(
        (problem) => !/no document quotes it|pictures\/\w+\.svg: missing/.test(problem),
      );
      assert.equal(problems.length, expected === null ? 0 : 1, problems.join('; '));
      if (expected !== null) assert.match(problems[0] ?? '', expected);
    });
  }

  it('writes what the results make of the documents, and then finds nothing wrong', async () => {
    await writeFile(join(root, 'docs/c.md'), `It takes ${quote('throttled.ratio', '9')} times as long.\n`);
    const changed = await writeDocuments(root, KEPT);
    assert.deepEqual(
      changed.toSorted(),
      ['docs/c.md', ...DRAWINGS.map(({ name }) => `docs/pictures/${name}.svg`)].toSorted(),
    );
    assert.match(await readFile(join(root, 'docs/c.md'), 'utf8'), />1\.25</);
    assert.deepEqual(await writeDocuments(root, KEPT), []);
    const problems = await checkDocuments(root, KEPT);
    assert.ok(
      problems.every((problem) => problem.includes('no document quotes it')),
      problems.join('; '),
    );
  });
});

describe('steps of the figures', () => {
  const outputs: [string, string, Record<string, number>][] = [
    [
      'chaos',
      '| **faults survived** | 5883 | 1 | 2 |\n| **rows lost** | 0 | 0 | 0 |\n| **rows doubled** | 1 | 0 | 1 |\n19 of 20 seeds ended as the undisturbed run\n',
      { seeds: 20, good: 19, faults: 5883, lost: 0, doubled: 1 },
    ],
    ['image', 'app/apps: 1.0 MB, packed 0.1 MB\napp: 13.4 MB, packed 3.1 MB\n', { megabytes: 13.4, packed: 3.1 }],
  ];
  for (const [name, output, expected] of outputs) {
    it(`reads what ${name} prints`, () => {
      const figures = STEPS.find((step) => step.name === name)?.figures;
      assert.deepEqual(figures?.of(output), expected);
      assert.ok(Object.values(figures?.of('something else') ?? {}).every(Number.isNaN));
    });
  }
});

describe('documents', () => {
  it('quote and show what is kept ("npm run figures -- --only none" writes them anew)', async () => {
    assert.deepEqual(await checkDocuments(ROOT, await readKept(join(ROOT, 'bench/results'))), []);
  });

  for (const { name, draw } of DRAWINGS) {
    it(`draws ${name} with words for those who do not see it, and nothing outside of it`, () => {
      const svg = draw();
      assert.equal(svg, draw());
      assert.match(svg, /<title id="title">[^<]+<\/title>\n<desc id="about">[^<]{80,}<\/desc>/);
      const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
      for (const [, x, y] of svg.matchAll(/<(?:text|rect) [^>]*?x="([\d.-]+)" y="([\d.-]+)"/g)) {
        assert.ok(
          Number(x) >= 0 && Number(x) <= Number(width) && Number(y) >= 0 && Number(y) <= Number(height),
          `${x}, ${y}`,
        );
      }
    });
  }
});
