import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inFolder, ROOT, start, until } from '../end-to-end/programs.js';
import { freePort } from './free-port.js';

interface Service {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A service of the Compose file, run as it is written there but without a container. */
class RunningService {
  readonly child: ChildProcess;
  output = '';

  constructor({ command, environment }: Service, args: readonly string[] = []) {
    const [program = '', ...rest] = command;
    assert.equal(program, 'node');
    this.child = spawn(process.execPath, [...rest, ...args], {
      cwd: ROOT,
      // As in a container: nothing of this machine's environment
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
  }

  /** Its exit code, after a signal where one is given. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined) this.child.kill(signal);
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

describe("docker-compose.yml's commands, run without Docker", function () {
  this.timeout(180_000);
  const running: RunningService[] = [];
  let cloud: ReturnType<typeof start> | undefined;
  afterEach(() => {
    for (const { child } of running) child.kill('SIGKILL');
    cloud?.child.kill('SIGKILL');
  });

  it('bring the sample wiki from the mirror to rows, and end at SIGTERM', async () => {
    await inFolder(async (folder) => {
      const data = join(folder, 'data');
      cloud = start('wikifleet/dist/cloud.js', ['--out', data, '--port', '0']);
      const endpoint = /^export AWS_ENDPOINT_URL=http:\/\/127\.0\.0\.1:(\d+)$/m;
      await until('the loopback cloud answers', () => endpoint.test(cloud?.output() ?? ''));
      const services = await readServices(folder, endpoint.exec(cloud.output())?.[1] ?? '');
      const begin = (name: string, ...args: string[]) => {
        const service = services[name];
        assert.ok(service, `docker-compose.yml: no service ${name}`);
        const started = new RunningService(service, args);
        running.push(started);
        return started;
      };

      const sample = begin('sample');
      assert.equal(await sample.end(), 0, sample.output);
      const mirror = begin('mirror');
      await until('the mirror answers', () => mirror.output.includes('ftp://'));
      const workers = [begin('downloader'), begin('converter')];
      const seed = begin('seed', '--wiki', 'samplewiki', '--date', '2026-10-01');
      assert.equal(await seed.end(), 0, seed.output);

      const run = join(data, 'runs/articles-multistream/samplewiki/2026-10-01');
      await until('the run is complete', async () => (await manifestsOf(run)).length === 1, 120);
      for (const service of [...workers, mirror]) assert.equal(await service.end('SIGTERM'), 0, service.output);
      cloud.child.kill('SIGTERM');
      assert.equal((await cloud.ended).code, 0, cloud.output());
    });
  });
});

/** The services, with a folder in place of what is mounted and free ports in place of those that are published. */
async function readServices(folder: string, cloudPort: string): Promise<Record<string, Service>> {
  const [mirrorPort, passivePort] = [await freePort(), Math.min(await freePort(), 65_000)];
  await mkdir(join(folder, 'mounted'));
  const mirrors = await readFile(join(ROOT, 'docker/mirrors.json'), 'utf8');
  const here = mirrors.replace('"host": "mirror"', '"host": "127.0.0.1"').replace('2121', String(mirrorPort));
  await writeFile(join(folder, 'mounted', 'mirrors.json'), here);
  const paths = { '/mirror': join(folder, 'sample'), '/run/wikifleet': join(folder, 'mounted') };
  const ports = { 4566: cloudPort, 2121: mirrorPort, '2122-2141': `${passivePort}-${passivePort + 19}` };
  const args = [
    ...Object.entries(paths).flatMap(([inside, outside]) => ['--path', `${inside}=${outside}`]),
    ...Object.entries(ports).flatMap(([inside, outside]) => ['--port', `${inside}=${outside}`]),
  ];
  const script = join(ROOT, 'scripts/compose-commands.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Record<string, Service>;
}

/** `<planId>/manifest.json` below a run's folder. */
async function manifestsOf(run: string): Promise<string[]> {
  if (!existsSync(run)) return [];
  const entries = await readdir(run);
  return entries.filter((entry) => existsSync(join(run, entry, 'manifest.json')));
}
