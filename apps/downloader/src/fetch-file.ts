import { createHash } from 'node:crypto';
import { FleetError, PermanentError, codeOf } from '@wikifleet/domain/errors';
import type { DownloadJob } from '@wikifleet/domain/jobs';
import type { Mirror } from '@wikifleet/mirror/mirror';
import { errorOfMirrors } from '@wikifleet/mirror/mirror-error';
import { isHopeless } from '@wikifleet/mirror/mirror-pool';
import type { MirrorPool, Turn } from '@wikifleet/mirror/mirror-pool';

/** What takes the bytes: an upload that is completed or aborted by whoever made it. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}

/** What one job knows of the mirrors, and how it tells what happens. */
export interface FetchContext {
  readonly job: DownloadJob;
  readonly pool: MirrorPool;
  /** Those that may have the file. */
  readonly mirrors: readonly Mirror[];
  /** Those that do not, by name, with what they have instead; it grows. */
  readonly refused: Map<string, string>;
  readonly signal: AbortSignal;
  readonly onBytes: (received: number, mirror: string) => void;
  readonly onResume: (error: unknown, offset: number, mirror: string) => void;
}

export interface Fetched {
  readonly size: number;
  /** By the algorithm of the job's checksum; null where it has none. */
  readonly digest: string | null;
  /** The first bytes, as many as tell how the file is packed. */
  readonly firstBytes: Uint8Array;
  /** Whose bytes these are, in their order. */
  readonly mirrors: readonly string[];
}

/** Failures in a row that brought no byte, of all mirrors together; then the job is handed back. */
const MOST_BARREN = 5;
const FIRST_BYTES = 16;

/** The size of a file in bytes as the first mirror has it that does; throws `FILE_NOT_ON_MIRROR`. */
export async function sizeOfFile(context: FetchContext): Promise<number> {
  const { job, signal } = context;
  const failures = new Map<string, unknown>();
  for (let barren = 0; ; barren += 1) {
    const turn = await nextTurn(context, null);
    try {
      const size = await turn.mirror.size(job.path, { signal });
      turn.done(0);
      if (size !== null) return size;
      context.refused.set(turn.mirror.name, 'lacks it');
    } catch (error) {
      settle(context, turn, error, 0);
      if (codeOf(error) === 'MIRROR_BUSY') barren -= 1;
      if (isHopeless(error)) throw error;
      failures.set(turn.mirror.name, error);
      if (barren >= MOST_BARREN) throw errorOfMirrors(failures);
    }
  }
}

/**
 * Moves the bytes of a file into `sink`, hashing on the way. Where a connection breaks it goes on at the same byte, from
 * whatever mirror is free, or from `alone` where that names one. Returns when a mirror has confirmed the end and the
 * bytes are as many as `size`. Throws `FILE_NOT_ON_MIRROR` or `SIZE_DIFFERS` when no mirror is left, an error that names each
 * failing mirror after too many attempts without progress, and whatever the sink throws.
 */
export async function fetchFile(
  context: FetchContext,
  size: number,
  sink: ByteSink,
  alone: string | null,
): Promise<Fetched> {
  const { job, signal } = context;
  const assembly = new Assembly(job, sink);
  const failures = new Map<string, unknown>();
  let barren = 0;
  for (;;) {
    const turn = await nextTurn(context, alone);
    const { mirror } = turn;
    const offset = assembly.received;
    try {
      const stream = await mirror.open(job.path, { offset, expectedSize: size, signal });
      for await (const bytes of stream) {
        await assembly.take(bytes as Buffer, mirror.name);
        context.onBytes(assembly.received, mirror.name);
      }
      // a mirror that does not say how long a file is may end early
      if (assembly.received < size) {
        throw new FleetError(
          'MIRROR_CUT',
          `${mirror.name}: ${job.path}: ended at ${assembly.received} of ${size} bytes`,
        );
      }
      turn.done(assembly.received - offset);
      return assembly.finish();
    } catch (error) {
      const bytes = assembly.received - offset;
      if (assembly.failed) turn.done(bytes);
      else settle(context, turn, error, bytes);
      if (assembly.failed || isHopeless(error)) throw error;
      if (bytes > 0) {
        barren = 0;
        failures.clear();
      } else if (codeOf(error) !== 'MIRROR_BUSY') barren += 1;
      failures.set(mirror.name, error);
      if (barren > MOST_BARREN) throw errorOfMirrors(failures);
      context.onResume(error, assembly.received, mirror.name);
    }
  }
}

/** Waits for a mirror that may have the file. */
async function nextTurn(context: FetchContext, alone: string | null): Promise<Turn> {
  const { pool, mirrors, refused, signal } = context;
  const left = new Set(mirrors.filter(({ name }) => !refused.has(name) && (alone === null || name === alone)));
  if (left.size === 0) throw notOnMirror(context);
  return await pool.acquire((mirror) => left.has(mirror), signal);
}

/** Ends a turn that went wrong: a mirror without the file, or with another, is asked no more. */
function settle({ refused, signal }: FetchContext, turn: Turn, error: unknown, bytes: number): void {
  if (signal.aborted) {
    turn.done(bytes);
    throw signal.reason;
  }
  turn.failed(error, bytes);
  const code = codeOf(error);
  if (code === 'MIRROR_NOT_FOUND') refused.set(turn.mirror.name, 'lacks it');
  else if (code === 'MIRROR_SIZE_DIFFERS') {
    refused.set(turn.mirror.name, `has ${(error instanceof FleetError && error.received) || 'another size'}`);
  }
}

function notOnMirror({ job, mirrors, refused }: FetchContext): FleetError {
  const expected = job.size === null ? 'a file' : `${job.size} bytes`;
  const said = mirrors.map(({ name }) => `${name} ${refused.get(name) ?? 'was not asked'}`).join(', ');
  const received = said === '' ? 'no mirror holds runs of this kind' : said;
  const message = `${job.file}: expected ${expected} on a mirror; ${received}`;
  const options = { place: job.path, expected, received };
  // where nobody vouched for a size, the mirrors may still be at work on the file
  const growing = job.size === null && [...refused.values()].some((what) => what !== 'lacks it');
  return growing
    ? new FleetError('SIZE_DIFFERS', message, options)
    : new PermanentError('FILE_NOT_ON_MIRROR', message, options);
}

/** The bytes of a file, as they come together. */
class Assembly {
  received = 0;
  /** Whether the sink failed: no mirror's fault. */
  failed = false;
  readonly #sink: ByteSink;
  readonly #upstream: ReturnType<typeof createHash> | null;
  readonly #mirrors = new Set<string>();
  #firstBytes = Buffer.alloc(0);

  constructor(job: DownloadJob, sink: ByteSink) {
    this.#sink = sink;
    this.#upstream = job.checksum === null ? null : createHash(job.checksum.algorithm);
  }

  async take(bytes: Buffer, mirror: string): Promise<void> {
    try {
      await this.#sink.write(bytes);
    } catch (error) {
      this.failed = true;
      throw error;
    }
    if (this.#firstBytes.length < FIRST_BYTES) {
      this.#firstBytes = Buffer.concat([this.#firstBytes, bytes.subarray(0, FIRST_BYTES)]);
    }
    this.#upstream?.update(bytes);
    this.#mirrors.add(mirror);
    this.received += bytes.length;
  }

  finish(): Fetched {
    return {
      size: this.received,
      digest: this.#upstream?.digest('hex') ?? null,
      firstBytes: this.#firstBytes,
      mirrors: [...this.#mirrors],
    };
  }
}
