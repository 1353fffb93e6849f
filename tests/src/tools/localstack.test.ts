import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { freePort } from './free-port.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = join(root, 'apps/wikifleet/dist/localstack.js');

describe('npm run localstack: what it refuses', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-no-python-'));
    // A machine with Node and nothing else
    await symlink(process.execPath, join(folder, 'node'));
    await writeFile(join(folder, 'python3'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const cases: readonly { args: string[]; says: RegExp }[] = [
    { args: ['--port', '0'], says: /--port: expected a whole number from 1 to 65535, received "0"/ },
    { args: ['--port', '65536'], says: /--port: expected a whole number from 1 to 65535/ },
    { args: ['--bogus'], says: /'--bogus'/ },
    { args: ['extra'], says: /extra/ },
    { args: ['--docker', '--no-docker'], says: /--docker and --no-docker exclude each other/ },
    { args: ['--docker', '--python', 'python3'], says: /--docker and --python exclude each other/ },
    {
      args: ['--no-docker'],
      says: /needs Python 3\.12 or newer with its venv module, and none was found: install one/,
    },
    { args: ['--python', '/bin/false'], says: /--python: expected Python 3\.12 .*, received '\/bin\/false'/ },
    { args: ['--docker'], says: /docker compose could not start LocalStack/ },
  ];
  for (const { args, says } of cases) {
    it(`${args.join(' ')}: one clear line`, () => {
      const env = { PATH: folder, HOME: folder, XDG_CACHE_HOME: folder };
      const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', env });
      const complaints = stderr.split('\n').filter((line) => line.startsWith('wikifleet: '));
      assert.equal(complaints.length, 1, stderr);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /\n\s+at /);
      assert.equal(stdout, '');
      assert.notEqual(status, 0);
    });
  }

  it('says how it is used', () => {
    const { status, stdout } = spawnSync(process.execPath, [program, '--help'], { encoding: 'utf8' });
    assert.equal(status, 0);
    assert.match(stdout, /usage: npm run localstack/);
  });
});

/** Slow (a first run installs 600 MB), so only where it is asked for. */
const asked = process.env['WIKIFLEET_LOCALSTACK_LIFECYCLE'] === '1';

describe('npm run localstack: its life', () => {
  let child: ChildProcess | undefined;
  before(function () {
    if (!asked) this.skip('WIKIFLEET_LOCALSTACK_LIFECYCLE=1');
  });
  afterEach(() => child?.kill('SIGKILL'));

  it('makes bucket and queues, prints where they are, and ends with all it started', async function () {
    this.timeout(400_000);
    const port = await freePort();
    child = spawn('npm', ['run', '-s', 'localstack', '--', '--no-docker', '--port', String(port)], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    const environment = await readExports(child, 'WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL');
    assert.equal(environment['AWS_ENDPOINT_URL'], `http://127.0.0.1:${port}`);
    const url = environment['WIKIFLEET_CONVERT_QUEUE_URL'] ?? '';
    const attributes = await attributesOf(port, url);
    assert.equal(attributes['VisibilityTimeout'], '120');
    assert.match(attributes['RedrivePolicy'] ?? '', /wikifleet-convert-dead-letter.*"maxReceiveCount": ?"?20"?/);

    const second = spawnSync(process.execPath, [program, '--no-docker', '--port', String(port)], { encoding: 'utf8' });
    assert.equal(second.status, 2);
    assert.match(second.stderr, new RegExp(`port ${port} is in use`));

    const stopped = Date.now();
    child.kill('SIGTERM');
    await exit;
    // npm ends before what it started
    while ((await answers(port)) || runs(`localstack.js --no-docker --port ${port}`)) {
      assert.ok(Date.now() - stopped < 10_000, 'something is left 10 seconds after the signal');
      await delay(100);
    }
  });
});

/** Reads `export NAME=VALUE` lines until the one that comes last. */
async function readExports(child: ChildProcess, last: string): Promise<Record<string, string>> {
  let text = '';
  assert.ok(child.stdout);
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (new RegExp(`^export ${last}=.*\\n`, 'm').test(text)) break;
  }
  return Object.fromEntries(
    [...text.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

async function attributesOf(port: number, url: string): Promise<Record<string, string>> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials });
  const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
  sqs.destroy();
  return answer.Attributes ?? {};
}

function runs(command: string): boolean {
  return spawnSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).stdout.includes(command);
}

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/_localstack/health`).then(
    () => true,
    () => false,
  );
}
