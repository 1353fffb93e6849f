import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { FIXTURES, SAMPLES, inFolder, run } from './programs.js';

const SMALL = join(FIXTURES, 'dumps/aawiki-20260101-pages-meta-current.xml.bz2');
/** Rows of more than one member, where it is there. */
const LARGE = join(SAMPLES, 'multistream/elwikivoyage-sample-multistream.xml.bz2');

/** Who else reads the format, with what it says to a sound file and how it unpacks one. */
const READERS = [
  { compression: 'gzip', test: ['gzip', '-t'], unpack: ['gzip', '-dc'] },
  { compression: 'zstd', test: ['zstd', '-tq'], unpack: ['zstd', '-dcq'] },
] as const;

describe('compressed rows, read by others', function () {
  for (const { compression, test, unpack } of READERS) {
    const [program] = test;
    const missing = compression === 'zstd' && typeof zlib.zstdCompress !== 'function';
    const reason = missing
      ? 'zstd in node:zlib (Node 22.15 or later)'
      : spawnSync(program, ['--version']).error && program;
    it(`${compression}: ${program} finds no fault and unpacks the same rows`, async function () {
      if (reason) this.skip(reason);
      await inFolder(async (folder) => {
        const [plain, packed] = [join(folder, 'rows.jsonl'), join(folder, 'rows.packed')];
        const file = existsSync(LARGE) ? LARGE : SMALL;
        const convert = async (as: string, out: string): Promise<void> => {
          const { code, stderr } = await run('wikifleet/dist/convert.js', [file, '--compression', as, '--out', out]);
          assert.equal(code, 0, stderr);
        };
        await convert('none', plain);
        await convert(compression, packed);
        // from its standard input: gzip asks for its own ending in a name
        const input = await readFile(packed);
        const tested = spawnSync(program, test.slice(1), { input });
        assert.equal(tested.status, 0, tested.stderr.toString());
        const unpacked = spawnSync(unpack[0], unpack.slice(1), { input, maxBuffer: 256 * 1024 * 1024 });
        assert.equal(unpacked.status, 0, unpacked.stderr.toString());
        assert.ok(unpacked.stdout.equals(await readFile(plain)));
        // and finds one where there is one
        assert.notEqual(spawnSync(program, test.slice(1), { input: input.subarray(0, -9) }).status, 0);
      });
    });
  }
});
