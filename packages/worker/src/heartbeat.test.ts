import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Heartbeat } from './heartbeat.js';
import { createLog } from './log.js';

const CHECK = fileURLToPath(new URL('check-heartbeat.js', import.meta.url));

function check(args: readonly string[], file?: string): { status: number | null; out: string } {
  const env = { ...process.env, ...(file === undefined ? {} : { WIKIFLEET_HEARTBEAT_FILE: file }) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECK, ...args], { env, encoding: 'utf8' });
  assert.equal(stderr, '');
  return { status, out: stdout };
}

describe('the heartbeat', function () {
  let folder: string;
  let file: string;
  let heartbeat: Heartbeat | undefined;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-heartbeat-'));
    file = join(folder, 'heartbeat');
  });
  afterEach(async () => await heartbeat?.close());
  after(async () => await rm(folder, { recursive: true }));

  const age = async (): Promise<number> => Date.now() - (await stat(file)).mtimeMs;

  it('is there at once, young while the service lives, and gone with it', async () => {
    heartbeat = new Heartbeat(file, createLog('test', 'silent'), () => true, 20);
    await sleep(300);
    // it is written every 20 ms, and long before it is 120 s old on a busy machine
    assert.ok((await age()) < 30_000);
    const written = (await stat(file)).mtimeMs;
    while ((await stat(file)).mtimeMs === written) await sleep(5);
    assert.deepEqual(check([file]), { status: 0, out: '' });
    await heartbeat.close();
    await heartbeat.close();
    await assert.rejects(stat(file), /ENOENT/);
    assert.deepEqual(check([file]), { status: 1, out: `${file}: there is no heartbeat\n` });
  });

  it('ages when the service is broken', async () => {
    let alive = true;
    heartbeat = new Heartbeat(file, createLog('test', 'silent'), () => alive, 20);
    await sleep(100);
    alive = false;
    await sleep(300);
    assert.ok((await age()) >= 250);
  });

  it('ends nothing where it cannot be written, and says so once', async () => {
    const lines: string[] = [];
    const log = createLog('test', 'info', { write: (line) => void lines.push(line) });
    heartbeat = new Heartbeat(join(folder, 'none', 'heartbeat'), log, () => true, 10);
    while (lines.length === 0) await sleep(5);
    await sleep(100);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /heartbeat not written.*ENOENT/);
  });

  it('is called dead by the check when it is older than its bound, and not before', async () => {
    await writeFile(file, '');
    const aged = async (seconds: number): Promise<void> => {
      const then = new Date(Date.now() - seconds * 1000);
      await utimes(file, then, then);
    };
    await aged(60);
    assert.deepEqual(check([], file), { status: 0, out: '' });
    await aged(125);
    const { status, out } = check([], file);
    assert.equal(status, 1);
    assert.match(out, /expected a heartbeat within 120 s, the last was (?:12[5-9]|1[3-9]\d) s ago\n$/);
    assert.equal(check([file, '300']).status, 0);
    await aged(-3600);
    assert.equal(check([file]).status, 0, 'a clock that was set back is no death');
  });

  it('is refused by the check where it is none', () => {
    for (const [args, said] of [
      [[], /^expected a heartbeat file/],
      [[''], /^expected a heartbeat file/],
      [[join(folder, 'none')], /there is no heartbeat\n$/],
      [[join(CHECK, 'below-a-file')], /ENOTDIR|there is no heartbeat/],
      [[CHECK, '0'], /^expected seconds, received "0"/],
      [[CHECK, '1e3'], /^expected seconds/],
    ] as const) {
      const { status, out } = check(args, '');
      assert.equal(status, 1);
      assert.match(out, said);
      assert.equal(out.split('\n').length, 2, 'one line');
    }
  });
});
