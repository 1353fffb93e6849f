import assert from 'node:assert/strict';
import { appendFile, mkdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Journal } from './journal.js';
import type { JournalRecord } from './journal-record.js';
import { canLimitFiles, limitFiles } from '../testing/file-limit.js';
import { withDirectory } from '../testing/sqs-harness.js';

const put = (id: string, body = 'm'): JournalRecord => ({ t: 'put', q: 'queue', m: { id, body, sentAt: 1 } });

/** Opens a journal whose state is a map of id to record; `delete` takes one out. */
async function openMap(path: string): Promise<{ journal: Journal; state: Map<string, JournalRecord> }> {
  const state = new Map<string, JournalRecord>();
  const apply = (record: JournalRecord): void => {
    if (record.t === 'put') state.set(record.m.id, record);
    if (record.t === 'delete') state.delete(record.id);
  };
  return { journal: await Journal.open(path, apply, () => state.values()), state };
}

describe('Journal', () => {
  for (const [what, line, code] of [
    ['broken JSON', '{"t":"put","q":', 'JOURNAL_CORRUPT'],
    ['zeros', '\u0000\u0000\u0000', 'JOURNAL_CORRUPT'],
  ] as const)
    it(`refuses ${what} before the last line, naming file and line`, async () => {
      await withDirectory(async (directory) => {
        const path = join(directory, 'journal');
        const { journal } = await openMap(path);
        journal.append(put('a'));
        await journal.close();
        await appendFile(path, `${line}\n${JSON.stringify(put('b'))}\n`);
        await assert.rejects(openMap(path), (error: Error) => {
          assert.ok('code' in error && error.code === code);
          assert.match(error.message, /journal:3: /);
          return true;
        });
      });
    });

  it('refuses a file that is no journal', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal');
      await writeFile(path, 'notes of somebody\n');
      await assert.rejects(openMap(path), { code: 'JOURNAL_CORRUPT' });
      assert.equal(await readFile(path, 'utf8'), 'notes of somebody\n');
    });
  });

  it('takes nothing more after a write has failed, and everything once it is written', async function () {
    if (!canLimitFiles()) return this.skip('prlimit');
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal');
      const { journal } = await openMap(path);
      journal.append(put('a'));
      await journal.settled();
      try {
        limitFiles((await stat(path)).size + 100);
        // what is cut off in mid-line must not stay in the file
        for (const id of ['b', 'c']) journal.append(put(id, 'x'.repeat(80)));
        await assert.rejects(journal.settled(), { code: 'JOURNAL_FAILED' });
        assert.throws(() => journal.append(put('d')), { code: 'JOURNAL_FAILED' });
        await assert.rejects(journal.settled(), { code: 'JOURNAL_FAILED' });
        await assert.rejects(Promise.all([journal.recover(), journal.recover()]), { code: 'JOURNAL_FAILED' });
      } finally {
        limitFiles('unlimited');
      }
      await Promise.all([journal.recover(), journal.recover()]);
      journal.append(put('e'));
      await journal.close();
      const again = await openMap(path);
      await again.journal.close();
      assert.deepEqual([...again.state.keys()], ['a', 'b', 'c', 'e']);
    });
    return undefined;
  });

  it('says at its end that the last write failed, and writes it where it can', async function () {
    if (!canLimitFiles()) return this.skip('prlimit');
    await withDirectory(async (directory) => {
      for (const [name, stays] of [
        ['full', true],
        ['free', false],
      ] as const) {
        const path = join(directory, name);
        const { journal } = await openMap(path);
        try {
          limitFiles((await stat(path)).size + 10);
          journal.append(put('a'));
          await assert.rejects(journal.settled(), { code: 'JOURNAL_FAILED' });
          if (!stays) limitFiles('unlimited');
          if (stays) await assert.rejects(journal.close(), { code: 'JOURNAL_FAILED' });
          else await journal.close();
        } finally {
          limitFiles('unlimited');
        }
        const again = await openMap(path);
        await again.journal.close();
        assert.deepEqual([...again.state.keys()], stays ? [] : ['a']);
      }
    });
    return undefined;
  });

  it('goes on appending where it cannot be written anew', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal');
      const { journal } = await openMap(path);
      // a folder in the place of the new file
      await mkdir(`${path}.new`);
      journal.append(put('large', 'x'.repeat(9 * 1_048_576)));
      await journal.settled();
      for (const id of ['b', 'c']) {
        journal.append(put(id));
        await journal.settled();
      }
      await journal.close();
      await rmdir(`${path}.new`);
      const again = await openMap(path);
      await again.journal.close();
      assert.deepEqual([...again.state.keys()], ['large', 'b', 'c']);
    });
  });

  it('replays what was appended, and cuts off a torn last line at every byte', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal');
      const first = await openMap(path);
      first.journal.append(put('a'));
      first.journal.append(put('é'));
      await first.journal.close();
      const whole = await readFile(path);
      const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1;
      for (let length = 0; length < whole.length; length += 1) {
        await writeFile(path, whole.subarray(0, length));
        const torn = await openMap(path);
        if (length >= lastLine) assert.deepEqual([...torn.state.keys()], ['a'], `cut at ${length}`);
        torn.journal.append(put('next'));
        await torn.journal.close();
        const again = await openMap(path);
        await again.journal.close();
        assert.ok(again.state.has('next'), `cut at ${length}`);
      }
    });
  });

  it('is written anew when most of it is over, and keeps the state and what comes meanwhile', async () => {
    await withDirectory(async (directory) => {
      const path = join(directory, 'journal');
      const { journal, state } = await openMap(path);
      const apply = (record: JournalRecord): void => {
        journal.append(record);
        if (record.t === 'put') state.set(record.m.id, record);
        if (record.t === 'delete') state.delete(record.id);
      };
      let written = 0;
      for (let index = 0; index < 600; index += 1) {
        apply(put(`${index}`, 'x'.repeat(65_536)));
        if (index >= 10) apply({ t: 'delete', q: 'queue', id: `${index - 10}` });
        written += 65_536;
        if (index % 7 === 0) await journal.settled();
      }
      await journal.close();
      const { size } = await stat(path);
      assert.ok(written > 35 * 1_048_576 && size < 18 * 1_048_576, `${size} bytes of ${written}`);
      const again = await openMap(path);
      await again.journal.close();
      assert.deepEqual([...again.state.keys()], [...state.keys()]);
    });
  });

  it('settles while others go on appending', async () => {
    await withDirectory(async (directory) => {
      const { journal } = await openMap(join(directory, 'journal'));
      let on = true;
      const others = (async () => {
        while (on) {
          journal.append(put('other'));
          await new Promise(setImmediate);
        }
      })();
      for (let index = 0; index < 50; index += 1) {
        journal.append(put(`${index}`));
        await journal.settled();
      }
      on = false;
      await others;
      await journal.close();
      await journal.close();
    });
  });
});
