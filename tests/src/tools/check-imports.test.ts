import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../../scripts/check-imports.mjs', import.meta.url));

type Tree = Record<string, string>;
const references = (...paths: string[]) => JSON.stringify({ references: paths.map((path) => ({ path })) });
const manifest = (name: string, dependencies: object = {}, devDependencies: object = {}) =>
  JSON.stringify({ name: `@wikifleet/${name}`, dependencies, devDependencies });

/** Four workspaces without a fault; each case below spoils one thing. */
const SOUND: Tree = {
  'package.json': JSON.stringify({ devDependencies: { 'fast-check': '1' } }),
  'tsconfig.json': references(
    ...['packages/domain', 'packages/store', 'apps/seed'].flatMap((path) => [path, `${path}/tsconfig.test.json`]),
    'tests',
  ),
  'packages/domain/package.json': manifest('domain', { zod: '4' }),
  'packages/domain/tsconfig.json': references(),
  'packages/domain/tsconfig.test.json': references('.'),
  'packages/domain/src/names.ts': "import { z } from 'zod';\nimport { isIP } from 'node:net';\nexport const a = z;\n",
  'packages/domain/src/names.test.ts': "import fc from 'fast-check';\nimport { readFileSync } from 'node:fs';\n",
  'packages/store/package.json': manifest('store', { '@wikifleet/domain': '*' }),
  'packages/store/tsconfig.json': references('../domain'),
  'packages/store/tsconfig.test.json': references('.', '../domain'),
  'packages/store/src/store.ts': "import type { a } from '@wikifleet/domain/names';\nimport { open } from 'node:fs';\n",
  'apps/seed/package.json': manifest('seed', { '@wikifleet/store': '*' }),
  'apps/seed/tsconfig.json': references('../../packages/store'),
  'apps/seed/tsconfig.test.json': references('.', '../../packages/store'),
  'apps/seed/src/main.ts': "// import { x } from 'not-there';\nimport {\n  open,\n} from '@wikifleet/store/store';\n",
  'tests/package.json': manifest('tests', {}, { '@wikifleet/seed': '*' }),
  'tests/tsconfig.json': references('../apps/seed'),
};

const more = (path: string, text: string): Tree => ({ [path]: `${SOUND[path]}${text}` });

