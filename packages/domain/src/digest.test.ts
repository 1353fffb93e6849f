import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalJson, digestOf } from './digest.js';

describe('canonicalJson', () => {
  it('has the keys in order, no spaces, and nothing for what is undefined', () => {
    assert.equal(canonicalJson({ b: [1, { d: null, c: 'ä' }], a: undefined }), '{"b":[1,{"c":"ä","d":null}]}');
  });

  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('is the same whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).toReversed());
        assert.equal(canonicalJson(reversed), canonicalJson(value));
      }),
    );
  });
});

describe('digestOf', () => {
  it('is the SHA-256 of the canonical JSON', () => {
    // printf '{"a":1}' | sha256sum
    assert.equal(digestOf({ a: 1 }), '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862');
  });
});
