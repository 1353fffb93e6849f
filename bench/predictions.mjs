// Predictions of `fleet estimate` held against real runs: each case is predicted, then run by the programs as processes, with
// FTP mirrors on loopback that give so much a connection and no more. What a split takes, and a file besides its bytes, is
// measured first, in runs of their own. Prints a table, and writes it into docs/experiment.md with --write.
// usage: node bench/predictions.mjs [--case NAME] [--write]
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';
import { keepWritten } from './dist/kept-results.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = join(ROOT, 'docs/experiment.md');
const MARKS = ['<!-- predictions: node bench/predictions.mjs --write -->', '<!-- end of the predictions -->'];
const WIKI = 'samplewiki';
const DATE = '20261001';
const DAY = '2026-10-01';
const SPLIT_BYTES = 32 * 1024 * 1024;
const KB = 1000;
const MB = 1_000_000;
const WITHIN = 0.15;
/** Of a case on a machine that does other work meanwhile. */
const MOST_TRIES = 4;

/** Kinds of dump: job in the status, name of file `n`, how it is packed. */
const KINDS = {
  articles: { job: 'articlesdump', pack: 'bz2', name: (n) => `pages-articles${n}.xml-p${n}p${n}.bz2` },
  'meta-history': { job: 'metahistorybz2dump', pack: 'bz2', name: (n) => `pages-meta-history${n}.xml-p${n}p${n}.bz2` },
  'stubs-articles': { job: 'xmlstubsdump', pack: 'gz', name: (n) => `stub-articles${n}.xml.gz` },
};

const times = (count, size) => Array.from({ length: count }, () => size);
const mirror = (name, rate, connections = 3) => ({ name, rate, connections });
const THREE = [mirror('first', 100 * KB), mirror('second', 100 * KB), mirror('third', 100 * KB)];

/** Megabytes of enwiki's 27 stub-articles files of 2024-08-01. */
const STUBS = [
  3.7, 10.2, 11.9, 18.3, 27.6, 33.6, 39, 45.9, 53.7, 58.1, 66.1, 75.3, 75.8, 98.2, 117, 105, 117, 122.5, 152, 152.6,
  168.9, 176.3, 188.6, 237.2, 199, 53.5, 500.7,
];
/** So many real bytes are one of ours; mirrors of 5 MB/s a connection are slowed half as much, so that times are halved. */
const SCALE = 100;

/** Sizes in bytes; `split`: bytes of a split; a rate of 0 is a mirror that answers nobody. */
const CASES = [
  { name: 'few files', kind: 'articles', sizes: times(9, 2 * MB), mirrors: THREE, slots: 9, converters: 2 },
  { name: 'many files', kind: 'articles', sizes: times(48, 500 * KB), mirrors: THREE, slots: 9, converters: 2 },
  {
    name: 'one mirror slow',
    kind: 'articles',
    sizes: times(40, 500 * KB),
    mirrors: [mirror('first', 100 * KB), mirror('second', 100 * KB), mirror('slow', 25 * KB)],
    slots: 9,
    converters: 2,
  },
  {
    name: 'one mirror dead',
    kind: 'articles',
    sizes: times(40, 450 * KB),
    mirrors: [mirror('first', 100 * KB), mirror('second', 100 * KB), mirror('dead', 0)],
    slots: 9,
    converters: 2,
  },
  { name: 'too few slots', kind: 'articles', sizes: times(22, 450 * KB), mirrors: THREE, slots: 3, converters: 2 },
  {
    name: 'one converter',
    kind: 'articles',
    sizes: times(24, 3 * MB),
    mirrors: fast(),
    slots: 9,
    converters: 1,
    bracket: true,
  },
  {
    name: 'more workers',
    kind: 'articles',
    sizes: times(24, 3 * MB),
    mirrors: fast(),
    slots: 9,
    converters: 2,
    bracket: true,
  },
  {
    name: 'a full history in one file',
    kind: 'meta-history',
    sizes: [3.3 * MB],
    split: 400_000,
    mirrors: THREE,
    slots: 9,
    converters: 2,
  },
  {
    name: 'the experiment: 27 stub files, a hundredth',
    kind: 'stubs-articles',
    sizes: STUBS.map((megabytes) => Math.round((megabytes * MB) / SCALE)),
    mirrors: ['first', 'second', 'third'].map((name) => mirror(name, (10 * MB) / SCALE)),
    slots: 9,
    converters: 2,
  },
];

