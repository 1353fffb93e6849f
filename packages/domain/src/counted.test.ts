import assert from 'node:assert/strict';
import { counted } from './counted.js';

describe('counted', () => {
  const table: [n: number, one: string, several: string | undefined, words: string][] = [
    [0, 'file', undefined, '0 files'],
    [1, 'file', undefined, '1 file'],
    [2, 'file', undefined, '2 files'],
    [1, 'wiki has', 'wikis have', '1 wiki has'],
    [300, 'wiki has', 'wikis have', '300 wikis have'],
  ];
  for (const [n, one, several, words] of table)
    it(`says ${words}`, () => assert.equal(counted(n, one, several), words));
});
