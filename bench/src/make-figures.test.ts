import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { STEPS } from './figure-steps.js';

const PROGRAM = fileURLToPath(new URL('./make-figures.js', import.meta.url));

async function figures(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<[number, string]> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, ...env }, timeout: 60_000 });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (words += bytes.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return [code, words];
}

describe('npm run figures', function () {
  it('refuses a step that it does not know', async () => {
    const [code, words] = await figures(['--only', 'plans,speeed']);
    assert.equal(code, 2);
    assert.match(words, /--only: expected speed, .*; received "speeed"/);
  });

  it('goes on after a step that fails, names all of them, and ends with 1', async () => {
    const [code, words] = await figures(['--quick', '--only', 'plans,image'], { TMPDIR: '/nowhere' });
    assert.equal(code, 1);
    assert.match(words, /plans: FAILED, and keeps the old: .*\/nowhere[^]*image: FAILED[^]*failed: plans, image\n$/);
  });

  it('skips with a word what cannot run here, and ends with 0', async () => {
    const [code, words] = await figures(['--only', 'page'], { PATH: '/nowhere', WIKIFLEET_CHROMIUM: '' });
    assert.equal(code, 0);
    assert.match(words, /page: skipped, and keeps the old: no chromium/);
    assert.doesNotMatch(words, /written|stay as they were/);
  });

  it('says of each step what it measures and writes', async () => {
    const [code, words] = await figures(['--list']);
    assert.equal(code, 0);
    for (const { name, measures, writes } of STEPS)
      for (const word of [`${name}, about`, measures, ...writes]) assert.ok(words.includes(word), word);
  });

  it('runs the small form of a step', async () => {
    const [code, words] = await figures(['--quick', '--only', 'plans']);
    assert.equal(code, 0);
    assert.match(words, /stub-articles27\.xml\.gz[^]*plans: done in/);
  });
});
