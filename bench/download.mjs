// How fast a downloader moves files from FTP to S3, both on loopback, against basic-ftp alone to nowhere: seconds, CPU
// seconds and peak memory of the one process that downloads, and their ratio. The servers are processes of their own,
// but share the machine's cores. Linux only (/proc).
// usage: node bench/download.mjs [--megabytes N] [--files N] [--connections N] [--rounds N]
import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client } from 'basic-ftp';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const WIKI = 'benchwiki';
const DATE = '20261001';
const TICKS_PER_SECOND = 100;

const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '300' },
    files: { type: 'string', default: '3' },
    connections: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
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

/** CPU seconds and the most memory in bytes that a process had. */
async function usage(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    memory: 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)[1]),
  };
}

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'wikifleet-bench-'));
  const children = [];
  const start = (program, args, env = {}) => {
    const child = spawn(process.execPath, [join(ROOT, program), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.push(child);
    return child;
  };
  try {
    await writeRun(join(folder, 'mirror'));
    const port = await freePort();
    const ftp = start('apps/local/dist/mirror.js', ['--from', join(folder, 'mirror'), '--port', String(port)]);
    await textOf(ftp.stderr, /serves/);
    const peers = [];
    const ours = [];
    for (let round = 1; round <= rounds; round += 1) {
      peers.push(await peer(start, port));
      ours.push(await downloader(start, folder, port, round));
    }
    report(best(peers), best(ours));
  } finally {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
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

async function peer(start, port) {
  const args = ['--peer', String(port), '--files', String(files), '--connections', String(connections)];
  return JSON.parse(await textOf(start('bench/download.mjs', args).stdout, /\n/));
}

async function downloader(start, folder, port, round) {
  const out = join(folder, `out-${round}`);
  const mirrors = join(folder, 'mirrors.json');
  const mirror = { name: 'bench', protocol: 'ftp', host: '127.0.0.1', port, root: '/', connections };
  await writeFile(mirrors, JSON.stringify({ contact: 'nobody@localhost', mirrors: [mirror] }));
  const cloud = start('apps/local/dist/cloud.js', ['--out', out, '--port', '0']);
  const exported = await textOf(cloud.stdout, /CONVERT_DEAD_LETTER_QUEUE_URL=.*\n/);
  const env = { WIKIFLEET_MIRRORS: mirrors, WIKIFLEET_DOWNLOAD_SLOTS: String(connections) };
  for (const [, name, value] of exported.matchAll(/^export (\w+)=(.*)$/gm)) env[name] = value;
  const child = start('apps/downloader/dist/main.js', [], env);
  const lines = createInterface({ input: child.stdout });
  const done = new Promise((resolve, reject) => {
    let began = 0;
    let left = files;
    child.once('exit', (code) => reject(new Error(`the downloader ended with ${code}`)));
    lines.on('line', (line) => {
      const { event, time } = JSON.parse(line);
      if (event === 'download started') began ||= Date.parse(time);
      if (event === 'job given up') reject(new Error(line));
      if (event === 'file downloaded' && (left -= 1) === 0) resolve((Date.parse(time) - began) / 1000);
    });
  });
  const seed = start(
    'apps/seed/dist/main.js',
    ['--wiki', WIKI, '--date', 'latest', '--kind', 'articles', '--json'],
    env,
  );
  const [code] = await once(seed, 'exit');
  if (code !== 0) throw new Error(`seed ended with ${code}`);
  const seconds = await done;
  const used = await usage(child.pid);
  child.removeAllListeners('exit').kill('SIGKILL');
  cloud.kill('SIGTERM');
  await once(cloud, 'exit');
  await rm(out, { recursive: true, force: true });
  return { seconds, ...used };
}

function best(results) {
  return results.toSorted((a, b) => a.seconds - b.seconds)[0];
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
    `the downloader takes ${(ours.seconds / alone.seconds).toFixed(2)} times as long, ${(ours.cpu / alone.cpu).toFixed(2)} times the CPU`,
  );
}

/** What a stream said until `pattern` was in it. */
async function textOf(stream, pattern) {
  let text = '';
  for await (const bytes of stream.iterator({ destroyOnReturn: false })) {
    text += bytes.toString();
    if (pattern.test(text)) break;
  }
  stream.resume();
  if (!pattern.test(text)) throw new Error(`expected ${pattern}, received ${text}`);
  return text;
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
