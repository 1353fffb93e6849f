import assert from 'node:assert/strict';
import { LookPacer } from './look-pacer.js';

const RUN = 'articles/twiki/2026-10-01';

describe('LookPacer', () => {
  /** What one look after so many milliseconds reads: the names, `all` or nothing; a look at all runs takes `lookMs`. */
  const paced = (lookMs = 0) => {
    let clock = 0;
    const pacer = new LookPacer(() => clock);
    const look = async (afterMs: number, isEmptied = false): Promise<readonly string[] | 'all' | null> => {
      clock += afterMs;
      let looked: readonly string[] | 'all' | null = null;
      await pacer.look(isEmptied, async (names) => {
        looked = names === undefined ? 'all' : [...names];
        if (names === undefined) clock += lookMs;
        await Promise.resolve();
      });
      return looked;
    };
    return { pacer, look };
  };

  it('looks at no run while the logs say nothing decisive', async () => {
    const { pacer, look } = paced();
    pacer.take({ event: 'split_converted', run: RUN });
    pacer.take({ event: 'file_closed', run: RUN });
    assert.equal(await look(300), null);
  });

  for (const event of ['run_closed', 'file_failed', 'job given up']) {
    it(`looks at the run of ${event}, once`, async () => {
      const { pacer, look } = paced();
      pacer.take({ event, run: RUN });
      pacer.take({ event, run: 17 });
      pacer.take({ event });
      assert.deepEqual(await look(300), [RUN]);
      assert.equal(await look(300), null);
    });
  }

  it('looks at all runs every two seconds, since a log may lack a line', async () => {
    const { look } = paced();
    assert.equal(await look(1999), null);
    assert.equal(await look(1), 'all');
    assert.equal(await look(1999), null);
    assert.equal(await look(1), 'all');
  });

  it('looks at all runs less often where a look takes long', async () => {
    const { look } = paced(1000);
    assert.equal(await look(2000), 'all');
    assert.equal(await look(9999), null);
    assert.equal(await look(1), 'all');
  });

  it('looks at all runs each time while the queues are empty: nobody logs any more', async () => {
    const { look } = paced(1000);
    assert.equal(await look(300, true), 'all');
    assert.equal(await look(300, true), 'all');
  });
});
