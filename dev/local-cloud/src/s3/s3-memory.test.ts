import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const CHILD = `
  import { createServer } from 'node:http';
  const { S3Service } = await import(process.argv[1]);
  const service = await S3Service.open({ directory: process.argv[2] });
  const server = createServer((request, response) => void service.handle(request, response));
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
`;
const SIZE = 300 * 1024 * 1024;
const PIECE = Buffer.alloc(1024 * 1024, 'a row of a dump ');
/** Over what an idle process has; some of it is garbage that nobody collected yet. */
const MOST_BYTES = 80_000_000;

describe('S3Service and large objects', function () {
  it('puts and gets 300 MB without holding them (Linux only: elsewhere the peak is not told)', async function () {
    if (process.platform !== 'linux') return this.skip('Linux');
    const directory = await mkdtemp(join(tmpdir(), 'wikifleet-s3-'));
    const args = ['--input-type=module', '-e', CHILD, new URL('./s3-service.js', import.meta.url).href, directory];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [port] = (await once(child.stdout, 'data')) as [Buffer];
      const call = async (method: string, path: string, body?: Iterable<Buffer>): Promise<number> => {
        const headers = body === undefined ? {} : { 'content-length': SIZE };
        const request = httpRequest({
          host: '127.0.0.1',
          port: Number(port.toString()),
          agent: false,
          method,
          path,
          headers,
        });
        const answered = once(request, 'response') as Promise<[IncomingMessage]>;
        await pipeline(body === undefined ? [] : Readable.from(body, { objectMode: false }), request);
        const [response] = await answered;
        assert.equal(response.statusCode, 200);
        let bytes = 0;
        for await (const chunk of response as AsyncIterable<Buffer>) bytes += chunk.length;
        return bytes;
      };
      await call('PUT', '/big');
      const idle = await peakOf(child.pid);
      await call('PUT', '/big/object', pieces());
      assert.equal(await call('GET', '/big/object'), SIZE);
      const peak = await peakOf(child.pid);
      assert.ok(
        peak - idle < MOST_BYTES,
        `the peak is ${peak - idle} bytes over the idle ${idle}, at most ${MOST_BYTES}`,
      );
    } finally {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await rm(directory, { recursive: true });
    }
  });
});

function* pieces(): Generator<Buffer> {
  for (let sent = 0; sent < SIZE; sent += PIECE.length) yield PIECE;
}

/** The most memory that the process ever had resident, in bytes. */
async function peakOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
