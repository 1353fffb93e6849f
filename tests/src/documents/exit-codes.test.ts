import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXIT_CODES } from '@wikifleet/domain/exit-codes';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { FIXTURES, ROOT, inFolder, run, start, until } from '../end-to-end/programs.js';

const DUMP = join(FIXTURES, 'dumps/aawiki-20260101-pages-meta-current.xml.bz2');
const FLEET = 'fleet/dist/main.js';

/** The program of each command of the document, from `apps/`, and the words before its own. */
const PROGRAMS: Readonly<Record<string, readonly [program: string, ...words: string[]]>> = {
  convert: ['wikifleet/dist/convert.js'],
  start: ['wikifleet/dist/start.js'],
  sample: ['wikifleet/dist/sample.js'],
  mirror: ['wikifleet/dist/mirror.js'],
  cloud: ['wikifleet/dist/cloud.js'],
  localstack: ['wikifleet/dist/localstack.js'],
  seed: ['seed/dist/main.js'],
  downloader: ['downloader/dist/main.js'],
  converter: ['converter/dist/main.js'],
  ...Object.fromEntries(
    'status watch depth costs doctor start stop pause resume dlq redrive verify get estimate'
      .split(' ')
      .map((name) => [`fleet ${name}`, [FLEET, name] as const]),
  ),
  bench: ['../bench/dist/main.js'],
  figures: ['../bench/dist/make-figures.js'],
  chaos: ['../tests/dist/faults/chaos-main.js'],
};

/** The first command of a program. */
function firstOf(program: string): string | undefined {
  return Object.keys(PROGRAMS).find((name) => PROGRAMS[name]?.[0] === program);
}

