import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { MetricDatum, PutMetric } from '@wikifleet/queue/publish-outstanding';
import { Queue } from '@wikifleet/queue/queue';
import { pino } from 'pino';
import { DepthPublisher, depthLog } from './depth-publisher.js';

/** A queue whose depth is known without a server: what is tested is what is said, and when. */
class StillQueue extends Queue {
  constructor(name: string) {
    super(new SQSClient({ region: 'us-east-1' }), `http://127.0.0.1:9/0/${name}`, 'http://127.0.0.1:9/0/dead');
  }
  override async depth(): Promise<{ visible: number; inFlight: number; delayed: number }> {
    return await Promise.resolve({ visible: 1, inFlight: 1, delayed: 0 });
  }
}

function opened(put: PutMetric, options: ConstructorParameters<typeof DepthPublisher>[3]) {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const queues = [new StillQueue('one'), new StillQueue('two')];
  return { lines, queues, publisher: new DepthPublisher(queues, put, depthLog(log), options) };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

describe('DepthPublisher', function () {
  it('never throws, says a failure once, and again after it worked', async () => {
    let fails = true;
    const put = async (): Promise<void> => {
      await Promise.resolve();
      if (fails) throw new Error('AccessDenied');
    };
    const { lines, publisher } = opened(put, {});
    const warned = (): number => lines.filter(({ event }) => event === 'depth not published').length;
    await publisher.publishAll();
    await publisher.publishAll();
    assert.equal(warned(), 1);
    fails = false;
    await publisher.publishAll();
    fails = true;
    await publisher.publishAll();
    assert.equal(warned(), 2);
    await publisher.close();
  });

  it('gives up a call that hangs, and does not pile up more of them', async () => {
    let calls = 0;
    const put = async (_: MetricDatum, signal: AbortSignal): Promise<void> => {
      calls += 1;
      await sleep(60_000, undefined, { signal });
    };
    const { lines, publisher } = opened(put, { everyMs: 10, callMs: 10_000 });
    await until(() => calls === 2);
    await sleep(60);
    assert.equal(calls, 2, 'one for each queue');
    await publisher.close();
    assert.deepEqual(lines, [], 'a stop is no failure');
    await publisher.publishAll();
    assert.equal(calls, 2, 'closed');
    await publisher.close();

    const late = opened(put, { callMs: 20 });
    await late.publisher.publishAll();
    assert.equal(late.lines[0]?.['event'], 'depth not published');
    await late.publisher.close();
  });

  it('publishes all queues so often, and one when asked with what was just sent', async () => {
    const data: [string | undefined, number][] = [];
    const put = async (datum: MetricDatum): Promise<void> => {
      await Promise.resolve();
      data.push([datum.Dimensions[0]?.Value, datum.Value]);
    };
    const { publisher, queues } = opened(put, { everyMs: 20 });
    await until(() => data.length >= 4);
    await publisher.close();
    assert.deepEqual(data.slice(0, 2).toSorted(), [
      ['one', 2],
      ['two', 2],
    ]);
    const asked = opened(put, {});
    await asked.publisher.publish(queues[0] as Queue, 71);
    assert.deepEqual(data.at(-1), ['one', 71]);
    await asked.publisher.close();
  });

  it('waits for a time without a touch, and begins no timer anew once it is closed', async () => {
    let calls = 0;
    const put = async (): Promise<void> => await Promise.resolve(void (calls += 1));
    const { publisher } = opened(put, { everyMs: 1000 });
    for (let i = 0; i < 15; i += 1) {
      await sleep(100);
      publisher.touch();
    }
    assert.equal(calls, 0, 'something happened all the time');
    await until(() => calls > 0);
    await sleep(20);
    assert.equal(calls, 2, 'one for each queue');
    await publisher.close();
    publisher.touch();
    await sleep(1200);
    assert.equal(calls, 2);
  });
});