function fast() {
  return ['first', 'second', 'third'].map((name) => mirror(name, 1 * MB));
}

const { values } = parseArgs({ options: { case: { type: 'string' }, write: { type: 'boolean' } } });
const say = (line) => process.stderr.write(`predictions: ${line}\n`);
const folder = await mkdtemp(join(tmpdir(), 'wikifleet-predictions-'));
const children = new Set();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    for (const child of children) child.kill('SIGKILL');
    process.exit(130);
  });
}
try {
  await main();
} finally {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
}

async function main() {
  const chosen = CASES.filter(({ name }) => values.case === undefined || name.includes(values.case));
  if (chosen.length === 0)
    throw new Error(`--case: expected part of one of ${CASES.map(({ name }) => name).join(', ')}`);
  const pieces = await makePieces();
  const besides = await calibrateFiles(pieces);
  say(`besides its bytes a file takes ${besides.file.toFixed(3)} s, a split ${besides.split.toFixed(3)} s`);
  const rows = [];
  for (const one of chosen) {
    let speed = await calibrateSplits(pieces, one);
    const made = await writeRun(join(folder, 'mirror'), one, pieces);
    let predicted = await predict(one, made, speed, besides);
    let measured = await runFor(one, besides.split);
    // where converters are what limits, other work on the machine counts: the mean of before and after is predicted with, and
    // where the two differ by more than the prediction may be off, the machine was not the same, and the case is run again
    let steady = true;
    for (let left = one.bracket === true ? MOST_TRIES : 0; left > 0; left -= 1) {
      const after = await calibrateSplits(pieces, one);
      steady = Math.abs(after / speed - 1) <= WITHIN;
      const mean = 2 / (1 / speed + 1 / after);
      const again = await writeRun(join(folder, 'mirror'), one, pieces);
      predicted = await predict(one, again, mean, besides);
      if (steady || left === 1) {
        speed = mean;
        break;
      }
      say(
        `${one.name}: ${(speed / MB).toFixed(1)} MB/s a converter before, ${(after / MB).toFixed(1)} MB/s after: once more`,
      );
      speed = after;
      measured = await runFor(one, besides.split);
    }
    const error = predicted.endSeconds / measured.seconds - 1;
    const good = Math.abs(error) <= WITHIN && predicted.bottleneck === measured.bottleneck;
    rows.push({ one, predicted, measured, error, speed, good, steady });
    say(
      `${one.name}: predicted ${predicted.endSeconds.toFixed(1)} s (${predicted.bottleneck}), measured ` +
        `${measured.seconds.toFixed(1)} s (${measured.bottleneck}), ${percent(error)}; ${JSON.stringify(measured.use)}`,
    );
  }
  const report = reportOf(rows, besides);
  process.stdout.write(`${report}\n`);
  if (values.write === true) await write(report);
  process.exitCode = rows.every(({ good }) => good) ? 0 : 1;
}

/** Whole streams of a sample that files are put together from: head, pages, end. */
async function makePieces() {
  const sample = join(folder, 'sample');
  await ended(start('apps/wikifleet/dist/sample.js', ['--out', sample, '--megabytes', '20']), 'sample');
  const place = join(sample, WIKI, DATE);
  const names = await readdir(place);
  const bz2 = await readFile(
    join(
      place,
      names.find((name) => /multistream2\.xml/.test(name)),
    ),
  );
  const streams = streamsOf(bz2);
  const xml = gunzipSync(
    await readFile(
      join(
        place,
        names.find((name) => /stub-articles2\.xml/.test(name)),
      ),
    ),
  ).toString();
  const [first, last] = [xml.indexOf('<page>'), xml.lastIndexOf('</page>') + '</page>'.length];
  const groups = xml.slice(first, last).match(/(?:<page>[^]*?<\/page>\s*){1,100}/g);
  return {
    bz2: { head: streams[0], pages: streams.slice(1, -2), end: Buffer.concat(streams.slice(-2)) },
    gz: {
      head: gzipSync(xml.slice(0, first)),
      pages: groups.map((group) => gzipSync(group)),
      end: gzipSync(xml.slice(last)),
    },
  };
}

