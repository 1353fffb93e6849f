import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateMultipartUploadCommand, PutObjectCommand, S3Client, UploadPartCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { Queue } from '@wikifleet/queue/queue';
import type { Browser } from 'playwright-core';
import { start, until } from '../end-to-end/programs.js';
import type { Running } from '../end-to-end/programs.js';
import { CHROMIUM, launchBrowser, openPage, takePicture } from './watch-browser.js';
import { simulateRun } from './watch-simulation.js';

const WANTED = process.env['WIKIFLEET_PICTURES'] !== undefined && CHROMIUM !== undefined;
const RUN = {
  wiki: 'testwiki',
  files: 36,
  splits: 6,
  done: 15,
  converting: 5,
  failed: 1,
  downloaded: 4,
  secondsEach: 20,
};
const LOOKS = [
  { name: 'watch-light', width: 1100, height: 1160, scheme: 'light' },
  { name: 'watch-dark', width: 1100, height: 1160, scheme: 'dark' },
  { name: 'watch-narrow', width: 390, height: 1300, scheme: 'light' },
] as const;
const STEPS = 20;

/** Of a simulated run: what it shows is made up, how it shows it is not. */
describe('pictures of the page', function () {
  this.timeout(180_000);
  const running: Running[] = [];
  let folder = '';
  let environment: Record<string, string> = {};
  let browser: Browser | undefined;

  before(async function () {
    if (!WANTED) return this.skip('WIKIFLEET_CHROMIUM and WIKIFLEET_PICTURES, the folder that the pictures go to');
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-watch-'));
    const out = join(folder, 'out');
    await simulateRun(out, RUN);
    for (const [i, wiki] of ['abwiki', 'acewiki', 'adywiki'].entries()) {
      await simulateRun(out, {
        wiki,
        files: 1,
        splits: 1,
        done: i === 2 ? 0 : 1,
        converting: 0,
        failed: 0,
        downloaded: 0,
        secondsEach: 900,
      });
    }
    const cloud = start('wikifleet/dist/cloud.js', ['--out', out, '--port', '0']);
    running.push(cloud);
    await until('the cloud answers', () => cloud.output().includes('CONVERT_DEAD_LETTER_QUEUE_URL='));
    const exported = cloud.output().matchAll(/^export (\w+)=(.*)$/gm);
    environment = Object.fromEntries([...exported].map(([, name = '', value = '']) => [name, value]));
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    });
  });
  after(async () => {
    await browser?.close();
    for (const { child } of running) child.kill('SIGTERM');
    await Promise.all(running.map(async ({ ended }) => await ended));
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  it('in both schemes, and narrow', async () => {
    const place = { region: 'us-east-1', endpoint: environment['AWS_ENDPOINT_URL'] ?? '' };
    const s3 = new S3Client({ ...place, forcePathStyle: true });
    const queueOf = (name: string): Queue => {
      const url = environment[`WIKIFLEET_${name}_QUEUE_URL`] ?? '';
      return Queue.connect({
        ...place,
        url,
        deadLetterUrl: environment[`WIKIFLEET_${name}_DEAD_LETTER_QUEUE_URL`] ?? '',
      });
    };
    const queues = [queueOf('DOWNLOAD'), queueOf('CONVERT')] as const;
    const top = `articles-multistream/${RUN.wiki}/2026-10-01`;
    const fileOf = (i: number): string =>
      `${RUN.wiki}-20261001-pages-articles-multistream${i + 1}.xml-p${i * 1000 + 1}p${(i + 1) * 1000}.bz2`;
    for (const [i, size] of [120e6, 60e6, 30e6].entries()) {
      const to = { Bucket: 'wikifleet', Key: `raw/${top}/${fileOf(29 + i)}` };
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(to));
      await s3.send(new UploadPartCommand({ ...to, UploadId, PartNumber: 1, Body: Buffer.alloc(size) }));
    }
    const record = {
      page_id: 7,
      page_title: 'A page',
      revision_id: 9,
      offset: 12,
      length: 34,
      code: 'X',
      reason: 'y',
      encoding: 'utf-8',
      raw: 'z',
    };
    const key = `quarantine/${top}/${fileOf(3)}/part-00002-of-00006-0123abcd.jsonl`;
    await s3.send(new PutObjectCommand({ Bucket: 'wikifleet', Key: key, Body: `${JSON.stringify(record)}\n` }));
    await queues[1].deadLetter('{}', 'BLOCK_DAMAGED', 'a block', new AbortController().signal);

    const watch = start('fleet/dist/main.js', ['watch', '--port', '0'], environment);
    running.push(watch);
    await until('the page is served', () => watch.output().includes('http://'));
    browser = await launchBrowser();
    const url = /http:\S+/.exec(watch.output())?.[0] ?? '';
    const pages = await Promise.all(LOOKS.map(async (look) => await openPage(browser!, url, look)));
    for (let step = 0; step < STEPS; step += 1) {
      if (step < 6) await queues[0].sendAll(Array.from({ length: 6 }, () => '{}'));
      await queues[1].sendAll(Array.from({ length: step % 7 < 3 ? 18 : 2 }, () => '{}'));
      for (const [i, { client, url: QueueUrl }] of queues.entries()) {
        const most = { MaxNumberOfMessages: 3 + 5 * i, VisibilityTimeout: 9 };
        await client.send(new ReceiveMessageCommand({ QueueUrl, ...most }));
      }
      const { secondsEach: _, ...run } = RUN;
      await simulateRun(join(folder, 'out'), { ...run, done: RUN.done + Math.floor(step / 4), more: true });
      await sleep(2500);
    }
    for (const [i, look] of LOOKS.entries()) await takePicture(pages[i]!.page, look.name);
    for (const queue of queues) queue.close();
    s3.destroy();
  });
});