/** Cells of the tables' rows, without the outer ones. */
function rowsOf(markdown: string, heading: RegExp): string[][] {
  const lines = markdown.split('\n');
  const from = lines.findIndex((line) => heading.test(line));
  const rows: string[][] = [];
  for (const line of lines.slice(from + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  }
  return rows;
}

describe('docs/exit-codes.md', function () {
  let document: string;
  before(async () => {
    document = await readFile(join(ROOT, 'docs/exit-codes.md'), 'utf8');
  });

  it('has the codes of the programs', () => {
    const codes = rowsOf(document, /^\| code /).map(([code = '', name = '']) => [
      name.replaceAll('`', ''),
      Number(code),
    ]);
    assert.deepEqual(Object.fromEntries(codes), EXIT_CODES);
  });

  it('has every command of npm and of the operator', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    const listed = rowsOf(document, /^\| command /).map(([command = '']) => command.replaceAll('`', ''));
    assert.deepEqual(listed.toSorted(), Object.keys(PROGRAMS).toSorted());
    // of the developer's own, and names of others
    const left = new Set(['prepare', 'build', 'test', 'watch', 'fleet', 'format', 'schema', 'pack', 'model']);
    const ours = Object.keys(scripts).filter((name) => !left.has(name) && !/^(?:check|test:)/.test(name));
    assert.deepEqual(
      ours.filter((name) => !listed.includes(name)),
      [],
    );
    const { stdout } = await run(FLEET, ['--help']);
    const commands = Array.from(stdout.matchAll(/^ {2}(\w+) {2,}/gm), ([, name = '']) => `fleet ${name}`);
    assert.ok(commands.length > 10);
    assert.deepEqual(
      commands.filter((name) => !listed.includes(name)),
      [],
    );
  });

  for (const [name, [program, ...words]] of Object.entries(PROGRAMS)) {
    it(`${name}: 0 for --help, 2 for a wrong command line, 141 where its reader is gone`, async () => {
      const help = await run(program, [...words, '--help']);
      assert.deepEqual([help.code, help.stderr], [EXIT_CODES.done, '']);
      assert.match(help.stdout, /^usage: /);
      const wrong = await run(program, [...words, '--nonsense']);
      assert.deepEqual([wrong.code, wrong.stdout], [EXIT_CODES.refused, ''], wrong.stderr);
      assert.match(wrong.stderr, /^wikifleet: .*--nonsense/);
      // in the default run of one command of each program
      if (LONG_TESTS || name === firstOf(program))
        assert.equal(await withoutReader(program, [...words, '--help']), EXIT_CODES.readerGone);
    });
  }

  const failing: [name: string, args: (folder: string) => Promise<readonly string[]>, code: number][] = [
    ['convert', async () => await Promise.resolve([DUMP]), EXIT_CODES.done],
    ['convert', async (folder) => await damaged(folder), EXIT_CODES.failed],
    ['convert', async () => await Promise.resolve([DUMP, '--out', DUMP]), EXIT_CODES.refused],
    ['convert', async () => await Promise.resolve(['/none']), EXIT_CODES.refused],
    ['sample', async () => await Promise.resolve(['--out', join(DUMP, 'x')]), EXIT_CODES.failed],
    ['mirror', async () => await Promise.resolve(['--from', '/none']), EXIT_CODES.refused],
    ['seed', async () => await Promise.resolve(['--wiki', 'x', '--date', 'latest']), EXIT_CODES.refused],
    ['downloader', async () => await Promise.resolve([]), EXIT_CODES.refused],
    ['converter', async () => await Promise.resolve([]), EXIT_CODES.refused],
    ['fleet verify', async () => await Promise.resolve(['--wiki', 'x', '--date', '2026-01-01']), EXIT_CODES.refused],
    ['fleet dlq', async () => await Promise.resolve([]), EXIT_CODES.refused],
    ['figures', async () => await Promise.resolve(['--list']), EXIT_CODES.done],
    ['start', async (folder) => await Promise.resolve(['--from', folder, '--wiki', '../x']), EXIT_CODES.refused],
  ];
  for (const [name, args, code] of failing) {
    it(`${name} ends with ${code} as it says`, async () => {
      await inFolder(async (folder) => {
        const [program = '', ...words] = PROGRAMS[name] ?? [];
        const ended = await run(program, [...words, ...(await args(folder))]);
        assert.equal(ended.code, code, ended.stderr);
        assert.doesNotMatch(ended.stderr, /\n {4}at /, 'no stack');
      });
    });
  }

  const running: [name: string, args: (folder: string) => readonly string[], ready: RegExp][] = [
    ['cloud', (folder) => ['--out', folder, '--port', '0'], /Ctrl-C ends it/],
    ['mirror', (folder) => ['--from', folder, '--port', '0'], /Ctrl-C ends it/],
  ];
  for (const [name, args, ready] of running) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      it(`${name} ends with 0 at ${signal}`, async () => {
        await inFolder(async (folder) => {
          const [program = ''] = PROGRAMS[name] ?? [];
          const { child, ended, output } = start(program, args(folder));
          await until('it is ready', () => ready.test(output()));
          child.kill(signal);
          const { code, stderr } = await ended;
          assert.equal(code, EXIT_CODES.done, stderr);
        });
      });
  }
});

async function damaged(folder: string): Promise<readonly string[]> {
  const bytes = await readFile(DUMP);
  await writeFile(join(folder, 'cut.xml.bz2'), bytes.subarray(0, -1000));
  return [join(folder, 'cut.xml.bz2')];
}

/** Starts a program whose standard output is a pipe that nobody reads any more. */
async function withoutReader(program: string, args: readonly string[]): Promise<number | null> {
  const line = [process.execPath, join(ROOT, 'apps', program), ...args].map((word) => `'${word}'`).join(' ');
  // the program begins when the reader has gone, and its code is the shell's
  const child = spawn('bash', ['-c', `(sleep 0.2; ${line}; echo $? >&2) | true`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => child.once('close', resolve));
  return Number(output.trim().split('\n').at(-1));
}
