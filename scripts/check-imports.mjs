// Compares every import across the workspaces with the importing package.json, with the order of the layers, and with
// the TypeScript project references, which alone do not hold it: a forbidden import passes on the second build.
// usage: node scripts/check-imports.mjs [ROOT]     exit code 1 and a line a problem where something is wrong
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** An import goes to a strictly lower layer. Every app is in the layer above the last. */
const LAYERS = [
  ['domain', 'testing'],
  ['bzip2', 'compression', 'mediawiki', 'wikitext', 'catalogue', 'config', 'scaling'],
  ['parquet', 'simulation'],
  ['mirror', 'store', 'queue', 'conversion', 'local-cloud'],
  ['runs', 'worker'],
  ['dashboard', 'sample-wiki'],
];
const PURE = new Set([...LAYERS[0], ...LAYERS[1], ...LAYERS[2]]);
/** Builtins that reach outside the process or start something in it. */
const IO = new Set(
  (
    'async_hooks child_process cluster dgram diagnostics_channel dns dns/promises fs fs/promises http http2 https inspector module ' +
    'net os process readline readline/promises repl sqlite tls tty vm wasi worker_threads'
  ).split(' '),
);
/** What of them is a function of its arguments all the same. */
const PURE_NAMES = new Set(['net:isIP', 'net:isIPv4', 'net:isIPv6']);
/** Outside of tests, only what never runs on AWS imports the stand-ins in dev/. */
const USES_STAND_INS = /^(?:dev\/.*|apps\/wikifleet|bench)$/;
const SCOPE = '@wikifleet/';

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const problems = [];
const problem = (place, text) => problems.push(`${place}: ${text}`);
const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

const isTest = (file) => file.endsWith('.test.ts') || file.split(sep).includes('testing');
const scoped = (dependencies) => Object.keys(dependencies).filter((name) => name.startsWith(SCOPE));
const sorted = (names) => [...names].toSorted().join(', ') || 'nothing';

const rootPackage = readJson('package.json');
const workspaces = new Map();
for (const folder of [...folders('packages'), ...folders('dev'), ...folders('apps'), 'bench', 'tests']) {
  if (!existsSync(join(root, folder, 'package.json'))) continue;
  const { name, dependencies = {}, devDependencies = {} } = readJson(`${folder}/package.json`);
  workspaces.set(name, {
    name,
    folder,
    layer: layerOf(folder),
    dependencies,
    devDependencies,
    used: new Set(),
    usedByTests: new Set(),
  });
}
for (const workspace of workspaces.values()) {
  if (workspace.layer === undefined) {
    problem(
      `${workspace.folder}/package.json`,
      `has no place in the order of the layers: add it to LAYERS in scripts/check-imports.mjs`,
    );
  }
  for (const file of sources(join(root, workspace.folder, 'src'))) checkFile(workspace, file);
  checkDeclared(workspace);
  checkReferences(workspace);
}
checkRootReferences();

for (const line of problems) process.stdout.write(`${line}\n`);
process.stdout.write(`imports: ${workspaces.size} workspaces, ${problems.length} problems\n`);
process.exitCode = problems.length > 0 || workspaces.size === 0 ? 1 : 0;

