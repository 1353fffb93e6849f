import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { run, start, until } from '../end-to-end/programs.js';
import type { Running } from '../end-to-end/programs.js';
import { CHROMIUM, launchBrowser, openPage, takePicture } from './watch-browser.js';
import { HOSTILE_TITLE, addBrokenWiki } from './watch-mirror.js';

const DESK = { width: 1200, height: 1000, scheme: 'light' } as const;

describe('the page that shows a fleet', function () {
  this.timeout(180_000);
  const running: Running[] = [];
  let folder = '';
  let environment: Record<string, string> = {};
  let browser: Browser | undefined;
  let page: Page;
  let wrongs: string[] = [];

  const begin = (program: string, args: readonly string[] = []): Running => {
    const started = start(program, args, environment);
    running.push(started);
    return started;
  };
  const seed = async (wiki: string): Promise<void> => {
    const args = ['--wiki', wiki, '--date', '2026-10-01', '--split-bytes', '20000'];
    const seeded = await run('seed/dist/main.js', args, environment);
    assert.equal(seeded.code, 0, seeded.stderr);
  };
  const textOf = async (selector: string): Promise<string> => await page.locator(selector).innerText();
  const styleOf = async (selector: string, property: string): Promise<string> => {
    return String(await page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${property}`));
  };
  const states = async (): Promise<(string | null)[]> => {
    const tiles = await page.locator('.tile').all();
    return await Promise.all(tiles.map(async (tile) => await tile.getAttribute('data-state')));
  };

  before(async function () {
    if (CHROMIUM === undefined) return this.skip('WIKIFLEET_CHROMIUM');
    folder = await mkdtemp(join(tmpdir(), 'wikifleet-watch-'));
    const sample = join(folder, 'sample');
    const made = await run('wikifleet/dist/sample.js', ['--out', sample, '--megabytes', '16']);
    assert.equal(made.code, 0, made.stderr);
    await addBrokenWiki(sample);
    const mirror = begin('wikifleet/dist/mirror.js', [
      '--from',
      sample,
      '--port',
      '0',
      '--bytes-per-second',
      '1000000',
    ]);
    const cloud = begin('wikifleet/dist/cloud.js', ['--out', join(folder, 'out'), '--port', '0']);
    await until('the cloud answers', () => cloud.output().includes('CONVERT_DEAD_LETTER_QUEUE_URL='));
    await until('the mirror answers', () => mirror.output().includes('ftp://'));
    const exported = cloud.output().matchAll(/^export (\w+)=(.*)$/gm);
    environment = Object.fromEntries([...exported].map(([, name = '', value = '']) => [name, value]));
    const port = Number(/ftp:\/\/127\.0\.0\.1:(\d+)/.exec(mirror.output())?.[1]);
    const mirrors = join(folder, 'mirrors.json');
    const one = { name: 'sample', protocol: 'ftp', host: '127.0.0.1', port, root: '/', connections: 3, status: true };
    await writeFile(mirrors, JSON.stringify({ contact: 'nobody@localhost', mirrors: [one] }));
    environment['WIKIFLEET_MIRRORS'] = mirrors;
    environment['WIKIFLEET_WORKERS'] = '1';
    const watch = begin('fleet/dist/main.js', ['watch', '--port', '0']);
    await until('the page is served', () => watch.output().includes('http://'));
    browser = await launchBrowser();
    ({ page, wrongs } = await openPage(browser, /http:\S+/.exec(watch.output())?.[0] ?? '', DESK));
  });

  after(async () => {
    await browser?.close();
    for (const { child } of running) child.kill('SIGTERM');
    await Promise.all(running.map(async ({ ended }) => await ended));
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  it('says that there is no run before the first message', async () => {
    await page.getByText('No run so far').waitFor();
    await page.locator('#connection[data-state=live]').waitFor();
    assert.match(await textOf('#no-errors'), /No file has failed/);
  });

  it('shows the first messages and tiles that wait, with nobody at work', async () => {
    await seed('samplewiki');
    await page.locator('.tile[data-state=waiting]').first().waitFor();
    const files = (await states()).length;
    assert.ok(files >= 2, `${files} tiles`);
    await page.getByText(`waiting: ${files}`).waitFor();
    assert.deepEqual(new Set(await states()), new Set(['waiting']));
  });

  it('follows the run to its manifest', async () => {
    begin('downloader/dist/main.js');
    await page.locator('.tile:is([data-state=downloaded], [data-state=converting])').first().waitFor();
    begin('converter/dist/main.js');
    await page.locator('.tile[data-state=converting]').first().waitFor({ timeout: 60_000 });
    await takePicture(page, 'watch-working');
    await page.locator('#run-rows tr[data-state=done]').waitFor({ timeout: 120_000 });
    assert.deepEqual(new Set(await states()), new Set(['done']));
    const totals = await textOf('#totals');
    assert.match(totals, /all done/);
    assert.match(await textOf('#mirror-rows'), /sample/);
    assert.match(await textOf('#overall-label'), /^Converted: 100 %/);
  });

  it('turns a file red that cannot be converted, and says why', async () => {
    await seed('brokenwiki');
    await page.getByRole('button', { name: 'articles-multistream/brokenwiki/2026-10-01' }).click({ timeout: 30_000 });
    const red = page.locator('.tile[data-state=failed]');
    await red.waitFor({ timeout: 60_000 });
    const colour = await styleOf('.tile[data-state=failed]', 'backgroundColor');
    const [r = 0, g = 0, b = 0] = (colour.match(/\d+/g) ?? []).map(Number);
    assert.ok(r > 150 && g < 100 && b < 100, colour);
    await page.locator('#errors .code').first().waitFor();
    const label = (await red.getAttribute('aria-label')) ?? '';
    assert.match(label, /failed/);
    assert.match(label, /[A-Z]+_[A-Z]+: /);
    assert.match(await textOf('#announcements'), /1 failed/);
  });

  it('shows a hostile title as text, and runs nothing', async () => {
    await page.getByRole('button', { name: /Read the quarantine/ }).click({ timeout: 90_000 });
    await page.getByRole('heading', { name: 'Reading' }).waitFor({ state: 'detached' });
    await page.locator('#quarantine-text h3').waitFor();
    assert.equal(await page.locator('#quarantine-text h3').textContent(), HOSTILE_TITLE);
    assert.equal(await page.locator('img, main script, iframe').count(), 0);
    assert.equal(await page.title(), 'Wikifleet');
    assert.deepEqual(wrongs, []);
  });

  it('is worked by keys alone', async () => {
    await page.reload();
    const tiles = page.locator('.tile');
    await tiles
      .nth(1)
      .waitFor()
      .catch(async (error: unknown) => {
        throw new Error(`the page shows: ${await textOf('main')}; ${wrongs.join('; ')}`, { cause: error });
      });
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate('document.activeElement.className'), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate('document.activeElement.id'), 'files');
    for (const key of ['Tab', 'Tab', 'ArrowRight']) await page.keyboard.press(key);
    const focused = await page.evaluate("[...document.querySelectorAll('.tile')].indexOf(document.activeElement)");
    assert.equal(focused, 1);
    assert.equal(await page.locator('.tile[tabindex="0"]').count(), 1);
    assert.equal(await styleOf('.tile:focus', 'outlineStyle'), 'solid');
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`fits a phone, ${scheme}: nothing is wider than the screen`, async () => {
      const url = new URL('/', page.url()).href;
      const narrow = await openPage(browser!, url, { width: 375, height: 812, scheme });
      await narrow.page.locator('.tile').first().waitFor();
      await narrow.page.locator('.u-over').first().waitFor();
      const widths = await narrow.page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
      assert.deepEqual(widths, [375, 375]);
      await takePicture(narrow.page, `watch-phone-${scheme}`);
      assert.deepEqual(narrow.wrongs, []);
      await narrow.page.context().close();
    });
  }

  it('says so when the server is gone', async () => {
    const watch = running.find(({ child }) => child.spawnargs.includes('watch'));
    watch?.child.kill('SIGINT');
    assert.equal((await watch?.ended)?.code, 0, watch?.output());
    await page.getByText('Connection lost').waitFor();
  });
});
