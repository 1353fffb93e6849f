/**
 * Runs in the image, by `node --input-type=module --eval`: loads every module that is installed there, resolves every
 * import of our own files, and prints what it found as JSON (`ImageContents`).
 */
export const IMAGE_CONTENTS = String.raw`
import { accessSync, constants, existsSync, lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const problems = [];
const entries = readdirSync('/app', { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile()).map((entry) => entry.parentPath + '/' + entry.name);
for (const entry of entries) {
  const path = entry.parentPath + '/' + entry.name;
  const { uid, mode } = lstatSync(path);
  if (uid !== 0 || (!entry.isSymbolicLink() && (mode & 0o022) !== 0)) problems.push(path + ': somebody but root may write it');
  if (!existsSync(path)) problems.push(path + ': leads nowhere');
  else try { accessSync(path, constants.R_OK); } catch { problems.push(path + ': not readable'); }
}
let imports = 0;
for (const file of files.filter((path) => /^\/app\/(?:apps|packages)\/[^/]+\/dist\/.*\.js$/.test(path))) {
  const from = createRequire(file);
  for (const match of readFileSync(file, 'utf8').matchAll(/^(?:import|export) [^;]*? from '([^']+)';|\bimport\('([^']+)'\)/gm)) {
    const name = match[1] ?? match[2];
    if (name.startsWith('node:')) continue;
    imports += 1;
    try {
      if (name.startsWith('.')) accessSync(fileURLToPath(new URL(name, pathToFileURL(file))));
      else from.resolve(name);
    } catch (error) {
      problems.push(file + ': ' + name + ': ' + error.code);
    }
  }
}
const listed = Object.keys(JSON.parse(readFileSync('/app/node_modules/.package-lock.json', 'utf8')).packages);
const modules = listed.filter((path) => path.startsWith('node_modules/') && !path.startsWith('node_modules/@wikifleet/') && existsSync('/app/' + path));
let loaded = 0;
for (const path of modules) {
  const { name, exports } = JSON.parse(readFileSync('/app/' + path + '/package.json', 'utf8'));
  // From where it is installed: a module may have its own version of another. Some have submodules alone
  const above = createRequire('/app/' + path.slice(0, path.lastIndexOf('node_modules/')) + 'any.js');
  const parts = Object.keys(exports ?? {}).filter((key) => /^\.\/[\w-]+$/.test(key)).map((key) => name + key.slice(1));
  for (const part of exports !== undefined && '.' in Object(exports) === false && parts.length > 0 ? parts : [name]) {
    try {
      await import(pathToFileURL(above.resolve(part)).href);
      loaded += 1;
    } catch (error) {
      problems.push(path + ': ' + error.message.split('\n')[0]);
    }
  }
}
const written = ['/app/x', '/home/node/x', '/var/tmp/x', '/mirror/x', '/run/x', '/tmp/x'].filter((path) => {
  try { writeFileSync(path, 'x'); return true; } catch { return false; }
});
const status = readFileSync('/proc/self/status', 'utf8');
console.log(JSON.stringify({
  problems, written, imports, loaded,
  user: [process.getuid(), process.getgid()],
  capabilities: /^CapEff:\s*(\w+)$/m.exec(status)[1],
  unwanted: files.filter((path) => /^\/app\/(?:apps|packages)\/(?:[^/]+\/(?:src|assembly)\/|.*(?:\.test\.|\.ts$|tsconfig|tsbuildinfo))|\/node_modules\/(?:typescript|mocha|nan)\//.test(path)),
  secrets: ['/mnt/npmrc', '/mnt/ca.crt'].filter((path) => existsSync(path)),
  version: process.version,
}));
`;

export interface ImageContents {
  readonly problems: readonly string[];
  /** Where the program could write. */
  readonly written: readonly string[];
  readonly unwanted: readonly string[];
  readonly secrets: readonly string[];
  readonly imports: number;
  readonly loaded: number;
  readonly user: readonly number[];
  readonly capabilities: string;
  readonly version: string;
}
