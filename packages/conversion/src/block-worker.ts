import { parentPort } from 'node:worker_threads';
import { BlockDecoder } from '@wikifleet/bzip2/block-decoder';
import { answerBlock } from './answer-block.js';
import type { BlockRequest } from './block-messages.js';

const decoder = new BlockDecoder();

const port = parentPort;
if (port === null) throw new Error('block-worker runs in a worker thread');

port.on('message', (request: BlockRequest) => {
  const reply = answerBlock(decoder, request);
  const transferred = reply.output === undefined ? [] : [reply.output];
  if (reply.kind === 'large') transferred.push(reply.request.input.buffer);
  port.postMessage(reply, transferred);
});
