import assert from 'node:assert/strict';
import { WITHOUT_LIBBZ2, libbz2 } from './testing/libbz2.js';

describe('libbz2, as the tests ask it', () => {
  it('tells what it decodes from what it refuses', function () {
    if (WITHOUT_LIBBZ2 !== null) {
      return this.skip(WITHOUT_LIBBZ2);
    }
    const empty = Buffer.from('QlpoORdyRThQkAAAAAA=', 'base64');
    assert.deepEqual(libbz2([empty, empty.subarray(0, 13), Buffer.from('no')]), [Buffer.alloc(0), null, null]);
  });
});
