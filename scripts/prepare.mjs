// Builds after `npm ci` or `npm install`; an installation without dev dependencies has no compiler and brings its own build.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

try {
  createRequire(import.meta.url).resolve('typescript/package.json');
} catch {
  process.stderr.write('wikifleet: no TypeScript here (installed without dev dependencies), so nothing is built\n');
  process.exit(0);
}
process.exit(
  spawnSync('npm', ['run', '-s', 'build'], { stdio: 'inherit', shell: process.platform === 'win32' }).status ?? 1,
);
