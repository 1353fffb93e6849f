import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryLock } from './directory-lock.js';
import { withDirectory } from '../testing/sqs-harness.js';

const lockModule = new URL('./directory-lock.js', import.meta.url).href;

describe('DirectoryLock', () => {
  it('refuses a directory that a live process has, and names both', async () => {
    await withDirectory(async (directory) => {
      const child = spawn(process.execPath, [
        '--input-type=module',
        '--eval',
        `const { DirectoryLock } = await import(${JSON.stringify(lockModule)});
         await DirectoryLock.take(${JSON.stringify(directory)});
         console.log('taken');
         setInterval(() => {}, 1000);`,
      ]);
      await once(child.stdout, 'data');
      await assert.rejects(DirectoryLock.take(directory), (error: Error) => {
        assert.ok('code' in error && error.code === 'DIRECTORY_IN_USE');
        assert.ok(error.message.includes(directory) && error.message.includes(`${child.pid}`), error.message);
        return true;
      });
      child.kill('SIGKILL');
      await once(child, 'exit');
      // the dead process's lock is there still, and is taken over
      const lock = await DirectoryLock.take(directory);
      await lock.release();
      assert.deepEqual(await readdir(directory), ['lock.2']);
    });
  });

  it('refuses a second taking in one process', async () => {
    await withDirectory(async (directory) => {
      const lock = await DirectoryLock.take(directory);
      await assert.rejects(DirectoryLock.take(directory), { code: 'DIRECTORY_IN_USE' });
      await lock.release();
      await lock.release();
      await (await DirectoryLock.take(directory)).release();
    });
  });

  it('leaves alone a file called lock.1 that is no lock', async () => {
    await withDirectory(async (directory) => {
      await writeFile(join(directory, 'lock.1'), 'my notes');
      await assert.rejects(DirectoryLock.take(directory), { code: 'DIRECTORY_IN_USE' });
      assert.equal(await readFile(join(directory, 'lock.1'), 'utf8'), 'my notes');
    });
  });

  it('has one holder at a time through a hundred takings and releases by ten takers', async () => {
    await withDirectory(async (directory) => {
      let holders = 0;
      let taken = 0;
      const taker = async (): Promise<void> => {
        while (taken < 100) {
          const lock = await DirectoryLock.take(directory).catch(() => undefined);
          if (lock === undefined) continue;
          holders += 1;
          taken += 1;
          assert.equal(holders, 1);
          await new Promise(setImmediate);
          holders -= 1;
          await lock.release();
        }
      };
      await Promise.all(Array.from({ length: 10 }, taker));
      assert.equal((await readdir(directory)).length, 1);
    });
  });

  const stale: readonly (readonly [string, unknown])[] = [
    ['of a process that is gone', { id: 'x', pid: 4_194_303, run: 'boot 1' }],
    ['of an earlier process with our pid', { id: 'x', pid: process.pid, run: 'boot 1' }],
    ['of a process whose pid another one has now', { id: 'x', pid: process.ppid, run: 'another boot 1' }],
  ];
  for (const [what, holder] of stale)
    it(`takes over a lock ${what}: one of ten takers gets it`, async function () {
      if (process.platform !== 'linux' && what.includes('another one has')) this.skip('Linux');
      await withDirectory(async (directory) => {
        await writeFile(join(directory, 'lock.1'), JSON.stringify(holder));
        const takers = await Promise.allSettled(Array.from({ length: 10 }, async () => DirectoryLock.take(directory)));
        const taken = takers.filter((taker) => taker.status === 'fulfilled').map((taker) => taker.value);
        assert.equal(taken.length, 1);
        await taken[0]?.release();
        assert.deepEqual(await readdir(directory), ['lock.2']);
      });
    });
});
