import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { FleetError, PermanentError } from '@wikifleet/domain/errors';
import type { DownloadJob } from '@wikifleet/domain/jobs';
import type { Checksum } from '@wikifleet/domain/plan';
import type { Mirror } from '@wikifleet/mirror/mirror';

/** What takes the bytes: an upload that is completed or aborted by whoever made it. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}

export interface Fetched {
  readonly size: number;
  readonly sha256: string;
  /** The first bytes, as many as tell how the file is packed. */
  readonly firstBytes: Uint8Array;
  readonly mirror: string;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
  readonly onResume?: (error: unknown, offset: number, mirror: string) => void;
}

/** Resumes in a row that brought no byte. */
const MAX_RESUMES = 5;
const FIRST_BYTES = 16;

export function newAttemptId(): string {
  return randomUUID();
}

/** The size of a file in bytes, by the plan or, where that does not say, by the first mirror that has it. */
export async function sizeOfFile(
  mirrors: readonly Mirror[],
  job: DownloadJob,
  signal: AbortSignal,
): Promise<{ size: number; mirror: Mirror }> {
  const absent: string[] = [];
  let failure: unknown;
  for (const mirror of mirrors) {
    try {
      const size = await mirror.size(job.path, { signal });
      if (size !== null && (job.size === null || size === job.size)) return { size, mirror };
      absent.push(size === null ? `${mirror.name} lacks it` : `${mirror.name} has ${size} bytes`);
    } catch (error) {
      signal.throwIfAborted();
      failure ??= error;
    }
  }
  // a mirror that could not be asked may have the file yet
  if (failure !== undefined) throw failure;
  const expected = job.size === null ? 'a file' : `${job.size} bytes`;
  throw new PermanentError(
    'FILE_NOT_ON_MIRROR',
    `${job.file}: expected ${expected} on a mirror; ${absent.join(', ')}`,
    {
      place: job.path,
      expected,
      received: absent.join(', '),
    },
  );
}

/**
 * Moves the bytes of a file into `sink`, hashing on the way, and goes on where a connection broke. Returns only when
 * the size and the checksum are what they must be: `SIZE_DIFFERS`, `CHECKSUM_DIFFERS` otherwise.
 */
export async function fetchFile(
  mirror: Mirror,
  job: DownloadJob,
  size: number,
  sink: ByteSink,
  options: FetchOptions,
): Promise<Fetched> {
  const { signal } = options;
  const sha256 = createHash('sha256');
  const upstream = upstreamHash(job.checksum);
  let firstBytes = Buffer.alloc(0);
  let received = 0;
  let resumes = 0;
  while (received < size) {
    try {
      const stream = await mirror.open(job.path, { offset: received, expectedSize: size, signal });
      for await (const bytes of stream) {
        if (received + bytes.length > size) throw sizeDiffers(job, size, `more than ${size} bytes`);
        await sink.write(bytes);
        if (firstBytes.length < FIRST_BYTES) firstBytes = Buffer.concat([firstBytes, bytes.subarray(0, FIRST_BYTES)]);
        sha256.update(bytes);
        upstream?.update(bytes);
        received += bytes.length;
        resumes = 0;
        options.onProgress?.(bytes.length);
      }
      // a transfer that was cut and confirmed all the same is one that broke
      if (received < size)
        throw new FleetError('MIRROR_CUT', `${job.file}: ${mirror.name} ended at byte ${received} of ${size}`);
    } catch (error) {
      signal.throwIfAborted();
      resumes += 1;
      if (error instanceof PermanentError || resumes > MAX_RESUMES) throw error;
      options.onResume?.(error, received, mirror.name);
      await sleep(200 * 2 ** resumes, undefined, { signal });
    }
  }
  const found = upstream?.digest('hex');
  if (job.checksum !== null && found !== job.checksum.value) {
    const { algorithm, value } = job.checksum;
    throw new FleetError(
      'CHECKSUM_DIFFERS',
      `${job.file} from ${mirror.name}: expected ${algorithm} ${value}, received ${found}`,
      {
        place: job.path,
        expected: `${algorithm} ${value}`,
        received: `${algorithm} ${found}`,
      },
    );
  }
  return { size: received, sha256: sha256.digest('hex'), firstBytes, mirror: mirror.name };
}

function upstreamHash(checksum: Checksum | null): ReturnType<typeof createHash> | undefined {
  return checksum === null ? undefined : createHash(checksum.algorithm);
}

function sizeDiffers(job: DownloadJob, size: number, received: string): FleetError {
  return new FleetError('SIZE_DIFFERS', `${job.file}: expected ${size} bytes, received ${received}`, {
    place: job.path,
    expected: `${size} bytes`,
    received,
  });
}