/** A multistream file cut where its streams begin, the empty one at its end included. */
function streamsOf(bytes) {
  const begins = [];
  for (let at = bytes.indexOf('BZh9'); at >= 0; at = bytes.indexOf('BZh9', at + 1)) {
    const magic = bytes.toString('hex', at + 4, at + 10);
    if (magic === '314159265359' || magic === '177245385090') begins.push(at);
  }
  return begins.map((at, index) => bytes.subarray(at, begins[index + 1] ?? bytes.length));
}

async function writeRun(root, { kind, sizes }, pieces) {
  const { job, pack, name } = KINDS[kind];
  const { head, pages, end } = pieces[pack];
  await rm(root, { recursive: true, force: true });
  const place = join(root, WIKI, DATE);
  await mkdir(place, { recursive: true });
  const files = {};
  const list = [];
  for (const [at, size] of sizes.entries()) {
    const parts = [head];
    let length = head.length + end.length;
    for (let next = at; length < size; next += 1) {
      const page = pages[next % pages.length];
      parts.push(page);
      length += page.length;
    }
    const bytes = Buffer.concat([...parts, end]);
    const file = `${WIKI}-${DATE}-${name(at + 1)}`;
    const sha1 = createHash('sha1').update(bytes).digest('hex');
    await writeFile(join(place, file), bytes);
    files[file] = { size: bytes.length, sha1, url: `/${WIKI}/${DATE}/${file}` };
    list.push({
      file,
      path: `${WIKI}/${DATE}/${file}`,
      size: bytes.length,
      checksum: { algorithm: 'sha1', value: sha1 },
    });
  }
  const jobs = { [job]: { status: 'done', updated: '2026-10-02 00:00:00', files } };
  await writeFile(join(place, 'dumpstatus.json'), JSON.stringify({ version: '0.8', jobs }));
  const listFile = join(folder, 'files.json');
  await writeFile(listFile, JSON.stringify(list));
  return { listFile, bytes: list.reduce((sum, { size }) => sum + size, 0) };
}

/** What a file and a split take besides their bytes: small files, one after the other, from a mirror without a limit. */
async function calibrateFiles(pieces) {
  const one = { kind: 'articles', sizes: times(40, 1), mirrors: [mirror('first', 1e9)], slots: 1, converters: 1 };
  await writeRun(join(folder, 'mirror'), one, pieces);
  const { downloads, splits } = await runFor(one);
  const gaps = downloads.map(({ end }) => end).toSorted((a, b) => a - b);
  return {
    file: median(gaps.slice(1).map((at, index) => (at - gaps[index]) / 1000)),
    split: median(gapsOf(splits)),
  };
}

/** Seconds between a split's end and the next one's beginning, where jobs wait. */
function gapsOf(splits) {
  const sorted = splits.toSorted((a, b) => a.end - b.end);
  const gaps = sorted
    .slice(1)
    .map(({ end, seconds }, index) => Math.max(0, (end - sorted[index].end) / 1000 - seconds));
  return gaps.length === 0 ? [0] : gaps;
}

