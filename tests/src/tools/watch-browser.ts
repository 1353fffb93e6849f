import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser, Page } from 'playwright-core';

/** The browser's executable; undefined where nobody names one: these tests take minutes. */
export const CHROMIUM = process.env['WIKIFLEET_CHROMIUM'];

/** Where pictures go; without it none is taken. */
const PICTURES = process.env['WIKIFLEET_PICTURES'];

export interface Look {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
}

export async function launchBrowser(): Promise<Browser> {
  // in a container, and as root, there is no sandbox to be had
  return await chromium.launch({ executablePath: CHROMIUM ?? '', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page with what went wrong in it: scripts that threw, files that were refused, breaches of its policy. */
export async function openPage(
  browser: Browser,
  url: string,
  { width, height, scheme }: Omit<Look, 'name'>,
): Promise<{ page: Page; wrongs: string[] }> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, locale: 'en-GB' });
  const page = await context.newPage();
  const wrongs: string[] = [];
  page.on('pageerror', (error) => wrongs.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') wrongs.push(message.text());
  });
  page.on('dialog', (dialog) => {
    wrongs.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, wrongs };
}

/** Takes a picture of what the window shows, where pictures are wanted. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), animations: 'disabled' });
}
