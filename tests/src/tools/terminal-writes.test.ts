import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Writes to a terminal, or hands it to somebody who may. */
const WRITES = /\bprocess\.std(?:out|err)\b(?!\.isTTY\b)|\bstd(?:out|err) \} = process\b|\bconsole\.|\b_rawDebug\b/;

/** The only sources that do, and why each is safe. */
const ALLOWED: Readonly<Record<string, string>> = {
  'packages/worker/src/terminal.ts': 'makes every line printable',
  'packages/worker/src/stream-output.ts': 'rows, which are data',
  'packages/worker/src/run-main.ts': 'listens to their errors',
  'packages/worker/src/check-heartbeat.ts': 'loads nothing else, and makes its line printable',
  'apps/wikifleet/src/convert.ts': 'hands standard error to the progress line',
  'apps/wikifleet/src/sample.ts': 'hands standard error to the progress line',
  'apps/wikifleet/src/start/run-fleet.ts': 'hands standard error to the progress line',
  'apps/fleet/src/commands/status-watch.ts': 'makes each line printable, between control sequences of its own',
  'bench/src/make-figures.ts': "passes a program's output on",
};
async function sources(): Promise<string[]> {
  const found: string[] = [];
  for (const folder of ['apps', 'packages', 'dev', 'bench']) {
    for (const entry of await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      const path = relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/');
      if (entry.isFile() && /(?:^|\/)src\/.*(?<!\.test)\.ts$/.test(path) && !/node_modules|\/testing\//.test(path))
        found.push(path);
    }
  }
  return found;
}

describe('what programs write to a terminal', () => {
  it('goes through packages/worker/src/terminal.ts, which makes it printable', async () => {
    const paths = await sources();
    assert.ok(paths.length > 200, `expected the sources, found ${paths.length}`);
    const writing = new Set<string>();
    for (const path of paths) {
      const lines = (await readFile(join(ROOT, path), 'utf8')).split('\n');
      const own = lines.filter((line) => WRITES.test(line));
      if (own.length === 0) continue;
      writing.add(path);
      assert.ok(path in ALLOWED, `${path}: use printLine, printJson or reportLine instead of ${own[0]?.trim()}`);
    }
    const gone = Object.keys(ALLOWED).filter((path) => !writing.has(path));
    assert.deepEqual(gone, [], 'no source is allowed what it does not do');
  });
});
