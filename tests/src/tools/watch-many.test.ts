import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { ROOT, start, until } from '../end-to-end/programs.js';
import type { Running } from '../end-to-end/programs.js';
import { CHROMIUM, launchBrowser, openPage, takePicture } from './watch-browser.js';
import { countCalls } from './watch-calls.js';
import type { CallCounter } from './watch-calls.js';
import { simulateRun } from './watch-simulation.js';

const LARGE = { wiki: 'aawiki', files: 10_000, splits: 4, done: 5000, converting: 200, failed: 15, downloaded: 785 };
const OTHERS = 299;
const OTHER = { files: 3, splits: 2, failed: 0 };
const SCRIPT = '/usr/bin/script';
const ESCAPE = '\u001B[';
/** What moves the cursor up and clears lines. */
const CONTROLS = new RegExp(`${ESCAPE.replace('[', '\\[')}\\d*[AKJ]`, 'g');
const S3_AT_MOST = 900;
const SQS_AT_MOST = 84;

describe('10,000 files and 300 wikis are watched', function () {
  this.timeout(300_000);
  const running: Running[] = [];
  const counters: CallCounter[] = [];
  let folder = '';
  let environment: Record<string, string> = {};
  let browser: Browser | undefined;
  let page: Page;

  /** The environment of a program whose calls are counted. */
  const counted = async (): Promise<{ counter: CallCounter; env: Record<string, string> }> => {
    const cloud = environment['AWS_ENDPOINT_URL'] ?? '';
    const counter = await countCalls(cloud);
    counters.push(counter);
    const moved = Object.entries(environment).map(([name, value]) => [name, value.replace(cloud, counter.endpoint)]);
    return { counter, env: Object.fromEntries(moved) as Record<string, string> };
  };

  before(async function () {
    if (CHROMIUM === undefined) return this.skip('WIKIFLEET_CHROMIUM');
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-watch-'));
    const out = join(folder, 'out');
    await simulateRun(out, LARGE);
    for (let i = 0; i < OTHERS; i += 1) {
      const done = i % 3 === 0 ? 3 : i % 2;
      const converting = done === 3 ? 0 : 1;
      await simulateRun(out, { ...OTHER, wiki: `w${String(i).padStart(3, '0')}wiki`, done, converting, downloaded: 0 });
    }
    const cloud = start('wikifleet/dist/cloud.js', ['--out', out, '--port', '0']);
    running.push(cloud);
    await until('the cloud answers', () => cloud.output().includes('CONVERT_DEAD_LETTER_QUEUE_URL='));
    const exported = cloud.output().matchAll(/^export (\w+)=(.*)$/gm);
    environment = Object.fromEntries([...exported].map(([, name = '', value = '']) => [name, value]));
  });

  after(async () => {
    await browser?.close();
    for (const { child } of running) child.kill('SIGTERM');
    await Promise.all(running.map(async ({ ended }) => await ended));
    await Promise.all(counters.map(async ({ close }) => await close()));
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  it('by page and terminal at once, within the calls that are allowed', async function () {
    const [ofPage, ofLines] = [await counted(), await counted()];
    const watch = start('fleet/dist/main.js', ['watch', '--port', '0'], ofPage.env);
    const lines = start('fleet/dist/main.js', ['status', '--watch'], ofLines.env);
    running.push(watch, lines);
    await until('the page is served', () => watch.output().includes('http://'));
    browser = await launchBrowser();
    const opened = await openPage(browser, /http:\S+/.exec(watch.output())?.[0] ?? '', {
      width: 1200,
      height: 1000,
      scheme: 'light',
    });
    ({ page } = opened);
    const began = performance.now();
    await page.locator('#run-rows tr').nth(OTHERS).waitFor({ state: 'attached', timeout: 120_000 });
    const listed = performance.now() - began;
    await until(
      'all runs were read',
      async () => !(await page.locator('#problems').innerText()).includes('not read'),
      120,
    );
    const read = performance.now() - began;
    await sleep(Math.max(0, 70_000 - (performance.now() - began)));
    const figures = [ofPage, ofLines].map(({ counter }) => [counter.mostAMinute('s3'), counter.mostAMinute('sqs')]);
    const [[pageS3 = 0, pageSqs = 0] = [], [lineS3 = 0, lineSqs = 0] = []] = figures;
    console.log(
      `      calls within a minute, page: ${pageS3} to S3, ${pageSqs} to SQS; terminal: ${lineS3} to S3, ${lineSqs} to SQS`,
    );
    console.log(
      `      300 runs listed after ${Math.round(listed / 1000)} s, all of them read after ${Math.round(read / 1000)} s`,
    );
    assert.ok(Math.max(pageS3, lineS3) <= S3_AT_MOST, String(figures));
    assert.ok(Math.max(pageSqs, lineSqs) <= SQS_AT_MOST, String(figures));
    assert.ok(Math.min(pageS3, lineS3, pageSqs, lineSqs) > 10, `the counter counts: ${String(figures)}`);
    assert.match(lines.output(), /of 10897 files done, .* of 300 runs done/);
    assert.deepEqual(opened.wrongs, []);
  });

  it('in pages of 500 tiles, by states, and by names of runs', async () => {
    await page.getByRole('button', { name: 'articles-multistream/aawiki/2026-10-01' }).click();
    await page.getByText('10,000 files').waitFor();
    assert.equal(await page.locator('.tile').count(), 500);
    await takePicture(page, 'watch-many');
    const began = performance.now();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('Page 2 of 20').waitFor();
    await page.getByLabel('failed', { exact: true }).check();
    await page.getByText('aawiki/2026-10-01: 15 files').waitFor();
    const tiles = performance.now() - began;
    assert.equal(await page.locator('.tile[data-state=failed]').count(), 15);
    await page.locator('#find-run').fill('w12');
    await page.getByText('10 found').waitFor();
    const all = performance.now() - began;
    console.log(
      `      the next page and a filter after ${Math.round(tiles)} ms, a run found after ${Math.round(all - tiles)} ms`,
    );
    assert.ok(all < 5000, `${all} ms`);
  });

  it('in a terminal of 24 lines: bars, no line too long, no more lines than there are', async function () {
    if (!existsSync(SCRIPT)) {
      return this.skip(SCRIPT);
    }
    const { counter, env } = await counted();
    const command = `stty cols 100 rows 24; exec node ${join(ROOT, 'apps/fleet/dist/main.js')} status --watch --wiki aawiki --date 2026-10-01`;
    const terminal = spawn(SCRIPT, ['-qec', command, '/dev/null'], {
      env: { ...process.env, ...env, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const ended = new Promise((resolve) => terminal.on('close', resolve));
    try {
      await until(
        'runs are shown',
        () => /█.*aawiki\/2026-10-01: open/.test(output) && /BLOCK_DAMAGED/.test(output),
        150,
      );
    } finally {
      terminal.stdin.write('\u0003');
      await ended;
    }
    const frames = output.split(`${ESCAPE}J`).slice(0, -1);
    assert.ok(frames.length > 1);
    for (const frame of frames) {
      const shown = frame.replaceAll(CONTROLS, '').trimEnd().split('\r\n');
      assert.ok(shown.length <= 23, `${shown.length} lines`);
      for (const line of shown) assert.ok(Array.from(line).length <= 100, line);
    }
    assert.ok(counter.mostAMinute('s3') <= S3_AT_MOST);
  });
});
