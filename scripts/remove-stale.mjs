// Deletes what was built from a source that is gone: mocha would run the test of a file that was renamed, beside the new one.
// usage: node scripts/remove-stale.mjs [ROOT]
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const BUILT = /\.(?:js|js\.map|d\.ts)$/;

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const workspaces = ['packages', 'apps', 'dev'].flatMap((folder) =>
  existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => join(root, folder, name)) : [],
);
for (const workspace of [...workspaces, join(root, 'bench'), join(root, 'tests')]) {
  const dist = join(workspace, 'dist');
  if (!existsSync(dist)) continue;
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (!entry.isFile() || !BUILT.test(entry.name)) continue;
    const source = join(workspace, 'src', dirname(relative(dist, path)), entry.name.replace(BUILT, '.ts'));
    if (!existsSync(source)) rmSync(path);
  }
}
