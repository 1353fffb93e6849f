import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../end-to-end/programs.js';

/** Skips that say nothing: `this.skip()`, and a skipped test or suite whose title has no `(skipped: …)`. */
const SILENT = /\b(?:this|test)\.skip\(\)|\b(?:it|describe)\.skip\((?![^\n]*\(skipped: )/;

describe('a skipped test', () => {
  it('says what it needs', async () => {
    const silent: string[] = [];
    let files = 0;
    for (const folder of ['apps', 'bench', 'dev', 'packages', 'tests']) {
      for (const path of await readdir(join(ROOT, folder), { recursive: true })) {
        if (
          !/(?:^|\/)src\/.*\.ts$/.test(path) ||
          path.includes('node_modules') ||
          path.endsWith('skip-reasons.test.ts')
        )
          continue;
        files += 1;
        for (const [at, line] of (await readFile(join(ROOT, folder, path), 'utf8')).split('\n').entries())
          if (SILENT.test(line)) silent.push(`${folder}/${path}:${at + 1}: ${line.trim()}`);
      }
    }
    assert.ok(files > 400, `${files} files`);
    assert.deepEqual(silent, []);
  });
});
