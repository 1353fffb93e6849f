import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { mock } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLog } from './log.js';
import { TaskProtection } from './task-protection.js';
import type { TaskProtectionOptions } from './task-protection.js';

interface Call {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly body: unknown;
}

type Reply = (response: ServerResponse, enabled: boolean) => void;

/** As the agent answers. */
const good: Reply = (response, enabled) => {
  const protection = { ProtectionEnabled: enabled, ExpirationDate: '2026-10-01T00:00:00Z', TaskArn: 'arn:aws:ecs:x' };
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ protection }));
};
const refuse =
  (status: number, body: string): Reply =>
  (response) => {
    response.statusCode = status;
    response.end(body);
  };
const blocked = refuse(
  400,
  JSON.stringify({ failure: { Arn: 'arn:aws:ecs:x', Reason: 'DEPLOYMENT_BLOCKED', Detail: 'a deployment waits' } }),
);

describe('TaskProtection', function () {
  let server: Server;
  let agentUri: string;
  let reply: Reply;
  let calls: Call[];
  let lines: Record<string, unknown>[];
  let protection: TaskProtection | undefined;

  before(async () => {
    const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const body = JSON.parse(await text(request)) as { ProtectionEnabled: boolean };
      calls.push({ method: request.method, url: request.url, body });
      reply(response, body.ProtectionEnabled);
    };
    server = createServer((request, response) => void serve(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    agentUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/task`;
  });
  beforeEach(() => {
    reply = good;
    calls = [];
    lines = [];
  });
  afterEach(async () => {
    reply = good;
    await protection?.close();
    protection = undefined;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const make = (options: TaskProtectionOptions = {}, uri = agentUri): TaskProtection => {
    const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
    protection = new TaskProtection(uri, createLog('test', 'info', { write }), { idleMs: 50, callMs: 500, ...options });
    return protection;
  };
  const states = (): unknown[] => calls.map(({ body }) => (body as { ProtectionEnabled: boolean }).ProtectionEnabled);

  /** Waits until the agent has heard so many calls. */
  async function heard(howMany: number): Promise<void> {
    while (calls.length < howMany) await sleep(5);
  }

  it('is on before the work begins, and released when the task is idle', async () => {
    const task = make();
    await task.enter();
    assert.deepEqual(
      calls.map(({ method, url, body }) => [method, url, body]),
      [['PUT', '/api/task/task-protection/v1/state', { ProtectionEnabled: true, ExpiresInMinutes: 15 }]],
    );
    task.leave();
    await heard(2);
    assert.deepEqual(calls.at(-1)?.body, { ProtectionEnabled: false });
    await task.close();
    await task.close();
    assert.deepEqual(states(), [true, false]);
    assert.deepEqual(lines, []);
  });

  it('is kept from job to job, and through several at once', async () => {
    const task = make({ idleMs: 60_000 });
    for (let job = 0; job < 5; job += 1) {
      await task.enter();
      await task.enter();
      task.leave();
      task.leave();
    }
    assert.deepEqual(states(), [true]);
    await task.close();
    assert.deepEqual(states(), [true, false]);
  });

  it('is renewed while a job runs, and no longer', async () => {
    const task = make({ renewMs: 40 });
    await task.enter();
    await heard(3);
    task.leave();
    while (states().at(-1) !== false) await sleep(5);
    const before = calls.length;
    assert.deepEqual(states().slice(0, -1), Array(before - 1).fill(true));
    await sleep(100);
    assert.equal(calls.length, before);
  });

  describe('that was kept for long', () => {
    // a clock that the test moves: how fast the machine is says nothing
    beforeEach(() => mock.timers.enable({ apis: ['Date'] }));
    afterEach(() => mock.timers.reset());
    const options = { keepMs: 60, renewMs: 60_000, idleMs: 60_000, openMs: 20, now: () => Date.now() };

    it('is released between two jobs that follow each other, and stays so while ECS acts', async () => {
      const task = make(options);
      await task.enter();
      mock.timers.tick(35);
      task.leave();
      await task.enter();
      mock.timers.tick(35);
      task.leave();
      await task.enter();
      assert.deepEqual(states(), [true, false], 'the next job runs without protection');
      mock.timers.tick(19);
      task.leave();
      await task.enter();
      assert.deepEqual(states(), [true, false]);
      mock.timers.tick(1);
      task.leave();
      await task.enter();
      assert.deepEqual(states(), [true, false, true], 'after 20 ms it is protected again');
      await task.close();
    });

    it('is released where another slot is always at work, and requested again under a job', async () => {
      const task = make(options);
      await task.enter();
      await task.enter();
      mock.timers.tick(61);
      task.leave();
      await heard(2);
      assert.deepEqual(states(), [true, false]);
      mock.timers.tick(20);
      // the timer under the job that still runs
      await heard(3);
      assert.deepEqual(states(), [true, false, true]);
      await task.close();
    });
  });

  it('ends with the service, also under a job', async () => {
    const task = make();
    await task.enter();
    await task.close();
    task.leave();
    await sleep(80);
    assert.deepEqual(states(), [true, false]);
  });

  describe('goes wrong and holds nothing up:', () => {
    const table: [what: string, answer: Reply, code: RegExp][] = [
      ['a deployment waits', blocked, /^DEPLOYMENT_BLOCKED$/],
      [
        'the agent may not',
        refuse(400, JSON.stringify({ error: { Arn: 'a', Code: 'AccessDeniedException', Message: 'm' } })),
        /^AccessDeniedException$/,
      ],
      ['the agent fails', refuse(500, 'oops'), /^AGENT_ANSWER$/],
      ['an empty answer', refuse(200, ''), /^AGENT_ANSWER$/],
      ['no JSON', refuse(200, '<html>'), /^AGENT_ANSWER$/],
      ['other JSON', refuse(200, '[null,{"protection":true}]'), /^AGENT_ANSWER$/],
      ['members of other kinds', refuse(200, '{"failure":7,"error":"x","protection":null}'), /^AGENT_ANSWER$/],
      ['the opposite', (response, enabled) => good(response, !enabled), /^AGENT_ANSWER$/],
      ['an answer without end', (response) => void response.write(' '.repeat(100_000)), /^AGENT_ANSWER$/],
      ['a redirect', (response) => void response.writeHead(302, { location: '/elsewhere' }).end(), /./],
      ['a connection that breaks', (response) => void response.destroy(), /./],
      ['no answer', () => {}, /Timeout/],
      ['half an answer', (response) => void response.write('{"prot'), /Timeout/],
    ];
    for (const [what, answer, code] of table) {
      it(what, async () => {
        const task = make({ renewMs: 50 });
        reply = answer;
        const began = Date.now();
        await task.enter();
        const took = Date.now() - began;
        assert.ok(took < 30_000, `the job begins after ${took} ms`);
        await sleep(120);
        task.leave();
        await task.close();
        assert.equal(lines.length, 1, `said once: ${JSON.stringify(lines)}`);
        assert.deepEqual([lines[0]?.['event'], lines[0]?.['level']], ['task not protected', 'warn']);
        const said = lines[0]?.['code'];
        assert.match(typeof said === 'string' ? said : '', code);
      });
    }

    it('nobody at the address', async () => {
      const task = make({}, 'http://127.0.0.1:1/');
      await task.enter();
      task.leave();
      await task.close();
      assert.equal(lines.length, 1);
    });
  });

  it('asks again after a refusal, and says the next one anew', async () => {
    const task = make({ renewMs: 40 });
    reply = blocked;
    await task.enter();
    reply = good;
    await heard(2);
    reply = blocked;
    await heard(calls.length + 2);
    assert.deepEqual(
      lines.map(({ code }) => code),
      ['DEPLOYMENT_BLOCKED', 'DEPLOYMENT_BLOCKED'],
    );
  });
});