/** Bytes a second of one converter where as many work as in the case: the same kind of file, from mirrors as in the case. */
async function calibrateSplits(pieces, { kind, mirrors, converters, slots, split }) {
  const sizes = kind === 'stubs-articles' ? times(12, 1 * MB) : times(12, 3 * MB);
  // slow mirrors would only make it longer
  const quick = mirrors.filter(({ rate }) => rate > 0).map((one) => ({ ...one, rate: Math.max(one.rate, 1 * MB) }));
  const one = { kind, sizes, mirrors: quick, converters, slots, split };
  await writeRun(join(folder, 'mirror'), one, pieces);
  const { splits, bytes } = await runFor(one);
  // the first splits of a process are slow: its code is not compiled yet
  const later = splits.toSorted((a, b) => a.end - b.end).slice(Math.floor(splits.length / 2));
  return ((bytes / splits.length) * later.length) / later.reduce((sum, { seconds }) => sum + seconds, 0);
}

async function predict(one, { listFile }, bytesPerSecond, besides) {
  const mirrorsFile = await writeMirrors(one.mirrors.map((each) => ({ ...each, port: 9 })));
  const bandwidth = one.mirrors.map(({ name, rate }) => `${name}=${(rate / MB).toFixed(6)}`).join(',');
  const seconds = (value) => `${value.toFixed(4)}s`;
  const args = [
    [
      '--wiki',
      WIKI,
      '--date',
      DAY,
      '--kind',
      one.kind,
      '--files',
      listFile,
      '--mirrors',
      mirrorsFile,
      '--fixed',
      '--json',
    ],
    ['--tasks', String(one.converters), '--threads', '1', '--slots', String(one.slots), '--bandwidth', bandwidth],
    ['--seconds-per-split', (SPLIT_BYTES / bytesPerSecond).toFixed(6), '--split-overhead', seconds(besides.split)],
    // a connection is held for the half of it
    ['--open', seconds(besides.file / 2), '--close', seconds(besides.file / 2), '--start', '0s', '--fail', '0.02s'],
    one.split === undefined ? [] : ['--split-bytes', String(one.split)],
  ].flat();
  return JSON.parse(await ended(start('apps/fleet/dist/main.js', ['estimate', ...args]), 'estimate'));
}

async function writeMirrors(mirrors) {
  const lines = mirrors.map(({ name, connections, port }) => ({
    name,
    protocol: 'ftp',
    host: '127.0.0.1',
    port,
    root: '/',
    connections,
  }));
  const file = join(folder, 'mirrors.json');
  await writeFile(file, JSON.stringify({ contact: 'nobody@localhost', mirrors: lines }));
  return file;
}

/** Runs a case for real: when its manifest is there, and what was in use how long. */
async function runFor(one, splitSeconds = 0) {
  const out = join(folder, 'out');
  const started = [];
  const launch = (program, args, env) => {
    const child = start(program, args, env);
    started.push(child);
    return child;
  };
  try {
    const ports = [];
    for (const { rate, connections } of one.mirrors) {
      if (rate === 0) {
        // the port of discard: nobody answers
        ports.push(9);
        continue;
      }
      const limits = ['--connections', String(2 * connections), '--bytes-per-second', String(rate)];
      const child = launch('apps/wikifleet/dist/mirror.js', [
        '--from',
        join(folder, 'mirror'),
        '--port',
        '0',
        ...limits,
      ]);
      ports.push(Number(/:(\d+)\/ serves/.exec(await textOf(child.stderr, /serves/))[1]));
    }
    const mirrors = await writeMirrors(one.mirrors.map((each, at) => ({ ...each, port: ports[at] })));
    const cloud = launch('apps/wikifleet/dist/cloud.js', ['--out', out, '--port', '0']);
    const exported = await textOf(cloud.stdout, /CONVERT_DEAD_LETTER_QUEUE_URL=.*\n/);
    const env = { WIKIFLEET_MIRRORS: mirrors, WIKIFLEET_DOWNLOAD_SLOTS: String(one.slots), WIKIFLEET_WORKERS: '1' };
    for (const [, name, value] of exported.matchAll(/^export (\w+)=(.*)$/gm)) env[name] = value;
    const log = [];
    const workers = ['downloader', ...times(one.converters, 'converter')];
    await Promise.all(
      workers.map(async (program) => {
        const lines = createInterface({ input: launch(`apps/${program}/dist/main.js`, [], env).stdout });
        await new Promise((resolve) => {
          lines.on('line', (line) => {
            const entry = JSON.parse(line);
            log.push(entry);
            if (entry.event === 'started') resolve();
          });
        });
      }),
    );
    const args = ['--wiki', WIKI, '--date', DAY, '--kind', one.kind, '--json'];
    if (one.split !== undefined) args.push('--split-bytes', String(one.split));
    const seeded = JSON.parse(await ended(start('apps/seed/dist/main.js', args, env), 'seed'));
    const manifest = join(out, 'runs', one.kind, WIKI, DAY, seeded.planId, 'manifest.json');
    while (!existsSync(manifest)) {
      const failed = log.find(({ event }) => event === 'job given up');
      if (failed !== undefined) throw new Error(JSON.stringify(failed));
      await sleep(20);
    }
    const finished = statSync(manifest).mtimeMs;
    await sleep(200);
    return figuresOf(one, log, finished, seeded.bytes, splitSeconds);
  } finally {
    for (const child of started.toReversed()) await stop(child);
    await rm(out, { recursive: true, force: true });
  }
}

