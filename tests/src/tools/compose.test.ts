import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseMirrors } from '@wikifleet/config/mirrors';
import { CLOUD_VARIABLES, readSettings } from '@wikifleet/config/settings';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

interface Service {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What the Compose file's services run, as the script reads it. */
function composeCommands(...args: string[]): Record<string, Service> {
  const script = join(root, 'scripts/compose-commands.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Record<string, Service>;
}

/** `NAME=VALUE` lines. */
function envFile(path: string): Record<string, string> {
  return Object.fromEntries(
    [...read(path).matchAll(/^(\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

describe('docker-compose.yml', () => {
  const services = composeCommands();

  it('builds the fleet, the sample and its mirror', () => {
    assert.deepEqual(Object.keys(services).sort(), ['converter', 'downloader', 'mirror', 'sample', 'seed']);
  });

  for (const [name, { command }] of Object.entries(services)) {
    it(`${name} runs a program of this repository`, () => {
      const path = command.find((word) => word.endsWith('.js')) ?? '';
      assert.ok(
        existsSync(join(root, path.replace('/dist/', '/src/').replace(/\.js$/, '.ts'))),
        `no source of '${path}'`,
      );
    });
  }

  for (const name of ['downloader', 'converter', 'seed']) {
    it(`${name} has an environment that is complete`, () => {
      const settings = readSettings(services[name]?.environment ?? {}, CLOUD_VARIABLES);
      assert.equal(settings.WIKIFLEET_BUCKET, 'wikifleet');
    });
  }

  it('says the same to programs on the host', () => {
    const { WIKIFLEET_MIRRORS: host, ...environment } = envFile('docker/host.env');
    assert.equal(host, 'docker/mirrors.host.json');
    const { environment: inContainer = {} } = services['downloader'] ?? {};
    const named = Object.fromEntries(Object.keys(environment).map((key) => [key, inContainer[key]]));
    assert.deepEqual(environment, named);
  });

  it('has mirror files that differ in the host alone', () => {
    const [inside, outside] = ['docker/mirrors.json', 'docker/mirrors.host.json'].map((path) =>
      parseMirrors(read(path), path),
    );
    const bare = (mirrors = inside?.mirrors) => mirrors?.map((mirror) => ({ ...mirror, host: undefined }));
    assert.deepEqual(bare(), bare(outside?.mirrors));
    assert.equal(inside?.mirrors[0]?.host, 'mirror');
    assert.equal(outside?.mirrors[0]?.host, '127.0.0.1');
  });

  it('runs the LocalStack that the requirements pin', () => {
    const [, version] = /image: localstack\/localstack:(\S+)/.exec(read('docker-compose.yml')) ?? [];
    assert.match(read('docker/localstack-requirements.txt'), new RegExp(`^localstack-core==${version}$`, 'm'));
  });
});

/** A program that loads Compose files with Docker Compose's own library: tests/tools/compose, built with Go. */
const tool = process.env['WIKIFLEET_COMPOSE_TOOL'];

describe("docker-compose.yml, read by Docker Compose's library", () => {
  let folder: string;
  before(async function () {
    if (tool === undefined || tool === '') this.skip('WIKIFLEET_COMPOSE_TOOL');
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-compose-'));
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const load = (path: string) => spawnSync(tool ?? '', [path], { encoding: 'utf8' });

  it('loads', () => {
    const { status, stdout, stderr } = load(join(root, 'docker-compose.yml'));
    assert.equal(stderr, '');
    assert.equal(status, 0);
    for (const name of ['downloader', 'converter', 'seed', 'mirror', 'sample']) {
      const service = new RegExp(`^ {2}${name}:\\n((?: {4,}.*\\n)+)`, 'm').exec(stdout)?.[1] ?? '';
      assert.match(service, /read_only: true/);
      assert.match(service, /no-new-privileges:true/);
      assert.match(service, /user: node/);
      assert.match(service, /init: true/);
    }
  });

  const broken: readonly [string, string, string][] = [
    [
      'a service that is not there',
      'localstack: { condition: service_healthy }',
      'elsewhere: { condition: service_healthy }',
    ],
    ['a key that Compose does not know', 'stop_grace_period: 120s', 'stop_grace: 120s'],
    ['a volume that is not declared', 'volumes:\n  sample:\n', ''],
  ];
  for (const [title, from, to] of broken) {
    it(`refuses ${title}`, async () => {
      const text = read('docker-compose.yml');
      assert.ok(text.includes(from), `docker-compose.yml no longer has '${from}'`);
      const path = join(folder, 'docker-compose.yml');
      await writeFile(path, text.replace(from, to));
      const { status, stderr } = load(path);
      assert.equal(status, 1);
      assert.notEqual(stderr, '');
    });
  }
});