const CASES: readonly { title: string; change: Tree; expected: RegExp }[] = [
  {
    title: 'an import that package.json does not name',
    change: more('apps/seed/src/main.ts', "import { a } from '@wikifleet/domain/names';\n"),
    expected:
      /^apps\/seed\/src\/main\.ts:5: .*@wikifleet\/domain is not in the dependencies of apps\/seed\/package\.json$/m,
  },
  {
    title: 'an import from a higher layer',
    change: {
      ...more('packages/domain/src/names.ts', "export * from '@wikifleet/store/store';\n"),
      'packages/domain/package.json': manifest('domain', { zod: '4', '@wikifleet/store': '*' }),
      'packages/domain/tsconfig.json': references('../store'),
      'packages/domain/tsconfig.test.json': references('.', '../store'),
    },
    expected: /names\.ts:4: .*packages\/store \(layer \d\) is not below packages\/domain \(layer \d\)$/m,
  },
  {
    title: 'a stand-in in code that is deployed',
    change: {
      'dev/local-cloud/package.json': manifest('local-cloud'),
      'dev/local-cloud/src/http.ts': 'export const PORT = 1;\n',
      ...more('packages/store/src/store.ts', "export * from '@wikifleet/local-cloud/http';\n"),
    },
    expected: /store\.ts:\d+: .*dev\/local-cloud is a stand-in that is never deployed; only tests may import it here$/m,
  },
  {
    title: 'an import from the same layer',
    change: {
      'tsconfig.json': (SOUND['tsconfig.json'] ?? '').replace(
        '{"path":"tests"}',
        '{"path":"tests"},{"path":"packages/queue"},{"path":"packages/queue/tsconfig.test.json"}',
      ),
      'packages/queue/package.json': manifest('queue', { '@wikifleet/store': '*' }),
      'packages/queue/tsconfig.json': references('../store'),
      'packages/queue/tsconfig.test.json': references('.', '../store'),
      'packages/queue/src/queue.ts': ['const store = await import(', "'@wikifleet/store/store');\n"].join(''),
    },
    expected: /queue\.ts:1: .*packages\/store \(layer \d\) is not below packages\/queue \(layer \d\)$/m,
  },
  {
    title: 'an app that a package imports',
    change: more('packages/store/src/store.ts', "import '@wikifleet/seed/main';\n"),
    expected: /store\.ts:3: .*apps\/seed \(layer \d\) is not below packages\/store \(layer \d\)$/m,
  },
  {
    title: 'a package in no layer',
    change: { 'packages/odd/package.json': manifest('odd') },
    expected: /^packages\/odd\/package\.json: has no place in the order of the layers/m,
  },
  {
    title: 'I/O in a pure package',
    change: more('packages/domain/src/names.ts', "import { readFile } from 'node:fs/promises';\n"),
    expected: /names\.ts:4: 'node:fs\/promises' is I\/O, and @wikifleet\/domain does none$/m,
  },
  {
    title: 'a socket beside what is pure of node:net',
    change: more('packages/domain/src/names.ts', "import { isIPv4, connect } from 'node:net';\n"),
    expected: /names\.ts:4: 'node:net' is I\/O/,
  },
  {
    title: 'a path into another package',
    change: more('apps/seed/src/main.ts', "import { a } from '../../../packages/domain/src/names.js';\n"),
    expected: /main\.ts:5: .*leaves apps\/seed\/src/,
  },
  {
    title: 'a test that the code imports',
    change: more('packages/domain/src/names.ts', "import './names.test.js';\n"),
    expected: /names\.ts:4: '\.\/names\.test\.js' is a test/,
  },
  {
    title: 'a test that another test imports',
    change: more('packages/domain/src/names.test.ts', "import './names.test.js';\n"),
    expected: /names\.test\.ts:3: '\.\/names\.test\.js' is a test/,
  },
  {
    title: 'support of tests that the code imports',
    change: {
      ...more('packages/domain/src/names.ts', "import './testing/tools.js';\n"),
      'packages/domain/src/testing/tools.ts': '',
    },
    expected: /names\.ts:4: '\.\/testing\/tools\.js' supports tests/,
  },
  {
    title: "another package's support of tests",
    change: {
      ...more('packages/store/src/store.ts', "import '@wikifleet/domain/testing/tools';\n"),
      'packages/domain/src/testing/tools.ts': '',
    },
    expected: /store\.ts:3: '@wikifleet\/domain\/testing\/tools' supports the tests of @wikifleet\/domain alone/,
  },
  {
    title: 'a package by its own name',
    change: more('packages/store/src/store.ts', "import '@wikifleet/store/store';\n"),
    expected: /store\.ts:3: .*import it relatively$/m,
  },
  {
    title: 'a package without a file, as a barrel would be',
    change: more('packages/store/src/store.ts', "import '@wikifleet/domain';\n"),
    expected: /store\.ts:3: .*expected a file of packages\/domain\/src/,
  },
  {
    title: 'a workspace that is not there',
    change: more('packages/store/src/store.ts', "import '@wikifleet/nowhere/x';\n"),
    expected: /store\.ts:3: .*there is no @wikifleet\/nowhere$/m,
  },
  {
    title: "the root's development tool in code that runs",
    change: more('packages/domain/src/names.ts', "import fc from 'fast-check';\n"),
    expected: /names\.ts:4: 'fast-check': fast-check is not in the dependencies of packages\/domain\/package\.json$/m,
  },
  {
    title: 'a declared package that nothing imports',
    change: { 'packages/store/src/store.ts': '' },
    expected: /^packages\/store\/package\.json: @wikifleet\/domain is in dependencies and never imported$/m,
  },
  {
    title: 'a dependency that only tests import',
    change: {
      'packages/store/src/store.ts': '',
      'packages/store/src/store.test.ts': "import '@wikifleet/domain/names';\n",
    },
    expected: /only tests import it, so it belongs to devDependencies$/m,
  },
  {
    title: 'a reference that is missing',
    change: { 'apps/seed/tsconfig.json': references() },
    expected: /^apps\/seed\/tsconfig\.json: references lack @wikifleet\/store, which package\.json names$/m,
  },
  {
    title: 'a reference that is too many',
    change: { 'packages/store/tsconfig.test.json': references('.', '../domain', '../../apps/seed') },
    expected:
      /^packages\/store\/tsconfig\.test\.json: references hold @wikifleet\/seed, which package\.json does not name$/m,
  },
  {
    title: 'a project that the root does not compile',
    change: { 'tsconfig.json': references('tests') },
    expected: /^tsconfig\.json: references lack packages\/store\/tsconfig\.test\.json, so it is never compiled$/m,
  },
];

describe('scripts/check-imports.mjs', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wikifleet-imports-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function check(tree: Tree) {
    for (const [path, text] of Object.entries(tree)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
  }

  for (const { title, change, expected } of CASES) {
    it(`refuses ${title}`, async () => {
      const { status, stdout, stderr } = await check({ ...SOUND, ...change });
      assert.equal(status, 1, stderr);
      assert.match(stdout, expected);
    });
  }

  it('refuses a root without workspaces', async () => {
    const { status, stdout } = await check({ 'package.json': '{}', 'tsconfig.json': '{}' });
    assert.equal(stdout, 'imports: 0 workspaces, 0 problems\n');
    assert.equal(status, 1);
  });

  it('finds nothing in a sound tree', async () => {
    const { status, stdout, stderr } = await check(SOUND);
    assert.equal(stdout, 'imports: 4 workspaces, 0 problems\n', stderr);
    assert.equal(status, 0);
  });
});
