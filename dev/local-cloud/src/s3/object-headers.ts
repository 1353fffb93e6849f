import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { checksumHeader } from './checksums.js';
import type { Checksum } from './checksums.js';
import { headerOf } from './request-body.js';
import { S3Error } from './s3-error.js';
import type { StoredObject } from './stored-object.js';

const KEPT = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
] as const;

const MAX_METADATA_BYTES = 2048;
const STORAGE_CLASSES =
  /^(STANDARD|STANDARD_IA|ONEZONE_IA|INTELLIGENT_TIERING|GLACIER|GLACIER_IR|DEEP_ARCHIVE|REDUCED_REDUNDANCY)$/;

/** Headers that ask for what this service does not do; silence would be a lie. */
const REFUSED = [
  /^x-amz-server-side-encryption-/,
  /^x-amz-grant-/,
  /^x-amz-object-lock-/,
  /^x-amz-tagging$/,
  /^x-amz-website-redirect-location$/,
  /^x-amz-write-offset-bytes$/,
  /^x-amz-copy-source-server-side-/,
];

/**
 * What of a PUT's headers is kept with the object. The storage class is kept and has no effect; encryption with S3's own keys
 * (AES256) is accepted as AWS's default. Throws S3Error NotImplemented, MetadataTooLarge, InvalidStorageClass.
 */
export function headersToKeep(headers: IncomingHttpHeaders): Record<string, string> {
  const refused = Object.keys(headers).find((name) => REFUSED.some((pattern) => pattern.test(name)));
  const encryption = headerOf(headers['x-amz-server-side-encryption']);
  if (refused !== undefined || (encryption !== undefined && encryption !== 'AES256'))
    throw new S3Error('NotImplemented', 'A header you provided implies functionality that is not implemented', {
      Header: refused ?? 'x-amz-server-side-encryption',
    });
  const acl = headerOf(headers['x-amz-acl']);
  if (acl !== undefined && acl !== 'private' && acl !== 'bucket-owner-full-control')
    throw new S3Error('AccessControlListNotSupported', 'The bucket does not allow ACLs');

  const kept: Record<string, string> = {};
  for (const name of KEPT) {
    const value = headers[name];
    if (value !== undefined) kept[name] = value;
  }
  const encoding = withoutAwsChunked(kept['content-encoding']);
  if (encoding === '') delete kept['content-encoding'];
  else if (encoding !== undefined) kept['content-encoding'] = encoding;

  let metadataBytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith('x-amz-meta-') || typeof value !== 'string') continue;
    kept[name] = value;
    // a header's string has a character a byte
    metadataBytes += name.length - 'x-amz-meta-'.length + value.length;
  }
  if (metadataBytes > MAX_METADATA_BYTES)
    throw new S3Error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      Size: String(metadataBytes),
      MaxSizeAllowed: String(MAX_METADATA_BYTES),
    });
  const storageClass = headerOf(headers['x-amz-storage-class']) ?? 'STANDARD';
  if (!STORAGE_CLASSES.test(storageClass))
    throw new S3Error('InvalidStorageClass', 'The storage class you specified is not valid');
  if (storageClass !== 'STANDARD') kept['x-amz-storage-class'] = storageClass;
  return kept;
}

/** The headers of an object's GET and HEAD, without its length. */
export function headersToGive(object: StoredObject): OutgoingHttpHeaders {
  return {
    'content-type': 'binary/octet-stream',
    ...object.headers,
    etag: `"${object.etag}"`,
    'last-modified': object.lastModified.toUTCString(),
    'accept-ranges': 'bytes',
  };
}

/** A checksum's headers; none where there is none. */
export function checksumHeaders(checksum: Checksum | undefined): OutgoingHttpHeaders {
  if (checksum === undefined) return {};
  return { [checksumHeader(checksum.algorithm)]: checksum.value, 'x-amz-checksum-type': checksum.type };
}

export function storageClassOf(object: Pick<StoredObject, 'headers'>): string {
  return object.headers['x-amz-storage-class'] ?? 'STANDARD';
}

function withoutAwsChunked(encoding: string | undefined): string | undefined {
  return encoding
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one.toLowerCase() !== 'aws-chunked')
    .join(', ');
}
