import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { check, rejectsWith, useSqs } from './sqs-target.js';

const MIB = 1_048_576;

describe('SQS conformance: messages', () => {
  const sqs = useSqs();

  const forbidden: readonly (readonly [string, string])[] = [
    ['NUL', '\u0000'],
    ['vertical tab', '\u000b'],
    ['U+FFFE', '\ufffe'],
    ['U+FFFF', '\uffff'],
  ];
  for (const [name, character] of forbidden)
    check(`body-${name}`, `a body with ${name} is refused`, async () => {
      const { url } = await sqs.newQueue();
      const send = new SendMessageCommand({ QueueUrl: url, MessageBody: `before${character}after` });
      await rejectsWith(sqs.client.send(send), 'InvalidMessageContents');
    });

  check('body-empty', 'an empty body is refused', async () => {
    const { url } = await sqs.newQueue();
    await rejectsWith(sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: '' })), 'MissingParameter');
  });

  check('body-1mib-over', 'a body of 1 MiB and a byte is refused', async () => {
    const { url } = await sqs.newQueue();
    const send = new SendMessageCommand({ QueueUrl: url, MessageBody: 'a'.repeat(MIB + 1) });
    await rejectsWith(sqs.client.send(send), 'InvalidParameterValue');
  });

  check('body-1mib', 'a body of 1 MiB comes back whole', async () => {
    const { url } = await sqs.newQueue();
    const body = 'é'.repeat(MIB / 2);
    await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
    assert.equal((await sqs.receiveOne(url)).Body, body);
  });

  check('size-attributes', 'attributes count towards MaximumMessageSize: name, type and value', async () => {
    const { url } = await sqs.newQueue({ MaximumMessageSize: '1024' });
    const attributes = { name: { DataType: 'String', StringValue: 'v'.repeat(14) } };
    const send = (bytes: number): Promise<unknown> =>
      sqs.client.send(
        new SendMessageCommand({ QueueUrl: url, MessageBody: 'a'.repeat(bytes), MessageAttributes: attributes }),
      );
    await rejectsWith(send(1_001), 'InvalidParameterValue');
    await send(1_000);
  });

  check('round-trip', 'a message comes back with its body, id and digest', async () => {
    const { url } = await sqs.newQueue();
    const body = `{"title":"Ærøskøbing 東京 𝄞"}\t\r\n<&"' \u00a0`;
    const sent = await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
    const md5 = createHash('md5').update(body).digest('hex');
    const { MessageId: id, Body: text, MD5OfBody: digest, ReceiptHandle: handle } = await sqs.receiveOne(url);
    assert.deepEqual({ id, text, digest }, { id: sent.MessageId, text: body, digest: md5 });
    assert.equal(sent.MD5OfMessageBody, md5);
    assert.equal(sent.MD5OfMessageAttributes, undefined);
    assert.ok(handle);
  });

  // digests recorded from AWS itself
  const digests: readonly (readonly [string, Record<string, MessageAttributeValue>])[] = [
    ['a311262e065454b75da111d535b8dacd', { Hello: { DataType: 'String', StringValue: 'There' } }],
    [
      'fca026605781cb4126a1e9044df24232',
      { Hello: { DataType: 'String', StringValue: 'There' }, General: { DataType: 'String', StringValue: 'Kenobi' } },
    ],
    [
      '8cbe4db156db8a94db8b801b7addb984',
      {
        attr1: {
          DataType: 'Binary',
          BinaryValue: Buffer.from('traceparent\u001e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01'),
        },
      },
    ],
  ];
  for (const [digest, attributes] of digests)
    check(
      `attributes-md5-${digest.slice(0, 4)}`,
      'message attributes come back, with the digest AWS gives',
      async () => {
        const { url } = await sqs.newQueue();
        const input = { QueueUrl: url, MessageBody: 'm', MessageAttributes: attributes };
        const sent = await sqs.client.send(new SendMessageCommand(input));
        assert.equal(sent.MD5OfMessageAttributes, digest);
        const message = await sqs.receiveOne(url, 2, { MessageAttributeNames: ['All'] });
        assert.equal(message.MD5OfMessageAttributes, digest);
        const shape = (map: Record<string, MessageAttributeValue> | undefined): unknown =>
          Object.entries(map ?? {})
            .map(([name, value]) => [
              name,
              value.DataType,
              value.StringValue,
              Buffer.from(value.BinaryValue ?? '').toString(),
            ])
            .sort();
        assert.deepEqual(shape(message.MessageAttributes), shape(attributes));
      },
    );

  check(
    'attributes-chosen',
    'only the attributes asked for come, by name or prefix, with a digest of those',
    async () => {
      const { url } = await sqs.newQueue({ VisibilityTimeout: '0' });
      const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });
      const attributes = { Hello: text('There'), General: text('Kenobi'), 'Help.Me': text('Me') };
      await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'm', MessageAttributes: attributes }));
      const cases: readonly (readonly [string[], string[], string | undefined])[] = [
        [[], [], undefined],
        [['Nothing'], [], undefined],
        [['Hello', 'Nothing'], ['Hello'], 'a311262e065454b75da111d535b8dacd'],
        [['Hel.*'], ['Hello', 'Help.Me'], '83fee93c1bcd8b9a5a923ffacdc636c7'],
        [['.*'], ['General', 'Hello', 'Help.Me'], '4c360f3fdafd970e05fae2f149d997f5'],
      ];
      for (const [asked, names, digest] of cases) {
        const message = await sqs.receiveOne(url, 2, { MessageAttributeNames: asked });
        assert.deepEqual(Object.keys(message.MessageAttributes ?? {}).sort(), names, `for ${asked.join()}`);
        assert.equal(message.MD5OfMessageAttributes, digest);
      }
    },
  );

  const badAttributes: readonly (readonly [string, string, MessageAttributeValue])[] = [
    ['reserved', 'AWS.name', { DataType: 'String', StringValue: 'v' }],
    ['period', '.name', { DataType: 'String', StringValue: 'v' }],
    ['type', 'name', { DataType: 'Text', StringValue: 'v' }],
    ['empty', 'name', { DataType: 'String', StringValue: '' }],
    ['number', 'name', { DataType: 'Number', StringValue: 'seven' }],
  ];
  for (const [what, name, value] of badAttributes)
    check(`attribute-bad-${what}`, `a message attribute with a bad ${what} is refused`, async () => {
      const { url } = await sqs.newQueue();
      const input = { QueueUrl: url, MessageBody: 'm', MessageAttributes: { [name]: value } };
      await rejectsWith(sqs.client.send(new SendMessageCommand(input)), 'InvalidParameterValue');
    });

  check('system-attributes', 'system attributes come by their new and their old parameter, or not at all', async () => {
    const { url } = await sqs.newQueue({ VisibilityTimeout: '0' });
    const before = Date.now();
    await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'm' }));
    const first = (await sqs.receiveOne(url)).Attributes ?? {};
    assert.equal(first.ApproximateReceiveCount, '1');
    for (const stamp of [first.SentTimestamp, first.ApproximateFirstReceiveTimestamp])
      assert.ok(Math.abs(Number(stamp) - before) < 5_000, `${stamp}, in Unix milliseconds`);
    assert.ok(first.SenderId);
    const one = await sqs.receiveOne(url, 2, { MessageSystemAttributeNames: ['ApproximateReceiveCount'] });
    assert.deepEqual({ ...one.Attributes }, { ApproximateReceiveCount: '2' });
    // oxlint-disable-next-line typescript/no-deprecated -- the old parameter is what is tested
    const old = await sqs.receiveOne(url, 2, { MessageSystemAttributeNames: [], AttributeNames: ['All'] });
    assert.equal(old.Attributes?.ApproximateReceiveCount, '3');
    assert.equal(old.Attributes.SentTimestamp, first.SentTimestamp);
    const none = await sqs.receiveOne(url, 2, { MessageSystemAttributeNames: [] });
    assert.equal(none.Attributes, undefined);
  });

  check('delay', 'a delayed message comes when its delay is over', async () => {
    const { url } = await sqs.newQueue({ DelaySeconds: '60' });
    await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'queue’s delay' }));
    await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'own', DelaySeconds: 1 }));
    const sent = Date.now();
    assert.deepEqual(await sqs.receive(url), []);
    assert.equal((await sqs.receiveOne(url, 5)).Body, 'own');
    const waited = Date.now() - sent;
    assert.ok(waited > 700 && waited < 30_000, `came after ${waited} ms`);
  });

  for (const delay of [-1, 901])
    check(`delay-${delay}`, `a delay of ${delay} s is refused`, async () => {
      const { url } = await sqs.newQueue();
      const send = new SendMessageCommand({ QueueUrl: url, MessageBody: 'm', DelaySeconds: delay });
      await rejectsWith(sqs.client.send(send), 'InvalidParameterValue');
    });

  const batches: readonly (readonly [string, { Id: string; MessageBody: string }[]])[] = [
    ['EmptyBatchRequest', []],
    ['TooManyEntriesInBatchRequest', Array.from({ length: 11 }, (_, index) => ({ Id: `${index}`, MessageBody: 'm' }))],
    ['BatchEntryIdsNotDistinct', [1, 2].map(() => ({ Id: 'same', MessageBody: 'm' }))],
    ['InvalidBatchEntryId', [{ Id: 'not:an:id', MessageBody: 'm' }]],
    ['BatchRequestTooLong', ['a', 'b'].map((id) => ({ Id: id, MessageBody: 'm'.repeat(MIB / 2 + 1) }))],
  ];
  for (const [code, entries] of batches)
    check(`batch-${code}`, `a batch is refused: ${code}`, async () => {
      const { url } = await sqs.newQueue();
      await rejectsWith(sqs.client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries })), code);
    });

  check('batch-send', 'ten messages go and come in one batch each', async () => {
    const { url } = await sqs.newQueue();
    const entries = Array.from({ length: 10 }, (_, index) => ({ Id: `entry-${index}`, MessageBody: `body ${index}` }));
    const sent = await sqs.client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
    assert.deepEqual(
      sent.Successful?.map((entry) => entry.Id).sort(),
      entries.map((entry) => entry.Id),
    );
    assert.deepEqual(sent.Failed ?? [], []);
    const bodies = new Set<string>();
    while (bodies.size < 10) {
      const messages = await sqs.receive(url, { MaxNumberOfMessages: 10, WaitTimeSeconds: 2 });
      assert.ok(messages.length > 0, `${bodies.size} of 10 came`);
      for (const message of messages) bodies.add(message.Body ?? '');
      const handles = messages.map((message, index) => ({ Id: `${index}`, ReceiptHandle: message.ReceiptHandle }));
      const gone = await sqs.client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: handles }));
      assert.equal(gone.Successful?.length, handles.length);
    }
    assert.equal(
      (await sqs.attributes(url, 'ApproximateNumberOfMessagesNotVisible'))['ApproximateNumberOfMessagesNotVisible'],
      '0',
    );
  });

  check('batch-partial', 'a bad entry fails alone', async () => {
    const { url } = await sqs.newQueue({ MaximumMessageSize: '1024' });
    const entries = [
      { Id: 'good', MessageBody: 'm' },
      { Id: 'delay', MessageBody: 'm', DelaySeconds: 901 },
      { Id: 'characters', MessageBody: '\u0000' },
      { Id: 'size', MessageBody: 'm'.repeat(1_025) },
    ];
    const sent = await sqs.client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: entries }));
    assert.deepEqual(
      sent.Successful?.map((entry) => entry.Id),
      ['good'],
    );
    assert.deepEqual(sent.Failed?.map((entry) => entry.Id).sort(), ['characters', 'delay', 'size']);
    for (const entry of sent.Failed ?? []) assert.ok(entry.Code && entry.Message && entry.SenderFault);
    const { ReceiptHandle: handle } = await sqs.receiveOne(url);
    const handles = [
      { Id: 'good', ReceiptHandle: handle },
      { Id: 'bad', ReceiptHandle: 'no handle' },
    ];
    const gone = await sqs.client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries: handles }));
    assert.deepEqual(
      [gone.Successful?.map((entry) => entry.Id), gone.Failed?.map((entry) => entry.Id), gone.Failed?.[0]?.Code],
      [['good'], ['bad'], 'ReceiptHandleIsInvalid'],
    );
  });

  check('delete', 'a deleted message does not come back, and deleting it again is no error', async () => {
    const { url } = await sqs.newQueue({ VisibilityTimeout: '1' });
    await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'm' }));
    const { ReceiptHandle: handle } = await sqs.receiveOne(url);
    for (let time = 0; time < 2; time += 1)
      await sqs.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle }));
    assert.deepEqual(await sqs.receive(url, { WaitTimeSeconds: 2 }), []);
  });

  check('delete-after-timeout', 'the latest handle deletes after its visibility timeout, too', async () => {
    const { url } = await sqs.newQueue({ VisibilityTimeout: '1' });
    await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'm' }));
    const { ReceiptHandle: handle } = await sqs.receiveOne(url);
    await sleep(1_300);
    await sqs.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle }));
    assert.deepEqual(await sqs.receive(url, { WaitTimeSeconds: 1 }), []);
  });

  check('delete-old-handle', 'a handle of an earlier receive deletes without an error, whatever it does', async () => {
    const { url } = await sqs.newQueue();
    await sqs.client.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'm' }));
    const first = await sqs.receiveOne(url, 2, { VisibilityTimeout: 0 });
    const second = await sqs.receiveOne(url);
    assert.notEqual(second.ReceiptHandle, first.ReceiptHandle);
    await sqs.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first.ReceiptHandle }));
    await sqs.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: second.ReceiptHandle }));
    assert.equal(
      (await sqs.attributes(url, 'ApproximateNumberOfMessagesNotVisible'))['ApproximateNumberOfMessagesNotVisible'],
      '0',
    );
  });

  check('delete-bad-handle', 'what is no handle is ReceiptHandleIsInvalid', async () => {
    const { url } = await sqs.newQueue();
    const call = sqs.client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: 'garbage' }));
    await rejectsWith(call, 'ReceiptHandleIsInvalid');
  });
});
