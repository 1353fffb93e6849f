// Measures what each test file costs: runs every file in a process of its own, and prints a table of processor seconds
// (user and system, of that process and of all that it started and waited for), elapsed seconds and tests, the most expensive
// first. Processor seconds are comparable on a busy machine; elapsed seconds are not. A file's figure includes about 0.5 s of
// processor time for starting mocha, which `npm test` pays once a worker process.
// usage: node scripts/measure-tests.mjs [--out FILE] [--before FILE] [--top N] [--slowest N] [PATH...]
//   --out FILE      also writes the figures as JSON, with each test's milliseconds
//   --before FILE   adds the processor seconds of an earlier --out to the table
//   --top N         prints only the N most expensive files (default: all)
//   --slowest N     prints the N slowest tests too (default: none)
//   PATH            built test files, or folders of them, relative to the root (default: packages apps dev bench tests)
// Needs bash. Exit code 1 where a file fails.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** @typedef {{ title: string, ms: number }} Test */
/** @typedef {{ file: string, cpuSeconds: number, seconds: number, passed: number, failed: number, skipped: number, tests: Test[] }} Cost */

const { values, positionals } = parseArgs({
  options: {
    out: { type: 'string' },
    before: { type: 'string' },
    top: { type: 'string' },
    slowest: { type: 'string', default: '0' },
  },
  allowPositionals: true,
});
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const settings = JSON.parse(readFileSync('.mocharc.json', 'utf8'));
const files = (positionals.length > 0 ? positionals : ['packages', 'apps', 'dev', 'bench', 'tests'])
  .flatMap(testFiles)
  .sort();
const temporary = mkdtempSync(join(tmpdir(), 'wikifleet-measure-'));

/** @param {string} path @returns {string[]} */
function testFiles(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : testFiles(join(path, entry.name));
    return entry.name.endsWith('.test.js') ? [join(path, entry.name)] : [];
  });
}

/** @param {string} file @returns {Cost} */
function measure(file) {
  const report = join(temporary, 'report.json');
  rmSync(report, { force: true });
  const args = ['--no-config', '--timeout', String(settings.timeout), '--reporter', 'json', '-O', `output=${report}`];
  const required = settings.require.flatMap((module) => ['--require', module]);
  const script = `TIMEFORMAT='%R %U %S'; time "$@" > '${temporary}/stdout' 2> '${temporary}/stderr'`;
  const command = ['node', 'node_modules/mocha/bin/mocha.js', ...args, ...required, file];
  const { stderr } = spawnSync('bash', ['-c', script, 'bash', ...command], { encoding: 'utf8' });
  const [seconds, user, system] = stderr.trim().split(/\s+/).slice(-3).map(Number);
  const { stats, tests } = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { stats: { passes: 0, failures: 1, pending: 0 }, tests: [] };
  return {
    file: file.replaceAll('\\', '/'),
    cpuSeconds: user + system,
    seconds,
    passed: stats.passes,
    failed: stats.failures,
    skipped: stats.pending,
    tests: tests.map(({ fullTitle, duration }) => ({ title: fullTitle, ms: duration ?? 0 })),
  };
}

const costs = [];
for (const [at, file] of files.entries()) {
  const cost = measure(file);
  costs.push(cost);
  if (process.stderr.isTTY) process.stderr.write(`\r${at + 1}/${files.length} ${file}\u001B[K`);
  if (cost.failed > 0) process.stderr.write(`\n${cost.failed} failed: ${file}\n`);
}
if (process.stderr.isTTY) process.stderr.write('\r\u001B[K');
rmSync(temporary, { recursive: true });
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(costs, null, 1)}\n`);

const before = new Map(
  values.before === undefined
    ? []
    : JSON.parse(readFileSync(values.before, 'utf8')).map(({ file, cpuSeconds }) => [file, cpuSeconds]),
);
const sum = (/** @type {(cost: Cost) => number} */ of) => costs.reduce((total, cost) => total + of(cost), 0);
const line = (...cells) =>
  process.stdout.write(
    `${cells.map((cell, at) => (at === cells.length - 1 ? cell : String(cell).padStart(9))).join(' ')}\n`,
  );
const first = before.size > 0 ? ['before'] : [];
line(...first, 'cpu s', 'elapsed s', 'passed', 'skipped', 'file');
costs.sort((a, b) => b.cpuSeconds - a.cpuSeconds);
for (const cost of costs.slice(0, Number(values.top ?? costs.length))) {
  const earlier = first.length > 0 ? [before.get(cost.file)?.toFixed(1) ?? '-'] : [];
  line(...earlier, cost.cpuSeconds.toFixed(1), cost.seconds.toFixed(1), cost.passed, cost.skipped, cost.file);
}
const earlier = first.length > 0 ? [[...before.values()].reduce((total, cpu) => total + cpu, 0).toFixed(1)] : [];
line(
  ...earlier,
  sum((cost) => cost.cpuSeconds).toFixed(1),
  sum((cost) => cost.seconds).toFixed(1),
  sum((cost) => cost.passed),
  sum((cost) => cost.skipped),
  `all ${costs.length} files, ${sum((cost) => cost.failed)} tests failed`,
);
const tests = costs.flatMap(({ file, tests }) => tests.map(({ title, ms }) => ({ file, title, ms })));
for (const { file, title, ms } of tests.sort((a, b) => b.ms - a.ms).slice(0, Number(values.slowest)))
  line((ms / 1000).toFixed(1), `${file}: ${title}`);
process.exitCode = costs.some((cost) => cost.failed > 0) ? 1 : 0;
