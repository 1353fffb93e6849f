import { createHash, randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { parseMirrors, shareConnections } from '@wikifleet/config/mirrors';
import { downloadJobOf, parseConvertJob } from '@wikifleet/domain/jobs';
import type { ConvertJob } from '@wikifleet/domain/jobs';
import { planKey, rawPrefix, rawRecordKey } from '@wikifleet/domain/keys';
import { DEFAULT_SETTINGS, sealPlan } from '@wikifleet/domain/plan';
import type { Checksum, Plan } from '@wikifleet/domain/plan';
import { rawRecordSchema } from '@wikifleet/domain/receipts';
import type { RawRecord } from '@wikifleet/domain/receipts';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import type { FtpServer, FtpServerOptions } from '@wikifleet/local-cloud/ftp/ftp-server';
import { mappedTree } from '@wikifleet/local-cloud/ftp/mapped-tree';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { MirrorPool } from '@wikifleet/mirror/mirror-pool';
import type { MirrorRest } from '@wikifleet/mirror/mirror-pool';
import { loadPlan } from '@wikifleet/runs/load-plan';
import { rawKeyOf } from '@wikifleet/runs/raw-records';
import { PartMemory } from '@wikifleet/store/part-memory';
import { openMirror } from '@wikifleet/mirror/open-mirror';
import { Queue } from '@wikifleet/queue/queue';
import { Store } from '@wikifleet/store/store';
import { createLog } from '@wikifleet/worker/log';
import { NO_METRICS } from '@wikifleet/worker/metrics';
import { ReleaseStack } from '@wikifleet/worker/release-stack';
import type { JobContext } from '@wikifleet/worker/service';
import { download } from '../download.js';
import type { DownloaderParts } from '../download.js';

export const RUN = { kind: 'articles', wiki: 'testwiki', date: '2026-10-01' } as const;
export const MIB = 1024 * 1024;

export function fileName(number = 1): string {
  return `testwiki-20261001-pages-articles${number}.xml.bz2`;
}

export function pathOf(file: string): string {
  return `testwiki/20261001/${file}`;
}

/** Random bytes that begin as a bzip2 file does. */
export function randomFile(bytes: number): Buffer {
  return Buffer.concat([Buffer.from('BZh9'), randomBytes(bytes - 4)]);
}

export function sha1Of(bytes: Uint8Array): Checksum {
  return { algorithm: 'sha1', value: createHash('sha1').update(bytes).digest('hex') };
}

/** A plan of the files whose bytes are given, with their true sizes and checksums, or what `known` says of them. */
export function planOf(
  files: ReadonlyMap<string, Uint8Array>,
  known: { readonly size?: number | null; readonly checksum?: Checksum | null } = {},
): Plan {
  return sealPlan({
    run: RUN,
    vouchedBy: 'dumpstatus',
    settings: {
      ...DEFAULT_SETTINGS,
      splitBytes: 8 * MIB,
    },
    files: [...files].map(([file, bytes]) => ({
      file,
      path: pathOf(file),
      size: known.size === undefined ? bytes.length : known.size,
      checksum: known.checksum === undefined ? sha1Of(bytes) : known.checksum,
    })),
    supersedes: [],
    nonce: '0123456789abcdef',
  });
}

/** A mirror on loopback: its files by name, how it fails, and what it allows. */
export interface TestMirror extends Omit<FtpServerOptions, 'tree'> {
  readonly name: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What the mirror file says that it allows; 3 by default. */
  readonly connections?: number;
  /** It speaks HTTP, and answers so: `file` is null for a path that it has not. */
  readonly http?: (request: IncomingMessage, response: ServerResponse, file: Uint8Array | null) => void;
  /** Where the paths and bytes are kept, for who wants to change them. */
  readonly tree?: Map<string, Uint8Array>;
}

/** One downloader task, as `main.ts` wires it. */
export interface TestTask {
  readonly parts: DownloaderParts;
  readonly rests: readonly MirrorRest[];
}

/** S3 and SQS on loopback, and downloads from mirrors of one's own. */
export class DownloadHarness {
  readonly store: Store;
  readonly #s3: S3Client;
  readonly #sqs: SQSClient;
  readonly #releases: ReleaseStack;
  #queueUrl = '';

  private constructor(s3: S3Client, sqs: SQSClient, releases: ReleaseStack) {
    this.#s3 = s3;
    this.#sqs = sqs;
    this.#releases = releases;
    this.store = new Store(s3, 'test');
  }

  static async start(): Promise<DownloadHarness> {
    const releases = new ReleaseStack();
    const folder = await mkdtemp(join(tmpdir(), 'wikifleet-download-'));
    releases.defer(folder, async (path) => await rm(path, { recursive: true, force: true }));
    const cloud = releases.defer(await startLocalCloud({ directory: folder }), async (c) => await c.close());
    const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
    const client = { endpoint: cloud.endpoint, region: 'us-east-1', credentials };
    const s3 = releases.defer(new S3Client({ ...client, forcePathStyle: true }), (c) => c.destroy());
    const sqs = releases.defer(new SQSClient({ ...client, useQueueUrlAsEndpoint: false }), (c) => c.destroy());
    await s3.send(new CreateBucketCommand({ Bucket: 'test' }));
    return new DownloadHarness(s3, sqs, releases);
  }

  async close(): Promise<void> {
    await this.#releases.close();
  }

  /** Nothing is left of a test before. */
  async clear(): Promise<void> {
    const QueueName = `q${randomBytes(4).toString('hex')}`;
    this.#queueUrl = (await this.#sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
    const keys: string[] = [];
    for await (const { key } of this.store.list('')) keys.push(key);
    await this.store.delete(keys);
  }

  /** Starts the mirrors, and `tasks` that share their connections, for as long as `work` runs. */
  async withMirrors<T>(
    mirrors: readonly TestMirror[],
    work: (tasks: readonly TestTask[], servers: readonly FtpServer[]) => Promise<T>,
    tasks = 1,
  ): Promise<T> {
    const releases = new ReleaseStack();
    try {
      const servers: FtpServer[] = [];
      const ports: number[] = [];
      for (const { name: _name, files, connections: _connections, tree = new Map(), http, ...options } of mirrors) {
        for (const [file, bytes] of files) tree.set(`/${pathOf(file)}`, bytes);
        if (http !== undefined) {
          const web = createServer((request, response) => http(request, response, tree.get(request.url ?? '') ?? null));
          releases.defer(web, (s) => {
            s.closeAllConnections();
            s.close();
          });
          await once(web.listen(0, '127.0.0.1'), 'listening');
          ports.push((web.address() as AddressInfo).port);
          continue;
        }
        const server = await startFtpServer({ ...options, tree: mappedTree(tree) });
        servers.push(releases.defer(server, async (s) => await s.close()));
        ports.push(server.port);
      }
      const text = JSON.stringify({
        contact: 'nobody@localhost',
        mirrors: mirrors.map(({ name, http, connections = 3 }, at) => ({
          name,
          protocol: http === undefined ? 'ftp' : 'http',
          host: '127.0.0.1',
          port: ports[at],
          root: '/',
          connections,
        })),
      });
      const configs = shareConnections(parseMirrors(text, 'test').mirrors, tasks);
      const made = Array.from({ length: tasks }, (): TestTask => {
        const known = configs.map((config) => {
          const mirror = openMirror(config, { userAgent: 'wikifleet test', stallMs: 1000 });
          return { config, mirror: releases.defer(mirror, async (m) => await m.close()) };
        });
        const rests: MirrorRest[] = [];
        const pool = new MirrorPool(known, { restMs: 50, onRest: (rest) => void rests.push(rest) });
        const converts = new Queue(this.#sqs, this.#queueUrl, this.#queueUrl);
        return { parts: { store: this.store, converts, mirrors: known, pool, memory: new PartMemory(4) }, rests };
      });
      return await work(made, servers);
    } finally {
      await releases.close();
    }
  }

  context(receiveCount = 1, signal: JobContext['signal'] = new AbortController().signal): JobContext {
    const log = createLog('test', process.env['TEST_LOG'] ?? 'silent');
    return { signal, log, metrics: NO_METRICS, receiveCount };
  }

  /** Downloads all files of a plan by one task, at once. */
  async downloadAll(task: TestTask, plan: Plan, receiveCount = 1): Promise<void> {
    await this.store.putJson(planKey(RUN), plan);
    const jobs = plan.files.map((file) => downloadJobOf(plan, file));
    await Promise.all(jobs.map(async (job) => await download(task.parts, job, this.context(receiveCount))));
  }

  /** The raw object record of a file, of whatever plan is current. */
  async record(file: string): Promise<RawRecord | undefined> {
    const plan = await loadPlan(this.store, RUN);
    if (plan === null) return undefined;
    return (await this.store.getJson(rawRecordKey(RUN, plan.planId, file), rawRecordSchema))?.value;
  }

  /** The keys of the raw objects of a file: one for each attempt that is left. */
  async rawObjects(file: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.store.list(rawPrefix(RUN, file))) keys.push(key);
    return keys;
  }

  /** The raw object is byte for byte `bytes`, its record says so, and no other attempt is left. */
  async assertWhole(file: string, bytes: Uint8Array): Promise<void> {
    const record = await this.record(file);
    assert.ok(record);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    assert.equal(record.result.sha256, sha256);
    assert.deepEqual(await this.rawObjects(file), [rawKeyOf(record)]);
    const answer = await this.#s3.send(new GetObjectCommand({ Bucket: 'test', Key: rawKeyOf(record) }));
    const stored = createHash('sha256');
    for await (const chunk of answer.Body as AsyncIterable<Uint8Array>) stored.update(chunk);
    assert.equal(stored.digest('hex'), sha256);
    assert.equal(answer.ETag, record.attempt.etag);
    assert.equal(await this.store.abortUploads(''), 0, 'no upload is left');
  }

  async assertNothingThere(file: string): Promise<void> {
    assert.deepEqual(await this.rawObjects(file), []);
    assert.equal(await this.record(file), undefined);
    assert.deepEqual(await this.enqueued(), []);
    assert.equal(await this.store.abortUploads(''), 0, 'no upload is left');
  }

  /** Takes the convert jobs out of the queue. */
  async enqueued(): Promise<ConvertJob[]> {
    const jobs: ConvertJob[] = [];
    for (;;) {
      const receive = new ReceiveMessageCommand({ QueueUrl: this.#queueUrl, MaxNumberOfMessages: 10 });
      const { Messages = [] } = await this.#sqs.send(receive);
      if (Messages.length === 0) return jobs.toSorted((a, b) => a.split.index - b.split.index);
      jobs.push(...Messages.map(({ Body = '' }) => parseConvertJob(Body)));
    }
  }
}
