import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileDigests } from './file-digests.js';

/** Files that were changed a moment ago are not remembered. */
const SETTLED_MS = 2100;

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

describe('FileDigests', function () {
  let folder: string;
  let file: string;
  let cache: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-digests-'));
    [file, cache] = [join(folder, 'dump.xml'), join(folder, 'digests.json')];
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  /** The digest, and whether it came from the cache: a stored digest that is made wrong is seen. */
  async function digest(): Promise<string> {
    const digests = await FileDigests.open(cache);
    const { sha256: found } = await digests.of(file);
    await digests.save();
    return found;
  }

  async function poison(): Promise<void> {
    const text = await readFile(cache, 'utf8');
    await writeFile(cache, text.replaceAll(/"sha256":"[0-9a-f]{64}"/g, `"sha256":"${'0'.repeat(64)}"`));
  }

  it('remembers a file that did not change, and reads one again that has the same size and modification time', async () => {
    await writeFile(file, 'Hello');
    await sleep(SETTLED_MS);
    assert.equal(await digest(), sha256('Hello'));
    await poison();
    assert.equal(await digest(), '0'.repeat(64), 'not read again');
    const time = new Date('2026-01-01');
    await writeFile(file, 'World');
    await utimes(file, time, time);
    assert.equal(await digest(), sha256('World'));
  });

  it('does not remember a file that was changed a moment before it was read', async () => {
    await writeFile(file, 'Hello');
    assert.equal(await digest(), sha256('Hello'));
    await poison();
    assert.equal(await digest(), sha256('Hello'));
  });

  it('reads all files again where the cache is damaged', async () => {
    for (const text of ['', '{', '[]', '{"version":2,"files":{}}', '{"version":1,"files":{"x":1}}']) {
      await writeFile(file, 'Hello');
      await writeFile(cache, text);
      assert.equal(await digest(), sha256('Hello'));
    }
  });

  it('throws where the file changes while it is read', async () => {
    await writeFile(file, 'x'.repeat(5_000_000));
    const digests = await FileDigests.open(cache);
    let appended: Promise<void> | undefined;
    const onBytes = (): void => void (appended ??= appendFile(file, 'y'));
    await assert.rejects(digests.of(file, onBytes), {
      code: 'FILE_CHANGED',
      message: /dump\.xml changed while it was read/,
    });
    await appended;
  });
});
