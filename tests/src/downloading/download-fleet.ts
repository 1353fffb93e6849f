import assert from 'node:assert/strict';
import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { start, until } from '../end-to-end/programs.js';
import type { Ended, Running } from '../end-to-end/programs.js';

export const WIKI = 'testwiki';
export const DATE = '20261001';

/** One line of the downloader's log. */
export type LogLine = Readonly<Record<string, unknown>>;

export interface MirrorLine {
  readonly name: string;
  readonly port: number;
  readonly connections: number;
  /** The folder that holds the wikis; the top by default. */
  readonly root?: string;
}

export interface Downloader {
  readonly pid: number;
  readonly lines: readonly LogLine[];
  readonly stop: () => Promise<Ended>;
}

/** `npm run cloud`, `seed` and `downloader` as processes, against FTP servers of the test's own. */
export class DownloadFleet {
  readonly #out: string;
  readonly #cloud: Running;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #downloaders: Downloader[] = [];

  private constructor(out: string, cloud: Running, environment: Readonly<Record<string, string>>) {
    this.#out = out;
    this.#cloud = cloud;
    this.#environment = environment;
  }

  static async start(folder: string, mirrors: readonly MirrorLine[]): Promise<DownloadFleet> {
    const out = join(folder, 'out');
    await mkdir(out);
    const file = join(folder, 'mirrors.json');
    const list = mirrors.map((mirror) => ({ root: '/', ...mirror, protocol: 'ftp', host: '127.0.0.1' }));
    await writeFile(file, JSON.stringify({ contact: 'nobody@localhost', mirrors: list }));
    const cloud = start('wikifleet/dist/cloud.js', ['--out', out, '--port', '0']);
    await until('the cloud names its dead-letter queue', () =>
      cloud.output().includes('CONVERT_DEAD_LETTER_QUEUE_URL='),
    );
    const exported = cloud.output().matchAll(/^export (\w+)=(.*)$/gm);
    const environment = Object.fromEntries([...exported].map(([, name = '', value = '']) => [name, value]));
    return new DownloadFleet(out, cloud, { ...environment, WIKIFLEET_MIRRORS: file });
  }

  async seed(args: readonly string[]): Promise<Ended> {
    return await start('seed/dist/main.js', args, this.#environment).ended;
  }

  startDownloader(more: Readonly<Record<string, string>> = {}): Downloader {
    const { child, ended } = start('downloader/dist/main.js', [], { ...this.#environment, ...more });
    const lines: LogLine[] = [];
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line) as LogLine));
    }
    const stop = async (): Promise<Ended> => {
      child.kill('SIGTERM');
      return await ended;
    };
    const downloader = { pid: child.pid ?? -1, lines, stop };
    this.#downloaders.push(downloader);
    return downloader;
  }

  /** All lines of one event, of all downloaders. */
  events(event: string): LogLine[] {
    return this.#downloaders.flatMap(({ lines }) => lines.filter((line) => line['event'] === event));
  }

  /** Bytes that the log of the downloads says have come. */
  received(file: string): number {
    const last = this.events('download_progressed').findLast((line) => line['file'] === file);
    return Number(last?.['received'] ?? 0);
  }

  async downloaded(files: readonly string[], seconds: number): Promise<void> {
    await until(
      `${files.join(', ')} are there`,
      () => {
        const there = new Set(this.events('file_downloaded').map((line) => line['file']));
        const failed = this.events('job given up')[0];
        if (failed !== undefined) throw new Error(JSON.stringify(failed));
        return files.every((file) => there.has(file));
      },
      seconds,
    );
  }

  /** The SHA-1 of the raw object of a file, read from the bucket's folder. Fails unless exactly one attempt has left an object. */
  async sha1OfRaw(file: string): Promise<string> {
    const folder = join(this.#out, 'raw', 'articles', WIKI, '2026-10-01', file);
    const attempts = await readdir(folder);
    assert.equal(attempts.length, 1, `raw objects of ${file}: ${attempts.join(', ')}`);
    return await sha1OfFile(join(folder, ...attempts));
  }

  /** May be called twice. */
  async close(): Promise<void> {
    await Promise.all(this.#downloaders.splice(0).map(async ({ stop }) => await stop()));
    this.#cloud.child.kill('SIGTERM');
    await this.#cloud.ended;
  }
}

export async function sha1OfFile(path: string): Promise<string> {
  const hash = createHash('sha1');
  for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

/** Makes a legacy run of files of random bytes below `root`; returns their names and SHA-1s. */
export async function writeRun(root: string, sizes: readonly number[], wiki = WIKI): Promise<Map<string, string>> {
  const folder = join(root, wiki, DATE);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const sums = new Map<string, string>();
  const files: Record<string, { size: number; sha1: string; url: string }> = {};
  for (const [at, size] of sizes.entries()) {
    const file = `${wiki}-${DATE}-pages-articles${at + 1}.xml-p${at * 100 + 1}p${at * 100 + 100}.bz2`;
    const bytes = randomFillSync(Buffer.allocUnsafe(size));
    bytes.set(Buffer.from('BZh9').subarray(0, size));
    await writeFile(join(folder, file), bytes, { mode: 0o644 });
    const sha1 = createHash('sha1').update(bytes).digest('hex');
    sums.set(file, sha1);
    files[file] = { size, sha1, url: `/${wiki}/${DATE}/${file}` };
  }
  const status = { version: '0.8', jobs: { articlesdump: { status: 'done', updated: '2026-10-02 00:00:00', files } } };
  await writeFile(join(folder, 'dumpstatus.json'), JSON.stringify(status), { mode: 0o644 });
  return sums;
}

/** What a process has in memory now and had at most, in bytes (Linux): `own` leaves out the files it has mapped, as Node itself. */
export async function memoryOf(pid: number): Promise<{ own: number; peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (pattern: RegExp): number => 1024 * Number(pattern.exec(status)?.[1] ?? Number.NaN);
  return { own: bytes(/^RssAnon:\s+(\d+) kB$/m), peak: bytes(/^VmHWM:\s+(\d+) kB$/m) };
}
