// The plans of docs/experiment.md: prints each with the command that makes it, and writes them there with --write; and the
// lists of files that they are made of, as `fleet estimate --files` takes them.
// usage: node bench/experiment.mjs [--write]
//        node bench/experiment.mjs --list stubs|enwiki|all-wikis > FILE
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { digestOf, keepWritten, readKept } from './dist/kept-results.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = join(ROOT, 'docs/experiment.md');
const PICTURE = 'docs/pictures/enwiki-plan.svg';
const RESULTS = join(ROOT, 'bench/results');

/** Bytes of enwiki's 27 stub-articles files of 2024-08-01, as its dumpstatus.json has them. */
const STUBS = [
  3736618, 10198299, 11864347, 18259122, 27637780, 33632485, 39013871, 45887220, 53675027, 58052349, 66071258, 75301115,
  75805908, 98193322, 116982289, 104968659, 117025842, 122508213, 151996864, 152572623, 168866101, 176283713, 188570147,
  237223992, 198972029, 53516112, 500650971,
];

/** Megabytes of enwiki's 67 multistream parts of 2024-08-01, as its dumpstatus.json has them. */
const PARTS = [
  283, 377, 409, 457, 490, 525, 538, 550, 595, 588, 569, 54, 472, 190, 385, 267, 465, 317, 414, 360, 33, 392, 365, 27,
  405, 417, 46, 431, 395, 102, 389, 342, 322, 435, 399, 294, 407, 394, 398, 391, 402, 409, 64, 262, 420, 351, 278, 379,
  379, 363, 381, 120, 392, 354, 394, 272, 394, 358, 389, 413, 409, 399, 380, 366, 403, 425, 6,
];
/** Of 2026-10-01 number and sum are known: 71 parts, 26.9 GB. */
const ENWIKI = { parts: 71, bytes: 26.9e9 };

/** No catalogue of all wikis at hand: the n-th largest is taken to have enwiki's bytes / n^1.4, 100 kB at least. */
const ALL = { wikis: 980, exponent: 1.4, least: 100_000, part: 400e6 };

const lists = {
  stubs: () => STUBS.map((size, at) => entry('enwiki', `stub-articles${at + 1}.xml.gz`, size)),
  enwiki: () => enwikiParts().map((size, at) => entry('enwiki', `pages-articles-multistream${at + 1}.xml.bz2`, size)),
  'all-wikis': () =>
    Array.from({ length: ALL.wikis }, (_, at) => at + 1).flatMap((rank) => {
      const bytes = Math.max(ALL.least, ENWIKI.bytes / rank ** ALL.exponent);
      const count = Math.ceil(bytes / ALL.part);
      const sizes = rank === 1 ? enwikiParts() : Array.from({ length: count }, () => Math.round(bytes / count));
      return sizes.map((size, at) => entry(`wiki${rank}`, `pages-articles-multistream${at + 1}.xml.bz2`, size));
    }),
};

/** The shape of the parts that are known, with four more of the usual size, scaled to the sum. */
function enwikiParts() {
  const shape = [...PARTS, ...Array.from({ length: ENWIKI.parts - PARTS.length }, () => 390)];
  const sum = shape.reduce((total, size) => total + size, 0);
  return shape.map((size) => Math.round((size / sum) * ENWIKI.bytes));
}

function entry(wiki, name, size) {
  const file = `${wiki}-20261001-${name}`;
  return { file, path: `${wiki}/20261001/${file}`, size, checksum: null };
}

/** Tables of the document: which list is planned with which flags. */
const TABLES = {
  stubs: {
    list: 'stubs',
    flags: ['--wiki', 'enwiki', '--date', '2024-08-01', '--kind', 'stubs-articles', '--threads', '1', '--slots', '9'],
    rows: [
      ['4 vCPUs', ['--fixed', '--tasks', '4']],
      ['8 vCPUs', ['--fixed', '--tasks', '8']],
      ['27 containers', ['--fixed', '--tasks', '27']],
      ['54 containers', ['--fixed', '--tasks', '54']],
      ['scaled from zero, in 15 minutes', ['--within', '15m']],
    ],
  },
  enwiki: {
    list: 'enwiki',
    flags: ['--wiki', 'enwiki', '--date', '2026-10-01'],
    rows: [
      ['as Terraform makes it', []],
      ['with nine download slots', ['--slots', '9']],
      ['within an hour', ['--within', '60m']],
      ['within half an hour', ['--within', '30m']],
      ['within 15 minutes', ['--within', '15m']],
      ['within 15 minutes, on Spot', ['--within', '15m', '--spot']],
      ['within 10 minutes', ['--within', '10m']],
    ],
  },
  'all-wikis': {
    list: 'all-wikis',
    flags: ['--wiki', 'all', '--date', '2026-10-01'],
    rows: [
      ['as Terraform makes it', []],
      ['within an hour', ['--within', '60m']],
      ['within an hour, on Spot', ['--within', '60m', '--spot']],
      ['within half an hour', ['--within', '30m']],
    ],
  },
};

