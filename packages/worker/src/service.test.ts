import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import type { LocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { Queue } from '@wikifleet/queue/queue';

// nothing on loopback checks them, but the SDK does not send without
process.env['AWS_ACCESS_KEY_ID'] ??= 'test';
process.env['AWS_SECRET_ACCESS_KEY'] ??= 'test';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

const PROGRAM = fileURLToPath(new URL('testing/program.js', import.meta.url));
const children = new Set<ChildProcess>();

function start(args: readonly string[], environment: Record<string, string> = {}): ChildProcess {
  const child = fork(PROGRAM, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, WIKIFLEET_TEST_PROGRAM: '1', ...environment },
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

describe('runMain', () => {
  const table: [mode: string, code: number, out: string, error: string][] = [
    ['done', 0, 'released\n', ''],
    ['failed', 1, '', ''],
    ['help', 0, 'usage: this\n', ''],
    ['usage', 2, '', 'wikifleet: used wrongly\nwikifleet: does not close\n'],
    ['permanent', 1, '', 'wikifleet: never\n'],
    ['unexpected', 1, 'released\n', 'wikifleet: nobody expected this\n'],
    ['text', 1, '', 'wikifleet: only text\n'],
    ['unclosed', 1, '', 'wikifleet: does not close\n'],
  ];
  it('ends with a code and a line for each way to end', async () => {
    await Promise.all(
      table.map(async ([mode, code, out, error]) => {
        const child = start([mode], { WIKIFLEET_LOG_LEVEL: 'info' });
        assert.ok(child.stdout && child.stderr);
        const exit = once(child, 'exit');
        const said = await Promise.all([text(child.stdout), text(child.stderr)]);
        assert.deepEqual([mode, (await exit)[0], ...said], [mode, code, out, error]);
      }),
    );
  });

  it('cuts off what keeps a program open after its end, with its code and a line', async () => {
    const child = start(['leaking']);
    assert.ok(child.stderr);
    const exit = once(child, 'exit');
    assert.match(await text(child.stderr), /^wikifleet: cut off 300 ms after its end; still open: .*Timeout/);
    assert.equal((await exit)[0], 0);
  });

  it('shows a stack only for what nobody expected, and only when asked', async () => {
    const child = start(['unexpected'], { WIKIFLEET_LOG_LEVEL: 'debug' });
    assert.ok(child.stderr);
    assert.match(await text(child.stderr), /^wikifleet: nobody expected this\nTypeError: TypeError: .*\n {4}at /);
    const permanent = start(['permanent'], { WIKIFLEET_LOG_LEVEL: 'debug' });
    assert.ok(permanent.stderr);
    assert.equal(await text(permanent.stderr), 'wikifleet: never\n');
  });
});

describe('runService', () => {
  let directory: string;
  let cloud: LocalCloud;
  let queue: Queue;
  let count = 0;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'wikifleet-worker-'));
    cloud = await startLocalCloud({ directory, port: 0 });
  });
  beforeEach(async () => {
    count += 1;
    const url = `${cloud.endpoint}/000000000000/jobs-${count}`;
    queue = Queue.connect({ url, deadLetterUrl: url, region: 'us-east-1', endpoint: cloud.endpoint });
    await queue.client.send(new CreateQueueCommand({ QueueName: `jobs-${count}` }));
  });
  afterEach(() => {
    queue.close();
    for (const child of children) child.kill('SIGKILL');
  });
  after(async () => {
    await cloud.close();
    await rm(directory, { recursive: true });
  });

  interface Running {
    readonly child: ChildProcess;
    /** Resolves when the log has said so. */
    readonly said: (event: string) => Promise<void>;
    /** The exit code, and how many milliseconds after `began` it came. */
    readonly ended: (began: number) => Promise<{ code: number | null; ms: number }>;
    readonly events: string[];
  }

  const run = (graceMs: number, delayMs = 0): Running => {
    const child = start(['service', queue.url, cloud.endpoint, String(graceMs), String(delayMs)]);
    const events: string[] = [];
    assert.ok(child.stdout && child.stderr);
    const lines = createInterface({ input: child.stdout });
    const waiting: (() => void)[] = [];
    lines.on('line', (line) => {
      events.push((JSON.parse(line) as { event: string }).event);
      for (const wake of waiting.splice(0)) wake();
    });
    child.stderr.pipe(process.stderr);
    const exit = once(child, 'exit');
    return {
      child,
      events,
      said: async (event) => {
        while (!events.includes(event)) await new Promise<void>((resolve) => void waiting.push(resolve));
      },
      ended: async (began) => {
        const [code] = (await exit) as [number | null];
        return { code, ms: Date.now() - began };
      },
    };
  };

  it('ends at once by SIGTERM when it is idle', async () => {
    const { child, said, ended, events } = run(60_000);
    await said('started');
    const began = Date.now();
    child.kill('SIGTERM');
    const { code, ms } = await ended(began);
    assert.equal(code, 0);
    assert.ok(ms < 30_000, `${ms} ms, where its grace is 60 s`);
    assert.equal(events.at(-1), 'stopped');
  });

  it('lets a job end by SIGINT within its grace, and begins no other', async () => {
    await queue.sendAll(['short', 'short', 'short']);
    const { child, said, ended, events } = run(60_000);
    await said('job begun');
    child.kill('SIGINT');
    assert.equal((await ended(Date.now())).code, 0);
    const begun = events.filter((event) => event === 'job begun').length;
    assert.ok(begun >= 1 && begun <= 2);
    const { visible, inFlight } = await queue.depth();
    assert.equal(visible + inFlight, 3 - begun);
  });

  it('hands back by SIGTERM what does not end within its grace', async () => {
    await queue.sendAll(['long']);
    const { child, said, ended, events } = run(200);
    await said('job begun');
    const began = Date.now();
    child.kill('SIGTERM');
    const { code, ms } = await ended(began);
    assert.equal(code, 0);
    assert.ok(ms >= 200 && ms < 30_000, `${ms} ms`);
    assert.ok(events.includes('job handed back'));
    assert.deepEqual(await queue.depth(), { visible: 1, inFlight: 0, delayed: 0 });
  });

  it('is hurried by a second signal', async () => {
    await queue.sendAll(['long']);
    const { child, said, ended, events } = run(60_000);
    await said('job begun');
    child.kill('SIGTERM');
    await said('stop requested');
    const began = Date.now();
    child.kill('SIGTERM');
    assert.equal((await ended(began)).code, 0);
    assert.ok(events.includes('stop hurried'));
    assert.equal((await queue.depth()).visible, 1);
  });

  it('ends with the program that started it, busy or not', async () => {
    await queue.sendAll(['long']);
    const { child, said, ended } = run(100);
    await said('job begun');
    const began = Date.now();
    child.disconnect();
    const { code, ms } = await ended(began);
    assert.equal(code, 0);
    assert.ok(ms < 30_000, `${ms} ms`);
    assert.equal((await queue.depth()).visible, 1);
  });

  it('ends loudly when nothing is heard from its queue, not even an error', async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = start(['service', `${endpoint}/q`, endpoint, '60000', '0', '200']);
    try {
      assert.ok(child.stdout && child.stderr);
      const exit = once(child, 'exit');
      const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
      assert.equal((await exit)[0], 1);
      assert.match(error, /^wikifleet: nothing was heard from the queue.*\n$/);
      assert.match(out, /"event":"service broken","code":"POLLING_SILENT"/);
      assert.match(out, /"event":"stopped"/);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });

  it('ends when the program that started it was gone before it began', async () => {
    const { child, ended, events } = run(60_000, 300);
    child.disconnect();
    assert.equal((await ended(Date.now())).code, 0);
    assert.deepEqual(events, ['stop requested', 'started', 'stopped']);
  });
});
