import { once } from 'node:events';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { directoryTree } from '@wikifleet/local-cloud/ftp/directory-tree';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import type { FtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import { run, start, until } from '../end-to-end/programs.js';
import type { Ended, Running } from '../end-to-end/programs.js';

export const WIKI = 'samplewiki';
export const RUN = `kind=articles-multistream/wiki_id=${WIKI}/snapshot=2026-10-01`;

export type LogLine = Readonly<Record<string, unknown>>;
export type QueueName = 'DOWNLOAD' | 'CONVERT';

/** Passes TCP on, and holds long answers to a rate: what a worker reads lasts as long as a test wants. */
export class SlowLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Of each connection, after its first bytes. */
  bytesPerSecond = Infinity;
  /** Answers that are held up now. */
  held = 0;

  private constructor(target: URL) {
    this.#server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname);
      client.pipe(upstream);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          client.destroy();
          upstream.destroy();
        });
      }
      void this.#passSlowly(upstream, client).catch(() => client.destroy());
    });
  }

  static async open(target: string): Promise<SlowLink> {
    const link = new SlowLink(new URL(target));
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #passSlowly(from: Socket, to: Socket): Promise<void> {
    const free = 65_536;
    let passed = 0;
    for await (const bytes of from as AsyncIterable<Buffer>) {
      passed += bytes.length;
      if (passed > free && this.bytesPerSecond !== Infinity) {
        this.held += 1;
        const end = Date.now() + (1000 * bytes.length) / this.bytesPerSecond;
        while (this.bytesPerSecond !== Infinity && Date.now() < end && !to.destroyed) await sleep(10);
        this.held -= 1;
      }
      if (!to.write(bytes) && !to.destroyed) await Promise.race([once(to, 'drain'), once(to, 'close')]);
    }
    to.end();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A worker as a process, with its log. */
export interface WorkerProcess extends Running {
  readonly lines: () => LogLine[];
  /** Lines of one event. */
  readonly events: (event: string) => LogLine[];
  readonly kill: (signal: NodeJS.Signals) => void;
}

/** A mirror with a sample, a cloud, and workers as processes, each with its own way to the cloud. */
export class WorkerProcesses {
  readonly folder: string;
  readonly mirror: FtpServer;
  readonly #cloud: Running;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #sqs: SQSClient;
  readonly #links: SlowLink[] = [];
  readonly #workers: WorkerProcess[] = [];

  private constructor(
    folder: string,
    mirror: FtpServer,
    cloud: Running,
    environment: Readonly<Record<string, string>>,
  ) {
    this.folder = folder;
    this.mirror = mirror;
    this.#cloud = cloud;
    this.#environment = environment;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const endpoint = environment['AWS_ENDPOINT_URL'] ?? '';
    this.#sqs = new SQSClient({ endpoint, region: 'us-east-1', credentials, useQueueUrlAsEndpoint: false });
  }

  /** The sample is seeded: its files wait in the download queue, a split each. */
  static async start(folder: string, mirrorBytesPerSecond?: number): Promise<WorkerProcesses> {
    const sample = join(folder, 'mirror');
    const made = await run('wikifleet/dist/sample.js', ['--out', sample, '--megabytes', '4']);
    if (made.code !== 0) throw new Error(made.stderr);
    const limit = mirrorBytesPerSecond === undefined ? {} : { bytesPerSecond: mirrorBytesPerSecond };
    const mirror = await startFtpServer({ tree: directoryTree(sample), ...limit });
    const cloud = start('wikifleet/dist/cloud.js', ['--out', join(folder, 'out'), '--port', '0']);
    await until('the cloud names its dead-letter queue', () =>
      cloud.output().includes('CONVERT_DEAD_LETTER_QUEUE_URL='),
    );
    const exported = cloud.output().matchAll(/^export (\w+)=(.*)$/gm);
    const mirrors = join(folder, 'mirrors.json');
    const one = { name: 'sample', protocol: 'ftp', host: '127.0.0.1', port: mirror.port, root: '/' };
    await writeFile(
      mirrors,
      JSON.stringify({ contact: 'nobody@localhost', mirrors: [{ ...one, connections: 4, status: true }] }),
    );
    const environment = {
      ...Object.fromEntries([...exported].map(([, name = '', value = '']) => [name, value])),
      WIKIFLEET_MIRRORS: mirrors,
      WIKIFLEET_LOG_LEVEL: 'debug',
    };
    const processes = new WorkerProcesses(folder, mirror, cloud, environment);
    const seeded = await run('seed/dist/main.js', ['--wiki', WIKI, '--date', '2026-10-01'], environment);
    if (seeded.code !== 0) throw new Error(seeded.stderr);
    return processes;
  }

  /** A way to the cloud that can be made slow. */
  async link(): Promise<SlowLink> {
    const link = await SlowLink.open(this.#environment['AWS_ENDPOINT_URL'] ?? '');
    this.#links.push(link);
    return link;
  }

  worker(
    program: 'downloader' | 'converter',
    more: Readonly<Record<string, string>> = {},
    args: readonly string[] = [],
  ): WorkerProcess {
    const running = start(`${program}/dist/main.js`, args, { ...this.#environment, ...more });
    const lines = (): LogLine[] =>
      running
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as LogLine);
    const worker = {
      ...running,
      lines,
      events: (event: string) => lines().filter((line) => line['event'] === event),
      kill: (signal: NodeJS.Signals) => void running.child.kill(signal),
    };
    this.#workers.push(worker);
    return worker;
  }

  /** All files are downloaded by a worker that has gone again: their splits wait in the convert queue. */
  async downloadAll(): Promise<void> {
    const downloader = this.worker('downloader');
    await until('both files are downloaded', () => downloader.events('file_downloaded').length === 2);
    await until('its messages are gone', async () => (await this.depth('DOWNLOAD')).inFlight === 0);
    downloader.kill('SIGTERM');
    await downloader.ended;
  }

  async depth(queue: QueueName): Promise<{ visible: number; inFlight: number }> {
    const answer = await this.#sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl: this.#environment[`WIKIFLEET_${queue}_QUEUE_URL`],
        AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
      }),
    );
    return {
      visible: Number(answer.Attributes?.['ApproximateNumberOfMessages']),
      inFlight: Number(answer.Attributes?.['ApproximateNumberOfMessagesNotVisible']),
    };
  }

  /** Milliseconds from `since` until no message of a queue is hidden any more. */
  async handedBackAfter(since: number, queue: QueueName): Promise<number> {
    await until(`nothing of ${queue} is hidden`, async () => (await this.depth(queue)).inFlight === 0);
    return Date.now() - since;
  }

  /** Objects below a prefix, by key, as they lie in the bucket's folder. */
  async objects(prefix: string): Promise<Map<string, Buffer>> {
    const below = join(this.folder, 'out', prefix);
    const names = (await readdir(below, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    const keys = names.map(({ parentPath, name }) => join(parentPath, name)).toSorted();
    const objects = new Map<string, Buffer>();
    for (const key of keys) objects.set(key.slice(below.length + 1), await readFile(key));
    return objects;
  }

  /** Whether the run is closed. */
  async isWhole(): Promise<boolean> {
    const keys = [...(await this.objects('runs')).keys()];
    return keys.some((key) => /\/[0-9a-f]{16}\/manifest\.json$/.test(key));
  }

  /** May be called twice. */
  async close(): Promise<void> {
    for (const worker of this.#workers.splice(0)) {
      worker.kill('SIGKILL');
      await worker.ended;
    }
    for (const link of this.#links.splice(0)) await link.close();
    await this.mirror.close();
    this.#sqs.destroy();
    this.#cloud.child.kill('SIGTERM');
    await this.#cloud.ended;
  }
}

/** The exit of a worker, and how many milliseconds after `since` it came. */
export async function exitAfter(worker: WorkerProcess, since: number): Promise<Ended & { readonly ms: number }> {
  const ended = await worker.ended;
  return { ...ended, ms: Date.now() - since };
}
