import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../end-to-end/programs.js';

/** A program that is called with a folder, and makes fmt, validate and test in a copy of it without a network. */
const check = process.env['WIKIFLEET_TERRAFORM_CHECK'] ?? '';
const MISTAKES = [
  'typo',
  'missing-argument',
  'wide-open-action',
  'doubled-deployment',
  'short-visibility',
  'twenty-one-steps',
  'fill',
];

describe('terraform/', function () {
  this.timeout(600_000);
  before(function () {
    if (check === '') this.skip('WIKIFLEET_TERRAFORM_CHECK');
  });

  const run = (program: string, args: readonly string[]): { status: number | null; said: string } => {
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    return { status, said: `${stdout}${stderr}${error?.message ?? ''}` };
  };

  it('is formatted, valid, and plans what it should', () => {
    const { status, said } = run(check, [join(ROOT, 'terraform')]);
    assert.equal(status, 0, said);
    const [, passed = '0'] = /Success! (\d+) passed, 0 failed/.exec(said) ?? [];
    assert.ok(Number(passed) >= 40, said);
  });

  // all of them: bash terraform/tests/mistakes.sh
  it('and its tests catch mistakes', () => {
    const { status, said } = run('bash', [join(ROOT, 'terraform/tests/mistakes.sh'), ...MISTAKES]);
    assert.equal(status, 0, said);
    assert.match(said, new RegExp(`${MISTAKES.length} mistakes caught, 0 missed`));
  });
});
