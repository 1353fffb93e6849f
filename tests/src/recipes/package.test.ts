import assert from 'node:assert/strict';
import { LONG_TESTS } from '@wikifleet/testing/extent';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIXTURES, ROOT, run } from '../end-to-end/programs.js';
import type { Ended } from '../end-to-end/programs.js';
import { runProgram } from './run-program.js';

/** Read by the fast engine, by the reference alone, and as UTF-16. */
const DUMPS: readonly string[][] = [
  ['aawiki-20260101-pages-meta-current.xml.bz2'],
  ['sample-stubs.gz', '--engine', 'reference'],
  ['bgwiki-utf16.xml.bz2'],
];

/** Compiles only where each key of the published type has a type of its own. */
const TYPED = `import type { Row } from 'wikifleet/row';
export const title = (row: Row): string => row.page_title;
export const text = (row: Row): string | null | undefined => row.revision_content_slots['mediainfo']?.content_body;
// @ts-expect-error: a hidden user has none
export const user = (row: Row): string => row.user_text;
`;

describe('the command of the package', function () {
  const command = async (...args: readonly string[]): Promise<Ended | null> =>
    await runProgram(process.execPath, ['scripts/wikifleet.mjs', ...args], { cwd: ROOT });

  it('says of each of its commands how it is typed', async () => {
    const all = await command('--help');
    const names = [...(all?.stdout ?? '').matchAll(/^ {2}(\w+) {2}/gm)].map(([, name = '']) => name);
    assert.ok(names.length >= 9, all?.stdout);
    for (const name of [...names, 'fleet watch']) {
      const help = await command(...name.split(' '), '--help');
      assert.equal(help?.code, 0, `${name}: ${help?.stderr}`);
      assert.ok(help?.stdout.startsWith(`usage: wikifleet ${name} `), help?.stdout);
      assert.doesNotMatch(help?.stdout ?? '', /npm /, name);
    }
  });

  it('refuses a wrong word with its own usage', async () => {
    const refused = await command('convert', '--nonsense');
    assert.equal(refused?.code, 2);
    assert.match(refused?.stderr ?? '', /usage: wikifleet convert FILE \[flags\]/);
  });
});

describe('the package, installed elsewhere', function () {
  this.timeout(300_000);
  let folder = '';
  let home = '';

  before(async function () {
    if (!LONG_TESTS) return this.skip('WIKIFLEET_LONG_TESTS=1');
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-package-'));
    home = join(folder, 'home');
    await mkdir(home);
    const registry = await npm(['view', 'zod', 'version', '--fetch-timeout=10000', '--fetch-retries=0']);
    if (registry?.code !== 0) {
      return this.skip("npm's registry, which has the dependencies of the package");
    }
    const packed = await runProgram(process.execPath, ['scripts/pack.mjs', '--out', folder], { cwd: ROOT });
    assert.equal(packed?.code, 0, packed?.stderr);
    assert.deepEqual(await readdir(folder), ['home', 'wikifleet-0.1.0.tgz']);
    const installed = await npm(['install', '--no-audit', '--no-fund', packed?.stdout.trim() ?? '']);
    assert.equal(installed?.code, 0, installed?.stderr);
    return undefined;
  });
  after(async () => await rm(folder, { recursive: true, force: true }));

  const npm = async (args: readonly string[]): Promise<Ended | null> => await runProgram('npm', args, { cwd: home });
  const wikifleet = async (...args: string[]): Promise<Ended> => {
    const ended = await runProgram('npx', ['--no-install', 'wikifleet', ...args], { cwd: home });
    assert.ok(ended !== null);
    return ended;
  };

  it('refuses a command that it has not', async () => {
    const { code, stderr } = await wikifleet('convret');
    assert.equal(code, 2);
    assert.match(stderr, /expected a command: one of convert, start, .*; received "convret"/);
  });

  it('says what it can', async () => {
    const { code, stdout } = await wikifleet('--help');
    assert.equal(code, 0);
    const commands = [...stdout.matchAll(/^ {2}(\w+) {2}/gm)].map(([, command = '']) => command);
    assert.ok(commands.length >= 9, stdout);
    for (const command of commands) {
      // npx takes two seconds, what it starts a fraction of one
      const bin = join(home, 'node_modules', '.bin', 'wikifleet');
      const help = await runProgram(bin, [command, '--help'], { cwd: home });
      assert.equal(help?.code, 0, `${command}: ${help?.stderr}`);
      assert.match(help?.stdout ?? '', new RegExp(`^usage: wikifleet ${command} `), command);
    }
  });

  for (const [dump = '', ...flags] of DUMPS)
    it(`converts ${[dump, ...flags].join(' ')} to the rows that the checkout does`, async () => {
      const args = [join(FIXTURES, 'dumps', dump), ...flags];
      const expected = await run('wikifleet/dist/convert.js', args);
      const { code, stdout, stderr } = await wikifleet('convert', ...args);
      assert.equal(code, 0, stderr);
      assert.ok(stdout.length > 1000 && stdout === expected.stdout, stderr);
    });

  it('runs the whole fleet', async () => {
    await mkdir(join(home, 'dumps'));
    await writeFile(join(home, 'dumps', 'bad.txt'), 'no dump');
    const nothing = await wikifleet('start', '--from', 'dumps', '--out', 'data');
    assert.notEqual(nothing.code, 0, nothing.stdout);
    const { code, stdout, stderr } = await wikifleet('start', '--out', 'data', '--sample-megabytes', '1');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /runs? complete/);
  });

  it('brings the types and the schema', async () => {
    await writeFile(join(home, 'typed.ts'), TYPED);
    await writeFile(join(home, 'package.json'), '{ "type": "module", "dependencies": { "wikifleet": "*" } }');
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', '', 'typed.ts'];
    const tsc = await runProgram(join(ROOT, 'node_modules', '.bin', 'tsc'), flags, { cwd: home });
    assert.equal(tsc?.code, 0, tsc?.stdout);
    const read =
      'import schema from "wikifleet/schema/row.schema.json" with { type: "json" }; console.log(schema.required[0])';
    const shown = await runProgram(process.execPath, ['--input-type=module', '-'], { cwd: home, input: read });
    assert.equal(shown?.stdout, 'wiki_id\n', shown?.stderr);
  });
});
