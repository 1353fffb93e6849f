// Unpacks a bzip2 file through the block chain that conversion uses, to standard output.
// usage: node decode.js FILE
import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { BlockChain } from '@wikifleet/bzip2/block-chain';
import { InlineBlockDecoders } from '@wikifleet/bzip2/block-decoders';

const READ_BYTES = 1024 * 1024;

const handle = await open(process.argv[2] ?? '');
const { size } = await handle.stat();
const decoders = new InlineBlockDecoders();
try {
  const source = handle.createReadStream({ highWaterMark: READ_BYTES, autoClose: false });
  for await (const block of new BlockChain({ source, start: 0, end: size, size, decoders })) {
    for (let bytes = block.read(); bytes !== null; bytes = block.read()) writeAll(bytes);
  }
} finally {
  await handle.close();
}

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}