/**
 * What the logs say was in use, as a part of the time from the first download to the manifest. The bottleneck is what was
 * in use the most: the live mirrors' bandwidth, our slots where the mirrors allow more, the converters, one file alone under
 * way, or nothing at all.
 */
function figuresOf({ mirrors, slots, converters }, log, finished, bytes, splitSeconds) {
  const at = (entry) => (typeof entry.time === 'number' ? entry.time : Date.parse(entry.time));
  const begins = new Map();
  for (const entry of log) if (entry.event === 'download_started') begins.set(entry.file, at(entry));
  const downloads = log
    .filter(({ event }) => event === 'file_downloaded')
    .map((entry) => ({ begin: begins.get(entry.file), end: at(entry) }));
  const splits = log
    .filter(({ event }) => event === 'split_converted')
    .map((entry) => ({ begin: at(entry) - 1000 * entry.seconds, end: at(entry), seconds: entry.seconds }));
  const began = Math.min(...downloads.map(({ begin }) => begin));
  const whole = finished - began;
  const limit = mirrors.reduce((sum, { rate, connections }) => sum + rate * connections, 0);
  const allowed = mirrors.reduce((sum, { rate, connections }) => sum + (rate > 0 ? connections : 0), 0);
  const sumOf = (spans) => spans.reduce((sum, { begin, end }) => sum + end - begin, 0);
  const all = [...downloads, ...splits];
  const use = {
    'mirror bandwidth': bytes / limit / (whole / 1000),
    connections: slots < allowed ? sumOf(downloads) / slots / whole : 0,
    converters: (sumOf(splits) + 1000 * splitSeconds * splits.length) / converters / whole,
    'one big file': timeOf(downloads, whole, (n) => n === 1) * (downloads.length === 1 ? 1 : aloneShare(downloads)),
    'start latency': 1 - timeOf(all, whole, (n) => n > 0),
  };
  const [bottleneck] = Object.entries(use).toSorted(([, a], [, b]) => b - a)[0];
  const rounded = Object.fromEntries(Object.entries(use).map(([name, value]) => [name, Number(value.toFixed(2))]));
  return { seconds: whole / 1000, bottleneck, use: rounded, downloads, splits, bytes };
}

/** One file that is under way alone only because it is the last of many is no large one. */
function aloneShare(downloads) {
  const lengths = downloads.map(({ begin, end }) => end - begin);
  return Math.max(...lengths) > 3 * median(lengths) ? 1 : 0;
}

/** The part of the time in which as many spans as `wanted` likes are open. */
function timeOf(spans, whole, wanted) {
  const edges = spans.flatMap(({ begin, end }) => [
    [begin, 1],
    [end, -1],
  ]);
  edges.sort(([a], [b]) => a - b);
  let [open, sum, last] = [0, 0, edges[0]?.[0] ?? 0];
  for (const [at, step] of edges) {
    if (wanted(open)) sum += at - last;
    open += step;
    last = at;
  }
  return sum / whole;
}

