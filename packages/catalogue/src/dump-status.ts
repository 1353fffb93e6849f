import { z } from 'zod';
import { messageOf, PermanentError } from '@wikifleet/domain/errors';
import { sizeSchema, type Checksum } from '@wikifleet/domain/plan';
import { MOST_FILES } from './checksum-list.js';
import { jsonProblem } from './json-bounds.js';
import { quote, someOf } from './refusal.js';

/** What `dumpstatus.json` says of one job; `files` as they came, read by `readStatusFiles`. */
export interface StatusJob {
  /** waiting, in-progress, done, failed, skipped, or what the mirror made up. */
  readonly status: string;
  /** `YYYY-MM-DD hh:mm:ss` in UTC; null where there is none. */
  readonly updated: string | null;
  readonly files: ReadonlyMap<string, unknown>;
}

/** A file of a job that is done. `checksum` null where the status has none. */
export interface StatusFile {
  readonly name: string;
  readonly size: number;
  readonly checksum: Checksum | null;
}

/** Ten times what the largest wiki has, for all jobs together; a file is one object of five members. */
const MOST_JSON = { depth: 32, containers: 2 * MOST_FILES, members: 20 * MOST_FILES };

const mapSchema = z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value), {
  error: 'expected an object',
});
const statusSchema = z.looseObject({ jobs: mapSchema });
const jobSchema = z.looseObject({
  status: z.string().max(100),
  updated: z.string().optional(),
  files: mapSchema.optional(),
});

const hexSchema = (digits: number) =>
  z.stringFormat(`${digits} hex digits`, (value) => value.length === digits && /^[0-9a-fA-F]+$/.test(value));
const fileSchema = z.looseObject({
  size: sizeSchema.optional(),
  url: z.string().optional(),
  md5: hexSchema(32).optional(),
  sha1: hexSchema(40).optional(),
});

/**
 * Reads one job out of a `dumpstatus.json`; null where it does not know the job. `path` is named in errors. Throws
 * `STATUS_UNREADABLE` for what is no JSON of that shape, `RUN_TOO_LARGE` for a job with more than 100,000 files.
 */
export function readStatusJob(text: string, job: string, path: string): StatusJob | null {
  const status = check(statusSchema, parse(text, path), path, 'STATUS_UNREADABLE');
  // Keys are only ever looked up as own properties: a mirror may write "__proto__".
  const value: unknown = Object.hasOwn(status.jobs, job) ? Reflect.get(status.jobs, job) : undefined;
  if (value === undefined) return null;
  const read = check(jobSchema, value, `${path}, job ${job}`, 'STATUS_UNREADABLE');
  const files = Object.entries(read.files ?? {});
  if (files.length > MOST_FILES) {
    throw new PermanentError(
      'RUN_TOO_LARGE',
      `${path}, job ${job}: expected at most ${MOST_FILES} files, received ${files.length}`,
    );
  }
  const updated = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.exec(read.updated ?? '');
  return { status: read.status, updated: updated?.[0] ?? null, files: new Map(files) };
}

/**
 * Reads the named files of a job that is done; `folder` is the run's, `path` is named in errors. Throws `STATUS_REFUSED`
 * for sizes, hashes and addresses that cannot be, and for files without a size or without both address and hash: so the
 * status describes what is missing or still written.
 */
export function readStatusFiles(job: StatusJob, names: readonly string[], folder: string, path: string): StatusFile[] {
  const unfinished: string[] = [];
  const files: StatusFile[] = [];
  for (const name of names) {
    const where = `${path}, file ${name}`;
    const { size, url, md5, sha1 } = check(fileSchema, job.files.get(name), where, 'STATUS_REFUSED');
    if (url !== undefined && url !== `/${folder}/${name}`) {
      const received = quote(url);
      throw new PermanentError(
        'STATUS_REFUSED',
        `${where}: expected the url /${folder}/${name}, received ${received}`,
        {
          expected: `/${folder}/${name}`,
          received,
        },
      );
    }
    const checksum = checksumOf(sha1, md5);
    if (size === undefined || (url === undefined && checksum === null)) unfinished.push(name);
    else files.push({ name, size, checksum });
  }
  if (unfinished.length === 0) return files;
  throw new PermanentError(
    'STATUS_REFUSED',
    `${path}: expected each file of a job that is done with size and url or hash, received none for ${someOf(unfinished)}`,
  );
}

function checksumOf(sha1: string | undefined, md5: string | undefined): Checksum | null {
  if (sha1 !== undefined) return { algorithm: 'sha1', value: sha1.toLowerCase() };
  return md5 === undefined ? null : { algorithm: 'md5', value: md5.toLowerCase() };
}

function parse(text: string, path: string): unknown {
  const problem = jsonProblem(text, MOST_JSON);
  if (problem !== null) throw new PermanentError('STATUS_UNREADABLE', `${path}: ${problem}`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = quote(messageOf(cause));
    throw new PermanentError(
      'STATUS_UNREADABLE',
      `${path}: expected JSON, received ${quote(text.slice(0, 60))}: ${reason}`,
      {
        cause,
      },
    );
  }
}

function check<T>(schema: z.ZodType<T>, value: unknown, place: string, code: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`);
  throw new PermanentError(code, `${place}: ${problems.join('; ')}; received ${quote(value)}`, { place });
}
