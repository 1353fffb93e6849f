// How long a whole run takes, conversion included, through a mirror that gives so much and no more: against the time
// that the download alone needs at that rate. All programs are processes on this machine. Linux only (/proc).
// usage: node bench/throttled.mjs [--megabytes N] [--connections N] [--rate BYTES] [--split-bytes N] [--rounds N] [--keep]
import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keepFigures } from './dist/kept-results.js';
import { Processes, ended, freePort, textOf, usage, writeMirrors } from './processes.mjs';

const RUN = 'articles-multistream/samplewiki/2026-10-01';

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '400' },
    connections: { type: 'string', default: '3' },
    rate: { type: 'string', default: '1000000' },
    'split-bytes': { type: 'string', default: '4194304' },
    rounds: { type: 'string', default: '3' },
    // in bench/results, where README.md takes them from
    keep: { type: 'boolean', default: false },
  },
});
const [connections, rate, rounds] = [values.connections, values.rate, values.rounds].map(Number);

const folder = await mkdtemp(join(tmpdir(), 'wikifleet-bench-'));
const processes = new Processes();
try {
  await bench();
} finally {
  processes.killAll();
  await rm(folder, { recursive: true, force: true });
}

async function bench() {
  const mirror = join(folder, 'mirror');
  await ended(processes.start('apps/wikifleet/dist/sample.js', ['--out', mirror, '--megabytes', values.megabytes]));
  const files = readdirSync(join(mirror, 'samplewiki/20261001')).filter((name) =>
    /articles-multistream\d+\.xml/.test(name),
  );
  const sizes = files.map((name) => statSync(join(mirror, 'samplewiki/20261001', name)).size);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const port = await freePort();
  const limits = ['--connections', String(connections), '--bytes-per-second', String(rate)];
  processes.start('apps/wikifleet/dist/mirror.js', ['--from', mirror, '--port', String(port), ...limits]);
  const results = [];
  for (let round = 1; round <= rounds; round += 1) {
    const alone = await run(port, []);
    const whole = await run(port, ['converter']);
    results.push({ alone: alone.seconds, whole: whole.seconds, cpu: whole.cpu });
  }
  const ratios = results.map(({ alone, whole }) => whole / alone).toSorted((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)];
  console.log(
    `${files.length} files, ${(bytes / 1e6).toFixed(1)} MB in all, ${connections} connections of ${(rate / 1e6).toFixed(2)} MB/s; ` +
      `Node ${process.version}, ${cpus().length} cores`,
  );
  console.log(`at that rate the bytes alone take ${(bytes / connections / rate).toFixed(1)} s`);
  console.log('round   download alone   whole run   ratio   converter');
  for (const [at, { alone, whole, cpu }] of results.entries()) {
    const cells = [
      alone.toFixed(1).padStart(15),
      whole.toFixed(1).padStart(10),
      (whole / alone).toFixed(3).padStart(8),
    ];
    console.log(`${String(at + 1).padEnd(5)} ${cells[0]} s ${cells[1]} s ${cells[2]}   ${cpu.toFixed(1)} CPU s`);
  }
  console.log(`the whole run takes ${median.toFixed(2)} times as long as its download alone (median of ${rounds})`);
  if (!values.keep) return;
  const figures = { megabytesPerSecond: (connections * rate) / 1e6, ratio: median, rounds: results };
  await keepFigures(fileURLToPath(new URL('results', import.meta.url)), 'throttled', figures);
}

/** From the first message to the last raw note, or with a converter to the run's manifest. */
async function run(port, services) {
  const out = await mkdtemp(join(folder, 'out-'));
  const { child: cloud, env: places } = await processes.startCloud(out);
  const env = {
    ...places,
    WIKIFLEET_MIRRORS: await writeMirrors(join(folder, 'mirrors.json'), port, connections),
    WIKIFLEET_DOWNLOAD_SLOTS: String(connections),
  };
  const workers = ['downloader', ...services].map((name) => processes.start(`apps/${name}/dist/main.js`, [], env));
  for (const { stdout } of workers) stdout.resume();
  // the services are there before the first message, as a fleet that has scaled out is
  await sleep(1500);
  const began = performance.now();
  const args = ['--wiki', 'samplewiki', '--date', 'latest', '--split-bytes', values['split-bytes'], '--json'];
  const seed = processes.start('apps/seed/dist/main.js', args, env);
  const { planId, files } = JSON.parse(await textOf(seed.stdout, /\n/));
  const plan = join(out, 'runs', RUN, planId);
  const notes = join(plan, 'raw');
  const done =
    services.length > 0
      ? () => existsSync(join(plan, 'manifest.json'))
      : () => existsSync(notes) && readdirSync(notes).filter((name) => name.endsWith('.json')).length === files;
  while (!done()) {
    if (workers.some(({ exitCode }) => exitCode !== null)) throw new Error('a worker ended in mid-run');
    await sleep(50);
  }
  const seconds = (performance.now() - began) / 1000;
  const { cpu } = await usage(workers.at(-1).pid);
  for (const child of [...workers, cloud]) child.kill('SIGKILL');
  await rm(out, { recursive: true, force: true, maxRetries: 5 });
  return { seconds, cpu };
}
