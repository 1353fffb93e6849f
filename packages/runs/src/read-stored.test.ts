import assert from 'node:assert/strict';
import { z } from 'zod';
import { readStored, replacing } from './read-stored.js';
import { overriding, startMemoryS3 } from './testing/runs-harness.js';
import type { Loopback } from './testing/runs-harness.js';

const schema = z.strictObject({ by: z.string() });

describe('readStored', () => {
  let s3: Loopback;
  before(() => {
    s3 = startMemoryS3();
  });
  after(async () => await s3.close());

  it('says of an object that is absent, valid or malformed which condition replaces it', async () => {
    assert.deepEqual(await readStored(s3.store, 'absent.json', schema), { state: 'absent' });
    await s3.store.putJson('valid.json', { by: 'me' });
    const valid = await readStored(s3.store, 'valid.json', schema);
    assert.equal(valid.state, 'valid');
    await s3.store.put('malformed.json', '{');
    const malformed = await readStored(s3.store, 'malformed.json', schema);
    assert.equal(malformed.state, 'malformed');
    assert.equal(await s3.store.putJson('malformed.json', { by: 'me' }, replacing(malformed)), true);
  });

  it('never takes what replaced a malformed object for that object', async () => {
    await s3.store.put('raced.json', '{');
    let raced = false;
    const racing = overriding(s3.store, {
      head: async (...call) => {
        // another repair is faster between the reading and the HEAD
        if (!raced) await s3.store.putJson('raced.json', { by: 'another' });
        raced = true;
        return await s3.store.head(...call);
      },
    });
    const read = await readStored(racing, 'raced.json', schema);
    assert.ok(read.state === 'valid');
    assert.deepEqual(read.value, { by: 'another' });
  });
});