function folders(parent) {
  if (!existsSync(join(root, parent))) return [];
  const entries = readdirSync(join(root, parent), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${parent}/${entry.name}`);
}

/** The tests stand above all; undefined where a package is in no layer. */
function layerOf(folder) {
  if (folder === 'tests') return LAYERS.length + 1;
  if (folder.startsWith('apps/') || folder === 'bench') return LAYERS.length;
  const layer = LAYERS.findIndex((names) => names.includes(folder.slice(folder.indexOf('/') + 1)));
  return layer < 0 ? undefined : layer;
}

function sources(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.[cm]?ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * The modules that a file names: static and dynamic imports, and re-exports. Comments at a line's start are
 * blanked first; a statement begins at a line's start, so strings that look like one inside a line do no harm.
 */
function importsOf(text) {
  const blank = (comment) => comment.replace(/[^\n]/g, ' ');
  const code = text.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, blank).replace(/^[ \t]*\/\/.*$/gm, blank);
  const found = [];
  const patterns = [
    /^[ \t]*(?:import|export)\b([^'"`;]*?)\bfrom\s*['"]([^'"\n]+)['"]/gm,
    /^[ \t]*import\s*()['"]([^'"\n]+)['"]/gm,
    /\bimport\(\s*()['"`]([^'"`\n]+)['"`]\s*[,)]/g,
  ];
  for (const pattern of patterns) {
    for (const match of code.matchAll(pattern)) {
      const names = /\{([^}]*)\}/.exec(match[1])?.[1].split(',') ?? ['*'];
      const line = code.slice(0, match.index + match[0].search(/\S/)).split('\n').length;
      found.push({
        specifier: match[2],
        line,
        names: names
          .map(
            (name) =>
              name
                .trim()
                .replace(/^type /, '')
                .split(' ')[0],
          )
          .filter(Boolean),
      });
    }
  }
  return found;
}

function checkFile(workspace, file) {
  for (const { specifier, line, names } of importsOf(readFileSync(file, 'utf8'))) {
    const place = `${relative(root, file).split(sep).join('/')}:${line}`;
    if (specifier.startsWith('.')) checkRelative(workspace, file, specifier, place);
    else if (specifier.startsWith('node:') || builtinModules.includes(specifier))
      checkBuiltin(workspace, file, specifier, names, place);
    else if (specifier.startsWith(SCOPE)) checkWorkspaceImport(workspace, file, specifier, place);
    else checkPackageImport(workspace, file, specifier, place);
  }
}

function checkRelative(workspace, file, specifier, place) {
  const inside = relative(join(root, workspace.folder, 'src'), resolve(dirname(file), specifier));
  if (inside.startsWith('..'))
    problem(place, `'${specifier}' leaves ${workspace.folder}/src: import it by its package's name`);
  else if (specifier.endsWith('.test.js'))
    problem(place, `'${specifier}' is a test: what several tests need is in ${workspace.folder}/src/testing`);
  else if (!isTest(file) && inside.split(sep).includes('testing'))
    problem(place, `'${specifier}' supports tests, and this file is none`);
}

function checkBuiltin(workspace, file, specifier, names, place) {
  const short = specifier.replace(/^node:/, '');
  if (
    isTest(file) ||
    !workspace.folder.startsWith('packages/') ||
    !PURE.has(workspace.folder.slice('packages/'.length))
  )
    return;
  if (IO.has(short) && !names.every((name) => PURE_NAMES.has(`${short}:${name}`))) {
    problem(place, `'${specifier}' is I/O, and ${workspace.name} does none`);
  }
}

function checkWorkspaceImport(workspace, file, specifier, place) {
  const [, short, ...path] = specifier.split('/');
  const name = `${SCOPE}${short}`;
  const target = workspaces.get(name);
  if (target === undefined) return problem(place, `'${specifier}': there is no ${name}`);
  if (target === workspace) return problem(place, `'${specifier}' is this package: import it relatively`);
  if (path.includes('testing')) return problem(place, `'${specifier}' supports the tests of ${name} alone`);
  const test = isTest(file) || workspace.folder === 'tests';
  (test ? workspace.usedByTests : workspace.used).add(name);
  const declared =
    workspace.dependencies[name] !== undefined || (test && workspace.devDependencies[name] !== undefined);
  if (!declared)
    problem(
      place,
      `'${specifier}': ${name} is not in the ${test ? 'dependencies or devDependencies' : 'dependencies'} of ${workspace.folder}/package.json`,
    );
  if (!test && target.layer !== undefined && workspace.layer !== undefined && target.layer >= workspace.layer) {
    problem(
      place,
      `'${specifier}': ${target.folder} (layer ${target.layer}) is not below ${workspace.folder} (layer ${workspace.layer})`,
    );
  }
  if (!test && target.folder.startsWith('dev/') && !USES_STAND_INS.test(workspace.folder))
    problem(
      place,
      `'${specifier}': ${target.folder} is a stand-in that is never deployed; only tests may import it here`,
    );
  const source = join(root, target.folder, 'src', `${path.join('/')}.ts`);
  if (path.length === 0 || !existsSync(source))
    problem(place, `'${specifier}': expected a file of ${target.folder}/src, as in '${name}/file'`);
  return undefined;
}

function checkPackageImport(workspace, file, specifier, place) {
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  const test = isTest(file) || workspace.folder === 'tests';
  const allowed = test
    ? { ...rootPackage.devDependencies, ...workspace.devDependencies, ...workspace.dependencies }
    : workspace.dependencies;
  if (allowed[name] === undefined && allowed[`@types/${name}`] === undefined) {
    problem(
      place,
      `'${specifier}': ${name} is not in the ${test ? 'dependencies or devDependencies' : 'dependencies'} of ${workspace.folder}/package.json`,
    );
  }
}

/** A declared package that no file imports. The tests start the apps as programs: declaring one is using it. */
function checkDeclared(workspace) {
  const starts = (name) => workspace.folder === 'tests' && workspaces.get(name)?.folder.startsWith('apps/');
  const place = `${workspace.folder}/package.json`;
  const inTests = workspace.folder === 'tests';
  for (const name of scoped(workspace.dependencies)) {
    if (workspace.used.has(name) || (inTests && workspace.usedByTests.has(name)) || starts(name)) continue;
    const advice = workspace.usedByTests.has(name)
      ? ': only tests import it, so it belongs to devDependencies'
      : ' and never imported';
    problem(place, `${name} is in dependencies${advice}`);
  }
  for (const name of scoped(workspace.devDependencies)) {
    if (workspace.dependencies[name] !== undefined) problem(place, `${name} is in dependencies and devDependencies`);
    else if (!workspace.usedByTests.has(name) && !starts(name))
      problem(place, `${name} is in devDependencies and never imported by a test`);
  }
}

function checkReferences(workspace) {
  const own = scoped(workspace.dependencies);
  const withTests = [...own, ...scoped(workspace.devDependencies)];
  if (workspace.folder === 'tests') return compare('tests/tsconfig.json', withTests);
  compare(`${workspace.folder}/tsconfig.json`, own);
  return compare(`${workspace.folder}/tsconfig.test.json`, [workspace.name, ...withTests]);
}

function compare(path, wanted) {
  const found = referencesOf(path)?.map((target) => nameOf(target)) ?? [];
  const missing = wanted.filter((name) => !found.includes(name));
  const extra = found.filter((name) => !wanted.includes(name));
  if (missing.length > 0) problem(path, `references lack ${sorted(missing)}, which package.json names`);
  if (extra.length > 0) problem(path, `references hold ${sorted(extra)}, which package.json does not name`);
}

function nameOf(folder) {
  for (const workspace of workspaces.values()) if (workspace.folder === folder) return workspace.name;
  return folder;
}

/** Folders or files, relative to the root; undefined, and a problem, where there is no such file. */
function referencesOf(path) {
  if (!existsSync(join(root, path))) return void problem(path, 'is not there');
  const { references = [] } = readJson(path);
  return references.map((reference) =>
    relative(root, resolve(root, dirname(path), reference.path))
      .split(sep)
      .join('/'),
  );
}

/** What the root does not reference is never compiled. */
function checkRootReferences() {
  const found = referencesOf('tsconfig.json') ?? [];
  for (const { folder } of workspaces.values()) {
    const wanted = folder === 'tests' ? [folder] : [folder, `${folder}/tsconfig.test.json`];
    for (const path of wanted)
      if (!found.includes(path)) problem('tsconfig.json', `references lack ${path}, so it is never compiled`);
  }
}
