import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import { UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { startFtpServer } from '@wikifleet/local-cloud/ftp/ftp-server';
import type { FtpTree } from '@wikifleet/local-cloud/ftp/ftp-tree';
import { startLocalCloud } from '@wikifleet/local-cloud/local-cloud';
import { connect } from '@wikifleet/worker/connect';
import type { Cloud } from '@wikifleet/worker/connect';
import type { ReleaseStack } from '@wikifleet/worker/release-stack';
import { makeFolder } from '@wikifleet/worker/make-folder';
import { fleetEnvironment } from '../fleet-environment.js';
import { BUCKET, createResources } from './cloud-resources.js';
import type { FaultWatch } from './fault-watch.js';
import type { Environment } from './fleet-processes.js';
import { realPathOf, refuseLink } from './folders.js';
import { OBJECT_FOLDERS } from './own-keys.js';
import type { OwnKeys } from './own-keys.js';
import { writeState } from './write-state.js';

/** Ours in the folder of the objects; S3 does not show it. */
export const STATE_FOLDER = '.wikifleet';
const MIRROR_CONNECTIONS = 3;

export interface Folders {
  /** Where objects go. */
  readonly out: string;
  readonly state: string;
}

/**
 * Makes the folder where objects go, and ours in it. Throws a `UsageError` where it cannot be written, or where one of our
 * folders is a link to somewhere else.
 */
export async function prepareOut(out: string): Promise<Folders> {
  const folder = await realPathOf(out);
  const state = join(folder, STATE_FOLDER);
  const probe = join(state, 'writable');
  await refuseLink(state);
  try {
    await makeFolder(join(state, 'logs'));
    for (const entry of await readdir(state)) await refuseLink(join(state, entry));
    await rm(probe, { force: true });
    await writeFile(probe, '1', { flag: 'wx' });
    await rm(probe);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError('OUT_UNWRITABLE', `--out ${out} cannot be written: ${messageOf(error)}`, { cause: error });
  }
  return { out: folder, state };
}

/** Deletes what the runs below `out` wrote, objects and messages, and nothing else of the folder. Plans go last. */
export async function forgetRuns({ store, downloads, converts }: Cloud, own: OwnKeys): Promise<void> {
  const plans: string[] = [];
  for (const folder of OBJECT_FOLDERS) {
    const keys: string[] = [];
    for await (const { key } of store.list(`${folder}/`)) {
      if (own.has(key)) (own.isPlan(key) ? plans : keys).push(key);
    }
    await store.delete(keys);
    await store.abortUploads(`${folder}/`, undefined, (key) => own.has(key));
  }
  await store.delete(plans);
  for (const { client, url, deadLetterUrl } of [downloads, converts]) {
    for (const QueueUrl of [url, deadLetterUrl]) {
      await client.send(new PurgeQueueCommand({ QueueUrl })).catch((error: unknown) => {
        // it was purged within the last minute; what came since belongs to a plan that is gone, and is dropped by whoever gets it
        if (codeOf(error) !== 'PurgeQueueInProgress') throw error;
      });
    }
  }
}

export interface LoopbackCloud {
  readonly environment: Environment;
  readonly cloud: Cloud;
}

/** Starts SQS and S3 on loopback, with bucket and queues. Objects are the files below `out`. */
export async function startCloud(
  folders: Folders,
  port: number,
  releases: ReleaseStack,
  faults?: FaultWatch,
): Promise<LoopbackCloud> {
  const server = await writeState(
    folders.state,
    async () =>
      await startLocalCloud({
        directory: join(folders.state, 'cloud'),
        buckets: { [BUCKET]: folders.out },
        port,
        onFault: (what, error) => faults?.report(`${what} (in ${folders.out})`, error),
      }),
  );
  releases.defer(server, async (s) => {
    try {
      await s.close();
    } catch (error) {
      // what was reported before is not said twice
      if (faults?.first === undefined) throw error;
    }
  });
  await createResources(server.endpoint);
  const environment = fleetEnvironment(server.endpoint);
  // the clients of this process take their credentials from the environment too
  Object.assign(process.env, environment);
  const cloud = await connect(
    {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_REGION: environment.AWS_REGION,
      WIKIFLEET_BUCKET: environment.WIKIFLEET_BUCKET,
      WIKIFLEET_DOWNLOAD_QUEUE_URL: environment.WIKIFLEET_DOWNLOAD_QUEUE_URL,
      WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL: environment.WIKIFLEET_DOWNLOAD_DEAD_LETTER_QUEUE_URL,
      WIKIFLEET_CONVERT_QUEUE_URL: environment.WIKIFLEET_CONVERT_QUEUE_URL,
      WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL: environment.WIKIFLEET_CONVERT_DEAD_LETTER_QUEUE_URL,
    },
    releases,
  );
  return { environment: { ...environment }, cloud };
}

/** Starts an FTP mirror on loopback, and writes the mirror file that names it; returns that file's path. */
export async function startMirror(tree: FtpTree, state: string, releases: ReleaseStack): Promise<string> {
  const server = await startFtpServer({ tree, maxConnections: 2 * MIRROR_CONNECTIONS });
  releases.defer(server, async (s) => await s.close());
  const path = join(state, 'mirrors.json');
  const mirror = {
    name: 'loopback',
    protocol: 'ftp',
    host: server.host,
    port: server.port,
    root: '/',
    connections: MIRROR_CONNECTIONS,
    status: true,
  };
  await writeState(path, `${JSON.stringify({ contact: 'nobody@localhost', mirrors: [mirror] }, null, 2)}\n`);
  return path;
}
