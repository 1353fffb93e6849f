import { FleetError, PermanentError, codeOf, messageOf } from '@wikifleet/domain/errors';
import type { DownloadJob } from '@wikifleet/domain/jobs';
import type { ObjectWriter } from '@wikifleet/store/object-writer';
import { fetchFile } from './fetch-file.js';
import type { FetchContext, Fetched } from './fetch-file.js';

/** A file whose bytes are proved, in an upload that waits to be finished. */
export interface Proved {
  readonly fetched: Fetched;
  readonly sha256: string;
  readonly writer: ObjectWriter;
}

/** Wrong bytes from one mirror alone, so often, are what the mirrors have. */
const WRONG_FOR_GOOD = 2;
/** Errors that another mirror may not have. */
const OF_MIRRORS = /^(?:MIRROR_.*|FILE_NOT_ON_MIRROR|SIZE_DIFFERS)$/;

/**
 * Fetches a file until its checksum is right, each time into a new upload. Bytes of several mirrors that do not fit are
 * fetched once more from one alone, and wrong bytes of one from another (from itself where there is no other); wrong a
 * second time is a `PermanentError` `CHECKSUM_DIFFERS` with expected and received. Other errors are `fetchFile`'s. No
 * upload is left behind an error.
 */
export async function fetchProved(
  context: FetchContext,
  size: number,
  newWriter: () => ObjectWriter,
  onWrong: (error: FleetError) => void,
): Promise<Proved> {
  /** Mirrors that brought wrong bytes alone, and those that brought nothing more. */
  const wrong: string[] = [];
  const silent = new Set<string>();
  let alone: string | null = null;
  for (;;) {
    const writer = newWriter();
    try {
      const fetched = await fetchFile(context, size, writer, alone);
      const differs = checksumError(context.job, fetched);
      if (differs === null) return { fetched, sha256: writer.digest(), writer };
      await writer.abort();
      onWrong(differs);
      const [first = '', ...others] = fetched.mirrors;
      if (others.length === 0) wrong.push(first);
      if (wrong.length >= WRONG_FOR_GOOD) throw forGood(differs, wrong);
      alone = nextAlone(context, wrong, silent) ?? first;
    } catch (error) {
      await writer.abort();
      context.signal.throwIfAborted();
      // one that was to bring the file alone may die: another is asked, from the first byte on
      if (alone === null || !OF_MIRRORS.test(codeOf(error))) throw error;
      silent.add(alone);
      const next = nextAlone(context, wrong, silent);
      if (next === null) throw error;
      context.onResume(error, 0, alone);
      alone = next;
    }
  }
}

/** The fastest mirror that may have the file and was not tried alone. */
function nextAlone(context: FetchContext, wrong: readonly string[], silent: ReadonlySet<string>): string | null {
  const { mirrors, pool, refused } = context;
  const [fastest] = mirrors
    .map(({ name }) => name)
    .filter((name) => !refused.has(name) && !wrong.includes(name) && !silent.has(name))
    .toSorted((a, b) => (pool.speedOf(b) ?? 0) - (pool.speedOf(a) ?? 0));
  return fastest ?? null;
}

function checksumError(job: DownloadJob, fetched: Fetched): FleetError | null {
  if (job.checksum === null || fetched.digest === job.checksum.value) return null;
  const expected = `${job.checksum.algorithm} ${job.checksum.value}`;
  const received = `${job.checksum.algorithm} ${fetched.digest}`;
  const from = fetched.mirrors.join(' and ');
  const message = `${job.file} from ${from}: expected ${expected}, received ${received}`;
  return new FleetError('CHECKSUM_DIFFERS', message, { place: job.path, expected, received });
}

function forGood(error: FleetError, wrong: readonly string[]): PermanentError {
  const { place = '', expected = '', received = '' } = error;
  const from = wrong.join(', then from ');
  const message = `${messageOf(error)} (wrong from each mirror alone: ${from})`;
  return new PermanentError(error.code, message, { place, expected, received, cause: error });
}
