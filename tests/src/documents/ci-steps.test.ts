import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ROOT } from '../end-to-end/programs.js';

interface Workflow {
  readonly jobs: { readonly step: { readonly strategy: { readonly matrix: { readonly step: readonly string[] } } } };
}

const CI_STEP = join(ROOT, '.ci', 'step');

/** `a/{b,c}/d` as `a/b/d` and `a/c/d`. */
function expanded(pattern: string): string[] {
  const braces = /\{([^}]*)\}/.exec(pattern);
  if (braces === null) return [pattern];
  return (braces[1] ?? '').split(',').flatMap((word) => expanded(pattern.replace(braces[0], word)));
}

/** Whether `*` in a name and `**` for folders match a file. */
function matches(pattern: string): boolean {
  const [folder = '', name = ''] = pattern.includes('**') ? pattern.split('/**/') : splitName(pattern);
  if (!existsSync(join(ROOT, folder))) return false;
  const found = new RegExp(`^${name.replaceAll('.', String.raw`\.`).replaceAll('*', '[^/]*')}$`);
  const names = readdirSync(join(ROOT, folder), { recursive: pattern.includes('**'), encoding: 'utf8' });
  return names.some((path) => found.test(path.split('/').at(-1) ?? ''));
}

function splitName(path: string): [string, string] {
  const at = path.lastIndexOf('/');
  return [path.slice(0, at), path.slice(at + 1)];
}

describe('the steps of the continuous integration', () => {
  let steps: string[];
  before(() => {
    const { status, stdout } = spawnSync('bash', [CI_STEP, '--list'], { encoding: 'utf8' });
    assert.equal(status, 0);
    steps = stdout.trim().split('\n');
  });

  it('are a function each', async () => {
    const script = await readFile(CI_STEP, 'utf8');
    const functions = [...script.matchAll(/^step_(\S+)\(\)/gm)].map(([, name = '']) => name);
    assert.deepEqual(functions.toSorted(), steps.toSorted());
  });

  it('are jobs of the workflow, but for the packages that each job installs', async () => {
    const workflow = parse(await readFile(join(ROOT, '.github/workflows/ci.yml'), 'utf8')) as Workflow;
    assert.deepEqual(['packages', ...workflow.jobs.step.strategy.matrix.step].toSorted(), steps.toSorted());
  });

  it('refuse a name that is none', () => {
    const { status, stderr } = spawnSync('bash', [CI_STEP, 'nothing'], { encoding: 'utf8' });
    assert.equal(status, 2);
    assert.match(stderr, /expected one of packages test .*, received nothing/);
  });

  it('name test files that are there', async () => {
    const script = await readFile(CI_STEP, 'utf8');
    const names = ['node-24', 'long'].map((name) => join(ROOT, 'tests', `${name}.mocharc.yaml`));
    const configs = await Promise.all(names.map(async (path) => await readFile(path, 'utf8')));
    const patterns = (script + configs.join()).match(/\b(?:apps|dev|packages|tests)\/[\w{},*/.-]+\.test\.js/g) ?? [];
    assert.ok(patterns.length > 20);
    const missing = patterns.flatMap((pattern) => expanded(pattern)).filter((pattern) => !matches(pattern));
    assert.deepEqual(missing, []);
  });
});
