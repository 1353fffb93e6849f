import assert from 'node:assert/strict';
import { EXHAUSTIVE } from '@wikifleet/testing/extent';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { MUTATIONS } from './mutations.js';

const SCHEDULES = 1000;
const MODULES: Readonly<Record<string, string>> = { converter: 'apps', downloader: 'apps', seed: 'apps' };

describe('the model check, with a rule of the protocol taken out', function () {
  this.timeout(600_000);

  it('knows where each rule stands', async () => {
    for (const { name, edits } of MUTATIONS) {
      for (const { module, from } of edits) {
        const [folder = ''] = module.split('/');
        const path = new URL(`../../../${MODULES[folder] ?? 'packages'}/${module}`, import.meta.url);
        const pieces = (await readFile(path, 'utf8')).split(from);
        assert.equal(pieces.length, 2, `${name}: expected once in ${module}: ${from}`);
      }
    }
  });

  for (const { name, isSuperfluous } of MUTATIONS) {
    if (!EXHAUSTIVE) it.skip(`finds that ${name} (skipped: WIKIFLEET_EXHAUSTIVE_TESTS=1)`);
    else if (isSuperfluous === undefined) {
      it(`finds that ${name}`, async () => {
        const violation = await findViolation(name);
        assert.notEqual(violation, null, `no violation within ${SCHEDULES} schedules`);
        process.stdout.write(`      ${violation}\n`);
      });
    } else {
      it(`finds nothing where ${name}: ${isSuperfluous}`, async () => {
        assert.equal(await findViolation(name), null);
      });
    }
  }
});

/** The seed and the first violation of a process that runs with a mutation; null where there is none. */
async function findViolation(name: string): Promise<string | null> {
  const path = (module: string): string => fileURLToPath(new URL(module, import.meta.url));
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--import', path('mutation-hooks.js'), path('main.js'), '--schedules', String(SCHEDULES)],
    { env: { ...process.env, WIKIFLEET_MODEL_MUTATION: name }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return null;
  const found = /^seed \d+: .*$/m.exec(output);
  assert.ok(found !== null, `the mutated program fails otherwise: ${output.slice(-500)}`);
  return found[0].slice(0, 200);
}