const { values } = parseArgs({ options: { list: { type: 'string' }, write: { type: 'boolean' } } });
if (values.list !== undefined) printList(values.list);
else await plans();

function printList(name) {
  if (Object.hasOwn(lists, name)) process.stdout.write(`${JSON.stringify(lists[name](), null, 1)}\n`);
  else {
    const expected = Object.keys(lists).join(', ');
    process.stderr.write(`experiment: --list: expected one of ${expected}; received ${JSON.stringify(name)}\n`);
    process.exitCode = 2;
  }
}

async function plans() {
  const folder = await mkdtemp(join(tmpdir(), 'wikifleet-experiment-'));
  try {
    let text = values.write === true ? await readFile(DOCUMENT, 'utf8') : '';
    for (const [name, table] of Object.entries(TABLES)) {
      const report = await tableOf(table, join(folder, `${table.list}.json`));
      process.stdout.write(`${report}\n\n`);
      if (values.write !== true) continue;
      text = within(text, name, report);
      await keepWritten(RESULTS, { name: `plans of ${name}`, text: report });
    }
    if (values.write === true) {
      await writeFile(DOCUMENT, text);
      const { list, flags } = TABLES.enwiki;
      await plan([...flags, '--within', '15m', '--svg', join(ROOT, PICTURE)], join(folder, `${list}.json`));
      const [picture, { digest }] = [await readFile(join(ROOT, PICTURE), 'utf8'), await readKept(RESULTS)];
      await keepWritten(RESULTS, { name: PICTURE, sha256: digestOf(picture), madeFrom: digest });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function tableOf({ list, flags, rows }, file) {
  await writeFile(file, JSON.stringify(lists[list]()));
  const lines = [];
  let source = '';
  for (const [title, more] of rows) {
    const { data, words } = await plan([...flags, ...more], file);
    const shown = `\`${more.join(' ') || '(none)'}\``;
    if (data === null) {
      lines.push(`| ${title} | ${shown} | ${words} | | | | |`);
      continue;
    }
    const { converters, downloaders } = data.fleet;
    source = `A split of 32 MiB takes ${data.speed.secondsPerSplit.toFixed(1)} s (${data.speed.source}).`;
    const fleet = `${data.converters.peak} of ${converters.most} × ${data.speed.threads} vCPU, ${downloaders.slots} slots`;
    lines.push(
      `| ${title} | ${shown} | ${minutes(data.endSeconds)} | ${minutes(data.downloadedSeconds)} | ${data.bottleneck} | ${fleet} | $${data.cost.dollars.toFixed(2)} |`,
    );
  }
  return [
    '```sh',
    `node bench/experiment.mjs --list ${list} > ${list}.json`,
    `npm run -s fleet -- estimate --files ${list}.json --mirrors bench/three-mirrors.json ${flags.join(' ')}`,
    '```',
    '',
    '| fleet | with these flags more | ends after | last file after | bottleneck | converters, slots | cost |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    source,
  ].join('\n');
}

/** The plan as data, or why there is none. */
async function plan(flags, file) {
  const args = ['estimate', '--files', file, '--mirrors', join(ROOT, 'bench/three-mirrors.json'), '--json', ...flags];
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(WIKIFLEET|AWS)_/.test(name)));
  const child = spawn(process.execPath, [join(ROOT, 'apps/fleet/dist/main.js'), ...args], {
    env: clean,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, words] = ['', ''];
  child.stdout.on('data', (bytes) => (output += bytes));
  child.stderr.on('data', (bytes) => (words += bytes));
  const [code] = await once(child, 'close');
  if (code === 0) return { data: JSON.parse(output), words: '' };
  if (code === 1) return { data: null, words: words.trim().replace(/^wikifleet: /, '') };
  throw new Error(`plan ended with ${code}: ${words.trim()}`);
}

function minutes(seconds) {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}

function within(text, name, report) {
  const [from, to] = [
    `<!-- plans of ${name}: node bench/experiment.mjs --write -->`,
    `<!-- end of the plans of ${name} -->`,
  ];
  const [start, end] = [text.indexOf(from), text.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`${DOCUMENT} has no place for the plans: ${from} … ${to}`);
  return `${text.slice(0, start + from.length)}\n\n${report}\n\n${text.slice(end)}`;
}
