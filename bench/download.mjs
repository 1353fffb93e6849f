// How fast a downloader moves files from FTP to S3, both on loopback, against basic-ftp alone to nowhere: seconds, CPU
// seconds and peak memory of the one process that downloads, and their ratio. The servers are processes of their own,
// but share the machine's cores. Linux only (/proc).
// usage: node bench/download.mjs [--megabytes N] [--files N] [--connections N] [--rounds N] [--keep]
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'basic-ftp';
import { keepFigures } from './dist/kept-results.js';
import { Processes, freePort, textOf, usage, watchMemory, writeMirrors } from './processes.mjs';

const WIKI = 'benchwiki';
const DATE = '20261001';

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '300' },
    files: { type: 'string', default: '3' },
    connections: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    // in bench/results, where docs/performance.md takes them from
    keep: { type: 'boolean', default: false },
    // how this program runs itself as the peer
    peer: { type: 'string' },
  },
});
const [megabytes, files, connections, rounds] = [values.megabytes, values.files, values.connections, values.rounds].map(
  Number,
);
const names = Array.from(
  { length: files },
  (_, at) => `${WIKI}-${DATE}-pages-articles${at + 1}.xml-p${at + 1}p${at + 1}.bz2`,
);

if (values.peer === undefined) await main();
else await basicFtpAlone(Number(values.peer));

/** The peer: so many clients at once, each file into a sink that forgets it. */
async function basicFtpAlone(port) {
  const queue = [...names];
  const began = performance.now();
  const one = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      const client = new Client();
      await client.access({ host: '127.0.0.1', port });
      const nowhere = new Writable({ highWaterMark: 1024 * 1024, write: (_chunk, _encoding, done) => done() });
      await client.downloadTo(nowhere, `${WIKI}/${DATE}/${name}`);
      client.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(`${JSON.stringify({ seconds, ...(await usage('self')) })}\n`);
}

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'wikifleet-bench-'));
  const processes = new Processes();
  try {
    await writeRun(join(folder, 'mirror'));
    const port = await freePort();
    const ftp = processes.start('apps/wikifleet/dist/mirror.js', [
      '--from',
      join(folder, 'mirror'),
      '--port',
      String(port),
    ]);
    await textOf(ftp.stderr, /serves/);
    const peers = [];
    const ours = [];
    for (let round = 1; round <= rounds; round += 1) {
      peers.push(await peer(processes, port));
      ours.push(await downloader(processes, folder, port, round));
    }
    report(best(peers), best(ours));
    if (values.keep) await keep(best(peers), best(ours));
  } finally {
    processes.killAll();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeRun(root) {
  const folder = join(root, WIKI, DATE);
  await mkdir(folder, { recursive: true });
  const found = {};
  for (const name of names) {
    const bytes = randomFillSync(Buffer.allocUnsafe(megabytes * 1e6));
    bytes.set(Buffer.from('BZh9'));
    await writeFile(join(folder, name), bytes);
    found[name] = {
      size: bytes.length,
      sha1: createHash('sha1').update(bytes).digest('hex'),
      url: `/${WIKI}/${DATE}/${name}`,
    };
  }
  const job = { status: 'done', updated: '2026-10-02 00:00:00', files: found };
  await writeFile(join(folder, 'dumpstatus.json'), JSON.stringify({ version: '0.8', jobs: { articlesdump: job } }));
}

async function peer(processes, port) {
  const args = ['--peer', String(port), '--files', String(files), '--connections', String(connections)];
  return JSON.parse(await textOf(processes.start('bench/download.mjs', args).stdout, /\n/));
}

async function downloader(processes, folder, port, round) {
  const out = join(folder, `out-${round}`);
  const { child: cloud, env: places } = await processes.startCloud(out);
  const env = {
    ...places,
    // as the image has it
    MALLOC_ARENA_MAX: '1',
    WIKIFLEET_MIRRORS: await writeMirrors(join(folder, 'mirrors.json'), port, connections),
    WIKIFLEET_DOWNLOAD_SLOTS: String(connections),
  };
  const child = processes.start('apps/downloader/dist/main.js', [], env);
  const lines = createInterface({ input: child.stdout });
  const done = new Promise((resolve, reject) => {
    let began = 0;
    let left = files;
    child.once('exit', (code) => reject(new Error(`the downloader ended with ${code}`)));
    lines.on('line', (line) => {
      const { event, time } = JSON.parse(line);
      if (event === 'download_started') began ||= Date.parse(time);
      if (event === 'job given up') reject(new Error(line));
      if (event === 'file_downloaded' && (left -= 1) === 0) resolve((Date.parse(time) - began) / 1000);
    });
  });
  const memory = watchMemory(child.pid);
  const seed = processes.start(
    'apps/seed/dist/main.js',
    ['--wiki', WIKI, '--date', 'latest', '--kind', 'articles', '--json'],
    env,
  );
  const [code] = await once(seed, 'exit');
  if (code !== 0) throw new Error(`seed ended with ${code}`);
  const seconds = await done;
  const used = { ...(await usage(child.pid)), own: memory.stop() };
  child.removeAllListeners('exit').kill('SIGKILL');
  cloud.kill('SIGTERM');
  await once(cloud, 'exit');
  await rm(out, { recursive: true, force: true });
  return { seconds, ...used };
}

async function keep(alone, { seconds, cpu, memory, own }) {
  const figures = { memory: memory / 1e6, own: own / 1e6, seconds, cpu, alone };
  await keepFigures(fileURLToPath(new URL('results', import.meta.url)), 'download', figures);
}

/** The fastest round, with the most memory of all: that is what a bound is for. */
function best(results) {
  const [fastest] = results.toSorted((a, b) => a.seconds - b.seconds);
  const most = (values) => values.reduce((a, b) => Math.max(a, b), 0);
  const memory = most(results.map((one) => one.memory));
  return { ...fastest, memory, ...('own' in fastest ? { own: most(results.map(({ own }) => own)) } : {}) };
}

function report(alone, ours) {
  const total = files * megabytes;
  const row = (name, { seconds, cpu, memory }) =>
    console.log(
      `${name.padEnd(30)}${seconds.toFixed(2).padStart(8)} s ${(total / seconds).toFixed(0).padStart(6)} MB/s` +
        `${cpu.toFixed(2).padStart(8)} CPU s ${(memory / 1e6).toFixed(0).padStart(6)} MB at most`,
    );
  console.log(
    `${files} files of ${megabytes} MB, ${connections} connections, best of ${rounds}; Node ${process.version}, ${cpus().length} cores`,
  );
  row('basic-ftp alone, to nowhere', alone);
  row('downloader, FTP to S3', ours);
  console.log(
    `of its memory ${(ours.own / 1e6).toFixed(0)} MB at most are its own, the rest are pages of files: Node itself`,
  );
  console.log(
    `the downloader takes ${(ours.seconds / alone.seconds).toFixed(2)} times as long, ${(ours.cpu / alone.cpu).toFixed(2)} times the CPU`,
  );
}
