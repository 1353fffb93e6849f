import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FleetError } from '@wikifleet/domain/errors';

const PAGES_PER_STREAM = 100;

/** Pages in streams of a hundred, as in the multistream dumps, each packed by the system's bzip2. */
export async function packInStreams(pages: readonly Buffer[]): Promise<Buffer[]> {
  const streams: Buffer[] = [];
  for (let i = 0; i < pages.length; i += PAGES_PER_STREAM) {
    streams.push(await packBytes(Buffer.concat(pages.slice(i, i + PAGES_PER_STREAM))));
  }
  return streams;
}

/** One bzip2 stream of these bytes. */
export async function packBytes(bytes: Buffer): Promise<Buffer> {
  const packed: Buffer[] = [];
  await throughBzip2(['-9c'], [bytes], async (stdout) => {
    for await (const chunk of stdout) packed.push(chunk as Buffer);
  });
  return Buffer.concat(packed);
}

/** One bzip2 stream of all these bytes, into a file. */
export async function packFile(path: string, chunks: Iterable<Buffer>): Promise<void> {
  await throughBzip2(['-9c'], chunks, async (stdout) => await pipeline(stdout, createWriteStream(path)));
}

/** What a bzip2 file holds; throws where it is damaged. */
export async function unpackFile(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await throughBzip2(['-dc', path], [], async (stdout) => {
    for await (const chunk of stdout) chunks.push(chunk as Buffer);
  });
  return Buffer.concat(chunks);
}

async function throughBzip2(
  args: readonly string[],
  input: Iterable<Buffer>,
  take: (stdout: Readable) => Promise<void>,
): Promise<void> {
  const child = spawn('bzip2', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const given = pipeline(Readable.from(input, { objectMode: true }), child.stdin);
  const [exit] = await Promise.all([ended, given, take(child.stdout)]);
  if (exit !== 0) {
    throw new FleetError('BZIP2_FAILED', `bzip2 ${args.join(' ')}: expected exit code 0, received ${exit}`);
  }
}
