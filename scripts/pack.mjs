// Writes what can be installed elsewhere: wikifleet-<version>.tgz, with the command `wikifleet`, the programs, their packages
// bundled, schema/ and the row's types. What it needs from the registry are ordinary dependencies. Run it after `npm run build`.
// usage: node scripts/pack.mjs [--out DIR]     default: dist; prints the file's path
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SCOPE = '@wikifleet/';
/** What Node does not load: sources, tests, types, and what the compiler keeps for itself. */
const LEFT_OUT = /^(src|testing|assembly|node_modules|README\.md|tsconfig.*\.json|\..*)$|\.(test\.js|d\.ts|map)$/;

const { values } = parseArgs({ options: { out: { type: 'string', default: join(ROOT, 'dist') } } });
const out = resolve(values.out);
const readJson = (path) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
const root = readJson('package.json');
const folder = mkdtempSync(join(tmpdir(), 'wikifleet-pack-'));
try {
  const bundled = [];
  const external = {};
  for (const kind of ['packages', 'dev', 'apps']) {
    for (const name of readdirSync(join(ROOT, kind))) {
      if (!existsSync(join(ROOT, kind, name, 'package.json'))) continue;
      const manifest = readJson(`${kind}/${name}/package.json`);
      if (!existsSync(join(ROOT, kind, name, 'dist'))) throw new Error(`${kind}/${name} is not built: npm run build`);
      for (const [dependency, version] of Object.entries(manifest.dependencies ?? {})) {
        if (dependency.startsWith(SCOPE)) continue;
        external[dependency] ??= version;
        if (external[dependency] !== version)
          throw new Error(`${dependency}: ${manifest.name} wants ${version}, another ${external[dependency]}`);
      }
      const target = kind === 'apps' ? join(folder, kind, name) : join(folder, 'node_modules', manifest.name);
      cpSync(join(ROOT, kind, name), target, {
        recursive: true,
        filter: (from) => from === join(ROOT, kind, name) || !LEFT_OUT.test(basename(from)),
      });
      if (kind !== 'apps') bundled.push(manifest);
      writeJson(join(target, 'package.json'), withoutDependencies(manifest));
    }
  }
  const copy = (from, to = from) => cpSync(join(ROOT, from), join(folder, to), { recursive: true });
  for (const path of ['schema', 'mirrors.json', 'LICENSE', 'docs/rows.md', 'docs/recipes.md']) copy(path);
  // what `fleet estimate` reckons with
  if (existsSync(join(ROOT, 'bench/results'))) copy('bench/results');
  copy('scripts/wikifleet.mjs', 'bin/wikifleet.mjs');
  copy('packages/domain/dist/row-type.d.ts', 'schema/row.d.ts');
  rmSync(join(folder, 'schema/__pycache__'), { recursive: true, force: true });
  writeFileSync(join(folder, 'README.md'), readme());
  writeJson(join(folder, 'package.json'), packageOf(bundled, external));
  const packed = join(folder, '.packed');
  mkdirSync(packed);
  const npm = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', packed], {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) throw new Error(`npm pack ended with ${npm.status}`);
  const [{ filename }] = JSON.parse(npm.stdout);
  mkdirSync(out, { recursive: true });
  // an older package stays until the new one is complete
  const target = join(out, filename);
  copyFileSync(join(packed, filename), `${target}.partial`);
  renameSync(`${target}.partial`, target);
  process.stdout.write(`${target}\n`);
} catch (error) {
  process.stderr.write(`pack: ${JSON.stringify(error.message).slice(1, -1)}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function packageOf(bundled, external) {
  const { name, version, description, license, engines } = root;
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    bin: { wikifleet: 'bin/wikifleet.mjs' },
    exports: {
      './row': { types: './schema/row.d.ts' },
      './schema/*': './schema/*',
      './package.json': './package.json',
    },
    dependencies: { ...Object.fromEntries(bundled.map((manifest) => [manifest.name, manifest.version])), ...external },
    bundleDependencies: bundled.map((manifest) => manifest.name),
  };
}

/** The bundle has its packages beside each other, and what they need from the registry is the whole package's. */
function withoutDependencies({ name, version, license, type, exports: paths }) {
  return { name, version, license, type, ...(paths && { exports: paths }) };
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

function readme() {
  return `# ${root.name}

${root.description}.

\`\`\`sh
npx wikifleet convert FILE > rows.jsonl   # one dump file: bzip2, gzip or plain XML
npx wikifleet start --from DIR            # a folder of them, by the whole fleet on this machine
npx wikifleet --help
\`\`\`

The installation compiles node-expat: it needs python3, make and a C++ compiler.

docs/rows.md says what a row is, schema/ says it to machines, docs/recipes.md to DuckDB, jq, pandas, datasets and Spark.
\`\`\`ts
import type { Row } from '${root.name}/row';
\`\`\`
`;
}
