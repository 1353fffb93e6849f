import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { directoryTree } from '@wikifleet/local-cloud/ftp/directory-tree';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import type { FtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import { inFolder, run, start, until } from '../end-to-end/programs.js';
import { digestOf, rowsOf } from '../end-to-end/rows.js';
import { RUN, SlowLink, WIKI } from '../faults/worker-processes.js';
import { Container } from './container.js';
import { IMAGE_CONTENTS } from './image-contents.js';
import type { ImageContents } from './image-contents.js';

const image = process.env['WIKIFLEET_IMAGE'] ?? '';
const HEARTBEAT = { WIKIFLEET_HEARTBEAT_FILE: '/tmp/heartbeat' };
const MIRRORS = '/run/wikifleet/mirrors.json';
type Environment = Readonly<Record<string, string>>;

describe('the image', function () {
  this.timeout(300_000);
  const containers: Container[] = [];
  const releases: (() => Promise<unknown>)[] = [];
  before(function () {
    if (image === '') this.skip('WIKIFLEET_IMAGE (tests/image/build.sh)');
  });
  afterEach(async () => {
    for (const container of containers.splice(0)) await container.close();
    for (const release of releases.splice(0).toReversed()) await release();
  });

  const begin = (args: readonly string[], environment: Environment = {}, mirrors?: string): Container => {
    const files = mirrors === undefined ? {} : { [MIRRORS]: mirrors };
    const container = Container.run(image, args, {
      environment: { ...environment, WIKIFLEET_MIRRORS: MIRRORS },
      files,
    });
    containers.push(container);
    return container;
  };

  it('has all that Node loads and nothing else, and its program can write to /tmp only', async () => {
    const { code, stdout, stderr } = await begin(['--input-type=module', '--eval', IMAGE_CONTENTS]).ended;
    assert.equal(code, 0, stderr);
    const contents = JSON.parse(stdout) as ImageContents;
    const { problems, unwanted, secrets, written, user, capabilities, version } = contents;
    assert.deepEqual({ problems, unwanted, secrets }, { problems: [], unwanted: [], secrets: [] });
    assert.deepEqual(
      { written, user, capabilities },
      { written: ['/tmp/x'], user: [1000, 1000], capabilities: '0'.repeat(16) },
    );
    assert.match(version, /^v24\./);
    assert.ok(contents.imports > 200 && contents.loaded > 30, JSON.stringify(contents));
  });

  it('runs a whole fleet: seed, downloader and converter each in a container, stopped in mid-job and begun anew', async () => {
    await inFolder(async (folder) => {
      const { cloud, sample, out } = await startSurroundings(folder, releases);
      const depth = depthOf(cloud, releases);
      const slow = await startMirror(folder, 'slow', sample, releases, 40_000);
      const fast = await startMirror(folder, 'fast', sample, releases);

      const seed = await begin(['apps/seed/dist/main.js', '--wiki', WIKI, '--date', '2026-10-01'], cloud, slow.file)
        .ended;
      assert.equal(seed.code, 0, seed.stderr);
      assert.deepEqual(await depth('DOWNLOAD'), [2, 0]);

      const downloader = ['apps/downloader/dist/main.js'];
      const busy = begin(downloader, { ...cloud, ...HEARTBEAT }, slow.file);
      await until('two files are on their way', () => slow.server.connections.now === 2, 60);
      const health = ['node', 'packages/worker/dist/check-heartbeat.js'];
      await until('its health check is content', async () => (await busy.exec(health, HEARTBEAT)).code === 0);
      assert.equal((await busy.exec(health, { WIKIFLEET_HEARTBEAT_FILE: '/tmp/none' })).code, 1);
      const gone = await busy.stop();
      assert.equal(slow.server.connections.now, 0);
      assert.ok(gone < 2000, `the downloader and its connections were gone after ${gone} ms`);
      assert.equal((await busy.ended).code, 0, busy.output);
      assert.deepEqual(await depth('DOWNLOAD'), [2, 0]);

      const second = begin(downloader, cloud, fast.file);
      await until('both files are there', () => second.events('file_downloaded').length === 2, 90);
      await until('their messages are gone', async () => (await depth('DOWNLOAD')).join() === '0,0');
      await second.stop();
      assert.equal((await second.ended).code, 0, second.output);

      const link = await SlowLink.open(cloud['AWS_ENDPOINT_URL'] ?? '');
      releases.push(async () => await link.close());
      link.bytesPerSecond = 20_000;
      const slowly = { ...cloud, AWS_ENDPOINT_URL: link.endpoint, WIKIFLEET_GRACE_SECONDS: '1' };
      const converting = begin(['apps/converter/dist/main.js'], slowly);
      await until('a split is read', () => link.held > 0, 60);
      const handedBack = await converting.stop();
      assert.equal((await converting.ended).code, 0, converting.output);
      assert.deepEqual(await depth('CONVERT'), [2, 0]);
      assert.ok(handedBack < 4000, `the converter was gone after ${handedBack} ms, of which 1000 are its grace`);

      // The image's own command
      const converter = begin([], cloud);
      await until('both splits are converted', () => converter.events('split_converted').length === 2, 90);
      await until('their messages are gone', async () => (await depth('CONVERT')).join() === '0,0');
      const idle = await converter.stop();
      assert.equal((await converter.ended).code, 0, converter.output);
      for (const { rows, sha256, file } of await digestsOf(folder, sample, out)) {
        assert.deepEqual(digestOf(await rowsOf(join(out, 'rows', RUN), file)), { rows, sha256 }, file);
      }
      console.log(`      after SIGTERM: downloader ${gone} ms, converter ${handedBack} ms busy and ${idle} ms idle`);
    });
  });
});

/** A sample wiki, and a loopback cloud; what programs need to find it. */
async function startSurroundings(
  folder: string,
  releases: (() => Promise<unknown>)[],
): Promise<{ cloud: Environment; sample: string; out: string }> {
  const [sample, out] = [join(folder, 'sample'), join(folder, 'out')];
  const made = await run('wikifleet/dist/sample.js', ['--out', sample, '--megabytes', '4']);
  assert.equal(made.code, 0, made.stderr);
  const running = start('wikifleet/dist/cloud.js', ['--out', out, '--port', '0']);
  releases.push(async () => {
    running.child.kill('SIGTERM');
    await running.ended;
  });
  await until('the cloud answers', () => running.output().includes('CONVERT_DEAD_LETTER_QUEUE_URL='));
  const exported = running.output().matchAll(/^export (\w+)=(.*)$/gm);
  return { cloud: Object.fromEntries([...exported].map(([, name = '', value = '']) => [name, value])), sample, out };
}

/** An FTP server, and the mirror file that names it. */
async function startMirror(
  folder: string,
  name: string,
  sample: string,
  releases: (() => Promise<unknown>)[],
  bytesPerSecond?: number,
): Promise<{ server: FtpServer; file: string }> {
  const tree = directoryTree(sample);
  const server = await startFtpServer({ tree, ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }) });
  releases.push(async () => await server.close());
  const file = join(folder, `mirrors.${name}.json`);
  const mirror = {
    name,
    protocol: 'ftp',
    host: '127.0.0.1',
    port: server.port,
    root: '/',
    connections: 4,
    status: true,
  };
  await writeFile(file, JSON.stringify({ contact: 'nobody@localhost', mirrors: [mirror] }));
  return { server, file };
}

