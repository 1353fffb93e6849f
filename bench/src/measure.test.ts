import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { measure, readOutput } from './measure.js';

const node = (script: string): [string, ...string[]] => [process.execPath, '-e', script];
const MEGABYTES_200 = 'Buffer.alloc(200e6, 1)';

describe('measure', function () {
  before(function () {
    try {
      execFileSync('python3', ['--version'], { stdio: 'ignore' });
    } catch {
      this.skip('python3');
    }
  });

  it('fails with the command and what it says, where the command fails', async () => {
    await assert.rejects(measure(node('console.error("no good"); process.exit(3)'), 1), /received 3: no good/);
    await assert.rejects(measure(['/no/such/program'], 1), /received 127: .*No such file/);
    await assert.rejects(readOutput(node('process.exit(4)'), 'none'), /received 4/);
  });

  it('counts processor time apart from waiting', async () => {
    const used = await measure(node('while (process.cpuUsage().user < 300e3); setTimeout(() => {}, 700)'), 1);
    assert.ok(used.wall > 0.9, `wall ${used.wall}`);
    assert.ok(used.cpu > 0.29 && used.cpu < used.wall - 0.4, `cpu ${used.cpu} of ${used.wall}`);
  });

  it('sees the peak memory, also after it was freed', async () => {
    const small = await measure(node(''), 1);
    const large = await measure(node(`globalThis.x = ${MEGABYTES_200}; x = null; setTimeout(() => {}, 50)`), 1);
    assert.ok(large.peak - small.peak > 180e6, `${large.peak} after ${small.peak}`);
  });

  it('reads gzip of several members', async () => {
    const script =
      'const z = require("zlib"); for (const t of ["a\\nb\\n", "c\\n"]) process.stdout.write(z.gzipSync(t))';
    const plain = await readOutput(node('process.stdout.write("a\\nb\\nc\\n")'), 'none');
    assert.equal(plain.lines, 3);
    assert.deepEqual(await readOutput(node(script), 'gzip'), plain);
  });
});
