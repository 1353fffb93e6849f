import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SAMPLE = fileURLToPath(new URL('./sample.js', import.meta.url));

describe('npm run sample', () => {
  let root: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'sample-command-'));
    await writeFile(join(root, 'file'), '');
  });

  after(() => rm(root, { recursive: true, force: true }));

  const refused: readonly (readonly [string[], RegExp])[] = [
    [['--what'], /^wikifleet: Unknown option '--what'; usage: .* \(--help says more\)\n$/],
    [['here'], /^wikifleet: unexpected word "here"; usage: .* \(--help says more\)\n$/],
    [['--out'], /^wikifleet: Option '--out <value>' argument missing; usage: .* \(--help says more\)\n$/],
    [['--megabytes', 'many'], /^wikifleet: --megabytes: expected a number, received "many"\n$/],
    [['--seed=-1'], /^wikifleet: --seed: expected a number, received "-1"\n$/],
    [['--date', 'today'], /^wikifleet: expected a date as YYYY-MM-DD or YYYYMMDD, received "today"\n$/],
  ];
  for (const [args, message] of refused) {
    it(`refuses ${args.join(' ')} in one line`, () => {
      const { status, stdout, stderr } = run(args);
      assert.match(stderr, message);
      assert.deepEqual([status, stdout], [2, '']);
    });
  }

  it('says in one line where it cannot write', () => {
    const { status, stderr } = run(['--out', join(root, 'file', 'below')]);
    assert.match(stderr, /^wikifleet: the sample cannot be written to .*below: ENOTDIR.*\n$/);
    assert.equal(status, 1);
  });

  it('does not go on for ever where no folder can be made (Linux only)', function () {
    if (process.platform !== 'linux') this.skip('Linux');
    const { status, stderr } = run(['--out', '/proc/wikifleet/sample']);
    assert.match(stderr, /^wikifleet: the sample cannot be written to \/proc\/wikifleet\/sample: ENOENT.*\n$/);
    assert.equal(status, 1);
  });

  it('helps', () => {
    const { status, stdout } = run(['--help']);
    assert.match(stdout, /^usage: npm run sample -- /);
    assert.equal(status, 0);
  });

  it('is refused while another one writes the same folder, and writes through no link', async () => {
    const out = join(root, 'shared');
    await mkdir(out);
    await writeFile(join(root, 'precious'), 'precious');
    await symlink(join(root, 'precious'), join(out, '.wikifleet-sample.json.part'));
    const args = [SAMPLE, '--out', out, '--megabytes', '4'];
    const first = spawn(process.execPath, args, { stdio: 'ignore' });
    const ended = once(first, 'exit');
    while (!existsSync(join(out, '.wikifleet-sample.json'))) await sleep(10);
    const second = run(args.slice(1));
    assert.match(second.stderr, /^wikifleet: .*shared is in use by another sample\n$/);
    assert.equal(second.status, 2);
    assert.deepEqual(await ended, [0, null]);
    assert.equal(await readFile(join(root, 'precious'), 'utf8'), 'precious');
  });

  it('lists what it wrote, and what is there already', () => {
    const args = ['--out', join(root, 'mirror'), '--megabytes', '0.1', '--seed', '3', '--date', '2025-01-01'];
    const first = run(args);
    assert.match(
      first.stdout,
      /samplewiki\/20250101\/samplewiki-20250101-pages-articles-multistream1\.xml-p1p\d+\.bz2: \d+ pages/,
    );
    assert.match(first.stdout, /\nThe sample is written: .*mirror\n$/);
    assert.deepEqual([first.status, first.stderr], [0, '']);
    assert.equal(run(args).stdout, first.stdout.replace('The sample is written', 'The sample is there already'));
  });
});

function run(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [SAMPLE, ...args], { encoding: 'utf8', timeout: 110_000 });
}
