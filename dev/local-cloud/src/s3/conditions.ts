import type { IncomingHttpHeaders } from 'node:http';
import type { Bucket, Check } from './bucket.js';
import type { UploadInfo } from './multipart-uploads.js';
import { headerOf } from './request-body.js';
import { S3Error, noSuchKey, preconditionFailed } from './s3-error.js';
import type { StoredObject } from './stored-object.js';

/** Whether one of a condition's ETags is the object's; quotes and `W/` are passed over, `*` is any. */
export function matchesEtag(condition: string, etag: string): boolean {
  const wanted = condition.split(',').map((one) =>
    one
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1'),
  );
  return wanted.includes('*') || wanted.includes(etag);
}

/**
 * The conditions of GET and HEAD (`prefix` empty), and of a copy's source (`x-amz-copy-source-`). True where the answer is 304.
 * Throws S3Error PreconditionFailed. As S3: If-Match that holds overrules If-Unmodified-Since, If-None-Match that fails overrules
 * If-Modified-Since.
 */
export function checkRead(headers: IncomingHttpHeaders, object: StoredObject, prefix = ''): boolean {
  const header = (name: string): string | undefined => headerOf(headers[`${prefix}${name}`]);
  const date = (name: string): number => Date.parse(header(name) ?? '');
  const modified = object.lastModified.getTime();
  const ifMatch = header('if-match');
  const ifNoneMatch = header('if-none-match');
  if (ifMatch !== undefined) {
    if (!matchesEtag(ifMatch, object.etag)) throw preconditionFailed('If-Match');
  } else if (modified > date('if-unmodified-since')) throw preconditionFailed('If-Unmodified-Since');
  const unchanged =
    ifNoneMatch === undefined ? modified <= date('if-modified-since') : matchesEtag(ifNoneMatch, object.etag);
  if (unchanged && prefix !== '') throw preconditionFailed('If-None-Match or If-Modified-Since');
  return unchanged;
}

/**
 * Runs a write under its conditions (`If-None-Match: *`, `If-Match`): they are checked before the body is read, and `write` gets a
 * check for the moment of the commit, which is the one that counts. A delete in between makes a conditional write a conflict.
 * Throws S3Error PreconditionFailed, NoSuchKey (If-Match without an object), ConditionalRequestConflict.
 */
export async function withWriteConditions<T>(
  headers: IncomingHttpHeaders,
  bucket: Bucket,
  key: string,
  write: (check: Check) => Promise<T>,
): Promise<T> {
  const ifNoneMatch = headers['if-none-match'];
  const ifMatch = headers['if-match'];
  if (ifNoneMatch === undefined && ifMatch === undefined) return write(() => undefined);
  const both = ifNoneMatch !== undefined && ifMatch !== undefined;
  if (both || (ifNoneMatch ?? '*').trim() !== '*' || ifMatch?.trim() === '*')
    throw new S3Error('NotImplemented', 'A header you provided implies functionality that is not implemented', {
      Header: both ? 'If-Match,If-None-Match' : ifMatch === undefined ? 'If-None-Match' : 'If-Match',
    });
  const check: Check = (current) => {
    if (ifNoneMatch !== undefined && current !== undefined) throw preconditionFailed('If-None-Match');
    if (ifMatch === undefined) return;
    if (current === undefined) throw noSuchKey(key);
    if (!matchesEtag(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  };
  const watch = bucket.watchDeletes(key);
  try {
    check(await bucket.head(key));
    return await write((current) => {
      check(current);
      if (watch.deleted) throw conflict(key);
    });
  } finally {
    watch.close();
  }
}

/** By which write an object came; null where there is none. Times alone do not tell: a file's has steps of milliseconds. */
export function writeOf(object: { readonly mtimeNs: string; readonly etag: string } | undefined): string | null {
  return object === undefined ? null : `${object.mtimeNs} ${object.etag}`;
}

/**
 * The check of a conditional CompleteMultipartUpload: S3 takes the whole upload for the time in which nothing may happen to the key. An
 * object that was there when it began and is deleted since, or one that is newer than it, is a conflict.
 * Throws S3Error ConditionalRequestConflict.
 */
export function uploadCheck(headers: IncomingHttpHeaders, info: UploadInfo, check: Check): Check {
  return (current) => {
    check(current);
    const deleted = headers['if-none-match'] !== undefined && current === undefined && info.before !== null;
    const replaced = headers['if-match'] !== undefined && writeOf(current) !== info.before;
    if (deleted || replaced) throw conflict(info.key);
  };
}

/** The condition of a delete. Throws S3Error NoSuchKey, PreconditionFailed. */
export function deleteCheck(key: string, ifMatch: string | undefined): Check {
  return (current) => {
    if (ifMatch === undefined) return;
    if (current === undefined) throw noSuchKey(key);
    if (!matchesEtag(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  };
}

function conflict(key: string): S3Error {
  return new S3Error(
    'ConditionalRequestConflict',
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
    { Key: key },
  );
}
