// Finds durations by the wall clock, which may be set back: `Date.now()` is allowed only in the files below, with a reason.
// Durations come from `performance.now()`, or from `elapsedSince` (packages/queue) where the time that a machine sleeps counts.
// usage: node scripts/check-clocks.mjs [ROOT]     exit code 1 and a line a problem where something is wrong
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ALLOWED = new Map([
  ['dev/local-cloud/src/', 'the times of SQS and S3 are those of the wall clock, and are kept across restarts'],
  ['packages/queue/src/elapsed.ts', 'compares both clocks'],
  ['packages/worker/src/check-heartbeat.ts', "compares with a file's time, which another process wrote"],
  ['packages/worker/src/metrics.ts', 'the timestamp of a metric'],
  ['packages/dashboard/src/rate.ts', 'compares with the times of S3'],
  ['packages/dashboard/src/fleet-watcher.ts', 'the time of a sample'],
  ['apps/fleet/src/commands/costs.ts', 'compares with the times of CloudWatch'],
  ['apps/fleet/src/commands/start.ts', 'a time of day at AWS'],
  ['apps/wikifleet/src/start/file-digests.ts', "compares with a file's time"],
  ['apps/wikifleet/src/localstack/install-localstack.ts', "compares with a file's time"],
]);
const WALL_CLOCK = /\bDate\.now\b|\bnew Date\(\)\.(?:getTime|valueOf)\b|[-+] *new Date\(\)|\bnew Date\(\) *-/;

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const problems = [];
const used = new Set();
for (const folder of ['packages', 'apps', 'dev']) {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
    const path = relative(root, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/');
    if (!/^[^/]+\/[^/]+\/src\/.*\.ts$/.test(path) || path.endsWith('.test.ts') || path.includes('/testing/')) continue;
    const lines = readFileSync(join(root, path), 'utf8').split('\n');
    for (const [at, line] of lines.entries()) {
      if (!WALL_CLOCK.test(line)) continue;
      const allowed = [...ALLOWED.keys()].find((prefix) => path.startsWith(prefix));
      if (allowed === undefined)
        problems.push(`${path}:${at + 1}: expected a monotonic clock, received ${line.trim()}`);
      else used.add(allowed);
    }
  }
}
for (const path of ALLOWED.keys())
  if (!used.has(path)) problems.push(`scripts/check-clocks.mjs: ${path} needs no exception`);
for (const problem of problems) process.stdout.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
