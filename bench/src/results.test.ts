import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reportOf, withFigures } from './report.js';
import { mergeResults, readResults, writeResults } from './results.js';
import type { Results, SuiteResult } from './results.js';

const suite = (name: string, cpu: number): SuiteResult => ({
  name,
  title: 'One core',
  date: '2026-01-02',
  input: { name: 'real-single', xmlBytes: 2e8, bytes: 5e7, pages: 1, revisions: 1 },
  legs: [
    { name: 'bzip2', title: '`bzip2 -dc`', gives: 'xml', measures: [{ cpu, wall: cpu, peak: 8e6, pinned: true }] },
  ],
});
const results = (node: string, ...suites: SuiteResult[]): Results => ({
  node,
  processor: 'A Processor, 2 cores',
  system: 'Linux 6 x64',
  versions: { bzip2: '1.0.8' },
  suites,
});

describe('results', () => {
  it('keeps the suites that a later run did not run', () => {
    const merged = mergeResults(
      results('v20.1.0', suite('threads', 1), suite('main', 1)),
      results('v20.1.0', suite('main', 2)),
    );
    assert.deepEqual(merged.suites, [suite('main', 2), suite('threads', 1)]);
  });

  const others: [string, Results][] = [
    ['Node', results('v20.2.0', suite('main', 2))],
    ['processor', { ...results('v20.1.0', suite('main', 2)), processor: 'Another' }],
  ];
  for (const [what, later] of others) {
    it(`mixes no figures of another ${what}`, () => {
      assert.deepEqual(mergeResults(results('v20.1.0', suite('threads', 1)), later), later);
    });
  }

  it('are read as they were written, the oldest Node first', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-bench-'));
    try {
      const [old, later] = [
        results('v9.1.0', suite('main', 1)),
        results('v24.1.0', suite('main', 2), suite('threads', 3)),
      ];
      await writeResults(folder, later);
      await writeResults(folder, old);
      assert.deepEqual(await readResults(folder), [old, later]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('take the place of older figures in a document', () => {
    const begin = '<!-- figures: npm run bench -->';
    const document = `before\n\n${begin}\n\nold\n\n<!-- end of the figures -->\n\nafter\n`;
    const once = withFigures(document, reportOf([results('v20.1.0', suite('main', 4))]));
    assert.match(once, /^before\n[\s\S]*\| `bzip2 -dc` *\| 1\.00 *\| 1\.00 *\| 50\.0 *\|[\s\S]*\nafter\n$/);
    assert.doesNotMatch(once, /\bold\b/);
    assert.equal(withFigures(once, 'old'), document);
    assert.throws(() => withFigures('no place', 'x'), /expected a document with/);
  });
});
