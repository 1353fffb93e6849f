import assert from 'node:assert/strict';
import { createLog } from './log.js';

describe('createLog', () => {
  it('writes nothing that a terminal obeys or hides, and readers of the JSON get the same values', () => {
    const lines: string[] = [];
    const log = createLog('test', 'info', { write: (line) => void lines.push(line) });
    const hostile = '\u001b[2J\u0085\u009b31m\u007f\u202eabc\u2066\u200b\ufeff\u2028\ud800\u{e0041}\n{"level":"fatal"}';
    log.warn({ event: 'hostile', [hostile]: hostile, nested: [{ hostile }] }, hostile);
    log.error({ err: new Error(hostile) });
    assert.equal(lines.length, 2);
    for (const line of lines) {
      assert.ok(line.endsWith('}\n'), 'a line each');
      assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
    }
    const value = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    assert.equal(value['msg'], hostile);
    assert.equal(value[hostile], hostile);
    assert.deepEqual(value['nested'], [{ hostile }]);
  });
});