/** Asks a queue for its visible and hidden messages. */
function depthOf(
  cloud: Environment,
  releases: (() => Promise<unknown>)[],
): (queue: 'DOWNLOAD' | 'CONVERT') => Promise<number[]> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint: cloud['AWS_ENDPOINT_URL'] ?? '', region: 'us-east-1', credentials });
  releases.push(async () => await Promise.resolve(sqs.destroy()));
  return async (queue) => {
    const QueueUrl = cloud[`WIKIFLEET_${queue}_QUEUE_URL`];
    const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] }));
    return names.map((name) => Number(Attributes?.[name]));
  };
}

/** What `npm run convert` makes of each file of the run; throws where the run is not whole. */
async function digestsOf(
  folder: string,
  sample: string,
  out: string,
): Promise<{ file: string; rows: number; sha256: string }[]> {
  const runs = join(out, 'runs', 'articles-multistream', WIKI, '2026-10-01');
  const plan = JSON.parse(await readFile(join(runs, 'plan.json'), 'utf8')) as { planId: string };
  const manifest = join(runs, plan.planId, 'manifest.json');
  assert.ok(existsSync(manifest), 'the run is closed');
  const { result } = JSON.parse(await readFile(manifest, 'utf8')) as { result: { files: { file: string }[] } };
  assert.equal(result.files.length, 2);
  const rows = join(folder, 'rows.jsonl');
  const digests: { file: string; rows: number; sha256: string }[] = [];
  for (const { file } of result.files) {
    const { code, stderr } = await run('wikifleet/dist/convert.js', [
      join(sample, WIKI, '20261001', file),
      '--out',
      rows,
    ]);
    assert.equal(code, 0, stderr);
    digests.push({ file, ...digestOf(await readFile(rows, 'utf8')) });
  }
  return digests;
}
