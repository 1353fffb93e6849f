import assert from 'node:assert/strict';
import { FleetError } from '@wikifleet/domain/errors';
import { FaultWatch } from './fault-watch.js';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: reason, write`), { code, syscall: 'write' });
}

describe('FaultWatch', () => {
  const table: [error: unknown, says: RegExp | null][] = [
    [systemError('ENOSPC'), /^S3 could not write x: ENOSPC: reason, write\. Make room, and run the same command again/],
    [systemError('EDQUOT'), /Make room/],
    [systemError('EROFS'), /EROFS: reason, write\. Repair that, and run the same command again/],
    [systemError('EIO'), /Repair that/],
    [systemError('EMFILE'), /Allow more open files/],
    [new FleetError('JOURNAL_FAILED', 'journal', { cause: systemError('ENOSPC') }), /ENOSPC/],
    // what a retry may repair
    [systemError('ECONNRESET'), null],
    [systemError('ENOENT'), null],
    [new Error('a bug'), null],
    ['no error', null],
  ];
  for (const [error, says] of table) {
    it(`${says === null ? 'passes over' : 'reports'} ${String(error)}`, () => {
      const faults: FleetError[] = [];
      const watch = new FaultWatch((fault) => faults.push(fault));
      watch.report('S3 could not write x', error);
      if (says === null) assert.deepEqual(faults, []);
      else assert.match(faults[0]?.message ?? '', says);
      assert.equal(watch.first, faults[0]);
    });
  }

  it('reports the first one only', () => {
    const faults: FleetError[] = [];
    const watch = new FaultWatch((fault) => faults.push(fault));
    watch.report('a', systemError('ENOSPC'));
    watch.report('b', systemError('EIO'));
    watch.fail('OTHER', 'c');
    assert.equal(faults.length, 1);
  });
});
