import assert from 'node:assert/strict';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { UsageError } from '@wikifleet/domain/errors';
import { Queue } from './queue.js';
import { receive, startSqs } from './testing/sqs-harness.js';
import type { LoopbackSqs } from './testing/sqs-harness.js';

const NEVER = new AbortController().signal;

describe('Queue', () => {
  let sqs: LoopbackSqs;
  before(async () => {
    sqs = await startSqs();
  });
  after(async () => await sqs.close());

  for (const count of [0, 1, 10, 25]) {
    it(`sends ${count} messages`, async () => {
      const queue = await sqs.makeQueue();
      const bodies = Array.from({ length: count }, (_, i) => `job ${i}`);
      await queue.sendAll(bodies);
      assert.deepEqual(await queue.depth(), { visible: count, inFlight: 0, delayed: 0 });
      const received: string[] = [];
      for (let i = 0; i < 5; i += 1) received.push(...(await receive(queue)).map(({ Body }) => Body ?? ''));
      assert.deepEqual(received.toSorted(), bodies.toSorted());
    });
  }

  it('counts what is in flight, and what is dead', async () => {
    const queue = await sqs.makeQueue();
    await queue.sendAll(['a', 'b']);
    assert.equal((await receive(queue)).length, 2);
    await queue.deadLetter('c', 'CODE', 'why', NEVER);
    assert.deepEqual(await queue.depth(), { visible: 0, inFlight: 2, delayed: 0 });
    assert.deepEqual(await queue.deadLetterDepth(), { visible: 1, inFlight: 0, delayed: 0 });
  });

  const reasons: [what: string, reason: string, stored: RegExp][] = [
    ['plain', 'expected 1, received 2', /^expected 1, received 2$/],
    ['empty', '', /^unknown$/],
    ['only white space', ' \n\t ', /^unknown$/],
    ['with control characters', 'a\u0000b\u001b[31mc\nd', /^a b \[31mc d$/],
    ['beyond the basic plane', 'a 𝒳 b \uD800 c', /^a {3,5}b {3,5}c$/],
    ['very long', 'x'.repeat(100_000), /^x{1000}$/],
  ];
  for (const [what, reason, stored] of reasons) {
    it(`writes a reason that is ${what}`, async () => {
      const queue = await sqs.makeQueue();
      await queue.deadLetter('the body', 'JOB_MALFORMED', reason, NEVER);
      const [message] = await receive(queue, queue.deadLetterUrl);
      assert.equal(message?.Body, 'the body');
      assert.equal(message.MessageAttributes?.['code']?.StringValue, 'JOB_MALFORMED');
      assert.match(message.MessageAttributes['reason']?.StringValue ?? '', stored);
    });
  }

  it('cuts a body that would not fit with its reason, and says so', async () => {
    const queue = await sqs.makeQueue();
    for (const body of ['x'.repeat(1024 * 1024), 'x' + '𝒳'.repeat(100_000)]) {
      await queue.deadLetter(body, 'JOB_MALFORMED', 'y'.repeat(5000), NEVER);
      const [message] = await receive(queue, queue.deadLetterUrl);
      assert.ok(message?.Body !== undefined && message.Body.length > 65_000);
      assert.ok(body.startsWith(message.Body));
      assert.doesNotMatch(message.Body, /\p{Surrogate}/u);
      const reason = message.MessageAttributes?.['reason']?.StringValue ?? '';
      assert.ok(reason.endsWith(`(cut: the body had ${body.length} characters)`), reason);
    }
  });

  it('says at the start that a queue is not there', async () => {
    const queue = Queue.connect({
      url: `${sqs.endpoint}/000000000000/none`,
      deadLetterUrl: '',
      region: 'us-east-1',
      endpoint: sqs.endpoint,
    });
    assert.equal(queue.name, 'none');
    await assert.rejects(
      queue.check(),
      (error) => error instanceof UsageError && error.message.includes('/none cannot'),
    );
    queue.close();
  });

  describe('where SQS takes a part of a batch', () => {
    type Answer = { Successful?: { Id: string }[]; Failed?: { Id: string; Message: string }[] };
    /** A client that answers batches so, and single messages by `single`. */
    function clientOf(batch: Answer, single: (body: string) => void): SQSClient {
      const send = async (command: { input: { Entries?: unknown; MessageBody?: string } }): Promise<unknown> => {
        if (command.input.Entries === undefined) single(command.input.MessageBody ?? '');
        return await Promise.resolve(batch);
      };
      return { send } as unknown as SQSClient;
    }
    const partly: [what: string, batch: Answer, again: string[]][] = [
      ['says which failed', { Successful: [{ Id: '0' }, { Id: '2' }], Failed: [{ Id: '1', Message: 'busy' }] }, ['b']],
      ['says nothing of one', { Successful: [{ Id: '0' }, { Id: '1' }] }, ['c']],
      ['says nothing at all', {}, ['a', 'b', 'c']],
    ];
    for (const [what, batch, again] of partly) {
      it(`sends the rest again when it ${what}`, async () => {
        const sent: string[] = [];
        const queue = new Queue(
          clientOf(batch, (body) => sent.push(body)),
          'url',
          'dead',
        );
        await queue.sendAll(['a', 'b', 'c']);
        assert.deepEqual(sent, again);
      });
    }

    it('throws when it does not take it again', async () => {
      const refuse = (): void => {
        throw new Error('refused');
      };
      const queue = new Queue(clientOf({ Failed: [{ Id: '0', Message: 'no' }] }, refuse), 'url', 'dead');
      await assert.rejects(queue.sendAll(['a']), /refused/);
    });
  });
});
