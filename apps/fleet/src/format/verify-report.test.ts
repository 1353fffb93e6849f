import assert from 'node:assert/strict';
import { describeProblem, describeSplits } from './verify-report.js';

describe('describeProblem', () => {
  const splits: [splits: number[], words: string][] = [
    [[3], '00003'],
    [[0, 1], '00000 to 00001'],
    [[0, 1, 2, 5, 7, 8], '00000 to 00002, 00005, 00007 to 00008'],
  ];
  for (const [numbers, words] of splits) {
    it(`says ${words} of ${numbers.join(' ')}`, () => assert.equal(describeSplits(numbers), words));
  }

  it('names the run where it is of no file', () => {
    const problem = { code: 'STRAY_ROWS', file: null, splits: [], message: 'rows/x.jsonl: no part' };
    assert.equal(describeProblem(problem), 'STRAY_ROWS  the run: rows/x.jsonl: no part');
  });

  it('names the splits', () => {
    const problem = { code: 'PART_MISSING', file: 'a.bz2', splits: [1, 2], message: 'gone' };
    assert.equal(describeProblem(problem), 'PART_MISSING  a.bz2 splits 00001 to 00002: gone');
  });
});
