import assert from 'node:assert/strict';
import { BOMB, EMPTY } from './testing/fixtures.js';

describe('the fixtures', () => {
  it('are as small as they say', () => {
    assert.equal(EMPTY.toString('hex'), '425a683917724538509000000000');
    assert.ok(BOMB.bz2.length < 50);
  });
});
