import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { descendants, isAlive } from './processes.js';
import { inFolder, start, until } from './programs.js';
import type { Running } from './programs.js';
import { rowsOf } from './rows.js';

const START = 'wikifleet/dist/start.js';

async function allRows(out: string): Promise<string[]> {
  const folder = join(out, 'rows/kind=articles-multistream/wiki_id=samplewiki/snapshot=2026-10-01');
  const texts: string[] = [];
  for (const file of (await readdir(folder)).toSorted()) texts.push(`${file}\n${await rowsOf(folder, file)}`);
  return texts;
}

/** Starts a fleet and waits until its workers work. */
async function startFleet(args: readonly string[]): Promise<Running> {
  const fleet = start(START, args);
  const logs = join(args[1] ?? '', '.wikifleet', 'logs');
  await until(
    'the workers work',
    async () => {
      if (fleet.child.exitCode !== null) throw new Error(fleet.output());
      return (
        (await readdir(logs).catch(() => [])).some((name) => name.startsWith('converter')) &&
        descendants(fleet.child.pid ?? 0).length >= 2
      );
    },
    60,
  );
  return fleet;
}

describe('npm start, interrupted', function () {
  this.timeout(180_000);

  it('ends everything within seconds of Ctrl-C or kill -9, and the same command goes on to the same rows', async () => {
    await inFolder(async (calm) => {
      await inFolder(async (out) => {
        const args = ['--sample-megabytes', '4', '--split-bytes', '50000', '--converters', '2', '--workers', '1'];
        const undisturbed = await start(START, ['--out', calm, ...args]).ended;
        assert.equal(undisturbed.code, 0, undisturbed.stderr);

        const first = await startFleet(['--out', out, ...args]);
        const workers = descendants(first.child.pid ?? 0);
        assert.ok(workers.length >= 2);
        const stoppedAt = Date.now();
        first.child.kill('SIGINT');
        const { code, stderr } = await first.ended;
        assert.equal(code, 130, stderr);
        assert.match(stderr, /stopped; the same command goes on/);
        assert.ok(
          Date.now() - stoppedAt < 60_000,
          'seconds on an idle machine, before a message shows again on a busy one',
        );
        assert.deepEqual(workers.filter(isAlive), [], 'no worker is left');

        const second = await startFleet(['--out', out, ...args]);
        const orphans = descendants(second.child.pid ?? 0);
        second.child.kill('SIGKILL');
        await second.ended;
        await until('the workers end with the program that started them', () => !orphans.some(isAlive), 60);

        const third = await start(START, ['--out', out, ...args]).ended;
        assert.equal(third.code, 0, third.stderr);
        assert.match(third.stdout, /2 of 2 runs complete/);
        const names = (text: string): string => text.replaceAll(/-[0-9a-f]{16}\.jsonl/g, '');
        assert.deepEqual((await allRows(out)).map(names), (await allRows(calm)).map(names));
      });
    });
  });
});
