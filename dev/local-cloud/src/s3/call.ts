import { randomBytes } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Bucket } from './bucket.js';
import type { Buckets } from './buckets.js';
import { MAX_KEY_BYTES } from './object-key.js';
import { S3Error } from './s3-error.js';

/** One request, taken apart. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly buckets: Buckets;
  /** Empty for the service itself. */
  readonly bucketName: string;
  /** Empty for a bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
  /** The path as it came, for errors. */
  readonly resource: string;
}

/**
 * Takes a request apart: `/bucket/key`, or the bucket before `.localhost` in Host. Throws S3Error InvalidURI, KeyTooLongError.
 */
export function parseCall(request: IncomingMessage, response: ServerResponse, buckets: Buckets): Call {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const resource = mark < 0 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const host = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.localhost(?::\d+)?$/i.exec(request.headers.host ?? '')?.[1];
  // the path is used as it came: `..` in it is part of a key
  const path = decodePath(host === undefined ? resource : `/${host.toLowerCase()}${resource}`);
  const slash = path.indexOf('/', 1);
  const bucketName = slash < 0 ? path.slice(1) : path.slice(1, slash);
  const key = slash < 0 ? '' : path.slice(slash + 1);
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY_BYTES)
    throw new S3Error('KeyTooLongError', 'Your key is too long', {
      Size: String(size),
      MaxSizeAllowed: String(MAX_KEY_BYTES),
    });
  return { request, response, requestId: newRequestId(), buckets, bucketName, key, query, resource };
}

export function newRequestId(): string {
  return randomBytes(8).toString('hex').toUpperCase();
}

/** The bucket of the call. Throws S3Error NoSuchBucket. */
export function bucketOf(call: Pick<Call, 'buckets' | 'bucketName'>): Bucket {
  return call.buckets.get(call.bucketName);
}

/** A whole number of the query, `fallback` where it is not there. Throws S3Error InvalidArgument. */
export function queryNumber(call: Call, name: string, range: { fallback: number; min: number; max: number }): number {
  const text = call.query.get(name);
  if (text === null || text === '') return range.fallback;
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (!(value >= range.min && value <= range.max))
    throw new S3Error('InvalidArgument', `Argument ${name} must be an integer between ${range.min} and ${range.max}`, {
      ArgumentName: name,
      ArgumentValue: text,
    });
  return value;
}

export function sendXml(call: Call, xml: string, headers: OutgoingHttpHeaders = {}): void {
  const body = Buffer.from(xml);
  call.response.writeHead(200, {
    ...idHeaders(call.requestId),
    'content-type': 'application/xml',
    'content-length': body.length,
    ...headers,
  });
  call.response.end(body);
}

export function sendEmpty(call: Call, status: number, headers: OutgoingHttpHeaders = {}): void {
  // 204 and 304 have no body, and no length
  const length = status === 204 || status === 304 ? {} : { 'content-length': 0 };
  call.response.writeHead(status, { ...idHeaders(call.requestId), ...length, ...headers });
  call.response.end();
}

export function idHeaders(requestId: string): OutgoingHttpHeaders {
  return {
    'x-amz-request-id': requestId,
    'x-amz-id-2': Buffer.from(requestId).toString('base64'),
    server: 'WikifleetLocalS3',
  };
}

/** A time as S3's XML has it. */
export function xmlDate(date: Date): string {
  return `${date.toISOString().slice(0, 19)}.000Z`;
}

function decodePath(path: string): string {
  try {
    if (path.startsWith('/')) return decodeURIComponent(path);
  } catch {
    // not UTF-8, or a broken escape
  }
  throw new S3Error('InvalidURI', "Couldn't parse the specified URI.");
}