function reportOf(rows, besides) {
  const lines = rows.map(({ one, predicted, measured, error, good, steady }) => {
    const bytes = measured.bytes / MB;
    const what = `${one.sizes.length === 1 ? '1 file' : `${one.sizes.length} files`}, ${bytes.toFixed(bytes < 10 ? 1 : 0)} MB`;
    const named = predicted.bottleneck === measured.bottleneck ? predicted.bottleneck : `**${predicted.bottleneck}**`;
    return `| ${one.name} | ${what} | ${predicted.endSeconds.toFixed(1)} s | ${measured.seconds.toFixed(1)} s | ${percent(error)}${good ? '' : ' **!**'}${steady ? '' : ' (the machine was not steady)'} | ${named} | ${measured.bottleneck} |`;
  });
  return [
    '| run | work | predicted | measured | error | bottleneck, predicted | bottleneck, measured |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}; Node ${process.version}; besides its bytes a ` +
      `file took ${(besides.file * 1000).toFixed(0)} ms and a split ${(besides.split * 1000).toFixed(0)} ms; one converter of one thread did ` +
      `${speedsOf(rows)} of compressed bytes.`,
  ].join('\n');
}

function speedsOf(rows) {
  const kinds = [...new Set(rows.map(({ one }) => KINDS[one.kind].pack))];
  return kinds
    .map((pack) => {
      const speeds = rows.filter(({ one }) => KINDS[one.kind].pack === pack).map(({ speed }) => speed / MB);
      const [least, most] = [Math.min(...speeds).toFixed(1), Math.max(...speeds).toFixed(1)];
      return `${least === most ? least : `${least} to ${most}`} MB/s (${pack})`;
    })
    .join(' and ');
}

/** Writes the table into the document; of some cases alone, only their rows. */
async function write(report) {
  const text = await readFile(DOCUMENT, 'utf8');
  const [from, to] = MARKS.map((mark) => text.indexOf(mark));
  if (from < 0 || to < from) throw new Error(`${DOCUMENT} has no place for the predictions: ${MARKS.join(' … ')}`);
  const rowsOf = (table) => new Map([...table.matchAll(/^\| ([^|]+?) +\|.*$/gm)].map(([row, name]) => [name, row]));
  const before = text.slice(from + MARKS[0].length, to);
  const rows = rowsOf(report);
  const merged =
    values.case === undefined || !before.includes('| run')
      ? report
      : before
          .replaceAll(/^\| ([^|]+?) +\|.*$/gm, (row, name) => (name === 'run' ? row : (rows.get(name) ?? row)))
          .trim();
  await writeFile(DOCUMENT, `${text.slice(0, from + MARKS[0].length)}\n\n${merged}\n\n${text.slice(to)}`);
  await keepWritten(join(ROOT, 'bench/results'), { name: 'predictions', text: merged });
}

function percent(part) {
  return `${part < 0 ? '−' : '+'}${Math.abs(100 * part).toFixed(1)} %`;
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

function start(program, args, env = {}) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(WIKIFLEET|AWS)_/.test(name)));
  const child = spawn(process.execPath, [join(ROOT, program), ...args], {
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await once(child, 'exit');
  clearTimeout(timer);
}

/** What a program printed that ended well. */
async function ended(child, name) {
  let [output, words] = ['', ''];
  child.stdout.on('data', (bytes) => (output += bytes));
  child.stderr.on('data', (bytes) => (words += bytes));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${words.trim()}`);
  return output;
}

async function textOf(stream, pattern) {
  let text = '';
  return await new Promise((resolve, reject) => {
    stream.on('data', (bytes) => {
      text += bytes;
      if (pattern.test(text)) resolve(text);
    });
    stream.once('end', () => reject(new Error(`expected ${pattern}, received ${text}`)));
  });
}
