import assert from 'node:assert/strict';
import { checkProgram } from './check-program.js';
import type { Check } from './check-program.js';

/** What it prints, and what it returns. */
async function checked(checks: readonly Check[], seconds?: number): Promise<{ code: number; out: string }> {
  let out = '';
  const code = await checkProgram(checks, seconds, (line) => {
    out += `${line}\n`;
  });
  return { code, out };
}

const good = (name: string): Check => ({ name, run: async () => await Promise.resolve('reached') });

describe('checkProgram', () => {
  it('says each in a line, in their order, and succeeds when all do', async () => {
    assert.deepEqual(await checked([good('bucket b'), good('queue q')]), {
      code: 0,
      out: 'ok    bucket b: reached\nok    queue q: reached\n',
    });
  });

  it('fails when one fails, and makes the others all the same', async () => {
    const bad: Check = { name: 'queue q', run: async () => await Promise.reject(new Error('no\n  way')) };
    assert.deepEqual(await checked([bad, good('bucket b')]), {
      code: 1,
      out: 'fail  queue q: no way\nok    bucket b: reached\n',
    });
  });

  it('waits no longer than it may, also for what heeds no signal', async () => {
    let aborted = false;
    const stuck: Check = {
      name: 'mirrors',
      run: async (signal) => {
        signal.addEventListener('abort', () => (aborted = true));
        return await new Promise<string>(() => {});
      },
    };
    const { code, out } = await checked([stuck], 0.05);
    assert.deepEqual([code, out, aborted], [1, 'fail  mirrors: no answer within 0.05 s\n', true]);
  });
});
