import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

/** Reads lines of base64, writes for each what libbz2 makes of it: base64, or `-` where it is refused. */
const PYTHON = `
import base64, bz2, sys
for line in sys.stdin:
    decoder = bz2.BZ2Decompressor()
    try:
        out = decoder.decompress(base64.b64decode(line), 1 << 26)
        print(base64.b64encode(out).decode() if decoder.eof else '-')
    except OSError:
        print('-')
`;

const hasPython = spawnSync('python3', ['-c', 'import bz2']).status === 0;
const hasBzip2 = spawnSync('bzip2', ['--help']).status === 0;

/** For a test's title, where libbz2 cannot be asked. */
export const WITHOUT_LIBBZ2 = hasPython ? null : 'python3 with its module bz2';
export const WITHOUT_BZIP2 = hasBzip2 || hasPython ? null : 'bzip2 or python3';

/** What libbz2 decodes the first stream of each input to; null for what it refuses. */
export function libbz2(inputs: readonly Uint8Array[]): (Buffer | null)[] {
  const input = inputs.map((bytes) => `${Buffer.from(bytes).toString('base64')}\n`).join('');
  const result = spawnSync('python3', ['-c', PYTHON], { input, maxBuffer: 2 ** 30, encoding: 'latin1' });
  assert.equal(result.status, 0, result.stderr);
  const lines = result.stdout.split('\n').slice(0, inputs.length);
  return lines.map((line) => (line === '-' ? null : Buffer.from(line, 'base64')));
}

/** All streams of a whole file, by `bzip2 -dc`, or Python where that is not installed. */
export function bzip2(input: Uint8Array): Buffer {
  const [command, args] = hasBzip2
    ? ['bzip2', ['-dc']]
    : ['python3', ['-c', 'import bz2,sys; sys.stdout.buffer.write(bz2.decompress(sys.stdin.buffer.read()))']];
  const result = spawnSync(command, args, { input, maxBuffer: 2 ** 30 });
  assert.equal(result.status, 0, result.stderr.toString());
  return result.stdout;
}
