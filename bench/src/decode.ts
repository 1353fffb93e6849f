// Unpacks a bzip2 file through the block chain that conversion uses, to standard output.
// usage: node decode.js FILE
import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { BlockChain } from '@wikifleet/conversion/block-chain';
import { openBlockPool } from '@wikifleet/conversion/block-pool';

const READ_BYTES = 1024 * 1024;

const handle = await open(process.argv[2] ?? '');
const { size } = await handle.stat();
const pool = openBlockPool(1);
try {
  const source = handle.createReadStream({ highWaterMark: READ_BYTES, autoClose: false });
  for await (const block of new BlockChain({ source, start: 0, end: size, size, pool })) {
    for (let bytes = block.read(); bytes !== null; bytes = block.read()) writeAll(bytes);
  }
} finally {
  await pool.close();
  await handle.close();
}

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}
