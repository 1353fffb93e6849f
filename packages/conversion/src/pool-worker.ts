import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { BlockDecoder } from '@wikifleet/bzip2/block-decoder';
import { BatchConverter } from '@wikifleet/mediawiki/batch-converter';
import { answerBatch, movedOf } from './answer-batch.js';
import { answerBlock } from './answer-block.js';
import { answerMember } from './answer-member.js';
import type { BatchRequest } from './batch-messages.js';
import type { BlockRequest } from './block-messages.js';
import { MemberEncoders } from './member-encoders.js';
import type { MemberRequest } from './member-pool.js';
import type { ThreadReply, ThreadRequest } from './pool-thread.js';
import { TextColumnsCache } from './text-columns.js';

const decoder = new BlockDecoder();
const converter = new BatchConverter();
const texts = new TextColumnsCache();
const blocks: BlockRequest[] = [];
const batches: BatchRequest[] = [];
const encoders = new MemberEncoders();
const members: MemberRequest[] = [];

const port = parentPort;
if (port === null) throw new Error('pool-worker runs in a worker thread');

port.on('message', (request: ThreadRequest) => {
  take(request);
  while (workOnce()) takeAll();
});

function take(request: ThreadRequest): void {
  if (request.kind === 'block') blocks.push(request.request);
  else if (request.kind === 'batch') batches.push(request.request);
  else members.push(request.request);
}

function takeAll(): void {
  for (let next = receiveMessageOnPort(port!); next !== undefined; next = receiveMessageOnPort(port!))
    take(next.message as ThreadRequest);
}

/** Batches, then members, then blocks: the first two free memory, and the caller may wait for them. */
function workOnce(): boolean {
  const batch = batches.shift();
  if (batch !== undefined) {
    const reply = answerBatch(converter, texts, batch);
    answer({ kind: 'batch', reply }, movedOf(reply));
    return true;
  }
  const member = members.shift();
  if (member !== undefined) {
    const reply = answerMember(encoders, member);
    answer({ kind: 'member', reply }, reply.kind === 'error' ? [] : [reply.reply.bytes.buffer, reply.reply.memory]);
    return true;
  }
  const block = blocks.shift();
  if (block === undefined) return false;
  const reply = answerBlock(decoder, block);
  answer({ kind: 'block', reply }, [reply.buffers.input, reply.buffers.output]);
  return true;
}

function answer(reply: ThreadReply, moved: ArrayBuffer[]): void {
  port!.postMessage(reply, moved);
}
