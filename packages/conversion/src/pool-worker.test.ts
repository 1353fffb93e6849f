import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';

const IMPORT = /^(?:import|export) (?:[^'"=]* from )?['"]([^'"]+)['"];$/gm;

/** All modules that one loads, and what it names that is no file of ours. */
function loadedBy(file: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(file.href)) return seen;
  seen.add(file.href);
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (name.startsWith('.')) loadedBy(new URL(name, file), seen);
    else if (name.startsWith('@wikifleet/')) loadedBy(new URL(import.meta.resolve(name)), seen);
    else seen.add(name);
  }
  return seen;
}

describe('the thread of a pool', () => {
  it('loads no node-expat, which only one thread of a process can have, and nothing else that is not ours', () => {
    const loaded = [...loadedBy(new URL('pool-worker.js', import.meta.url))];
    const files = loaded.filter((name) => name.startsWith('file:')).map((url) => fileURLToPath(url));
    assert.ok(files.some((file) => file.endsWith('kernel-engine.js')));
    assert.deepEqual(
      files.filter((file) => /reference-engine|fragment-parser/.test(file)),
      [],
    );
    assert.deepEqual(
      loaded.filter((name) => !name.startsWith('file:') && !isBuiltin(name)),
      [],
    );
    assert.ok(
      [...loadedBy(new URL('convert-split.js', import.meta.url))].includes('node-expat'),
      'it is found where it is',
    );
  });
});
