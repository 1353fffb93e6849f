import assert from 'node:assert/strict';
import { parseMirrors, shareConnections } from './mirrors.js';

const MIRRORS = parseMirrors(
  JSON.stringify({
    mirrors: [
      { name: 'large', protocol: 'ftp', host: 'a.example.org', connections: 8 },
      { name: 'usual', protocol: 'ftp', host: 'b.example.org' },
    ],
  }),
  'mirrors.json',
).mirrors;

describe('shareConnections', () => {
  for (const tasks of [4, 5, 32]) {
    it(`refuses ${tasks} tasks, and names every mirror that has too few`, () => {
      assert.throws(
        () => shareConnections(MIRRORS, tasks),
        (error: Error) => {
          assert.match(error.message, /usual allows 3/);
          assert.equal(/large allows 8/.test(error.message), tasks === 32);
          return true;
        },
      );
    });
  }

  for (const [tasks, shares] of [
    [1, [8, 3]],
    [2, [4, 1]],
    [3, [2, 1]],
  ] as const) {
    it(`gives each of ${tasks} tasks ${shares.join(' and ')}`, () => {
      assert.deepEqual(
        shareConnections(MIRRORS, tasks).map(({ connections }) => connections),
        shares,
      );
    });
  }
});
