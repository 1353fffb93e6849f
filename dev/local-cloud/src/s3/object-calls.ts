import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { checkRead, deleteCheck, withWriteConditions } from './conditions.js';
import { parseRange } from './byte-range.js';
import type { ByteRange } from './byte-range.js';
import { bucketOf, idHeaders, queryNumber, sendEmpty, sendXml, xmlDate } from './call.js';
import type { Call } from './call.js';
import { DEFAULT_CHECKSUM, checksumAlgorithm, checksumElement } from './checksums.js';
import type { Checksum } from './checksums.js';
import { copySource } from './copy-source.js';
import { checksumHeaders, headersToGive, headersToKeep } from './object-headers.js';
import { RequestBody, headerOf } from './request-body.js';
import { S3Error, noSuchKey } from './s3-error.js';
import { storeBody, storeCopy, withTemporary } from './store-data.js';
import type { StoredObject } from './stored-object.js';
import { leaf, s3Document } from './xml.js';

/** Bytes of a body that are read at once, and not streamed. */
const MAX_READ_AT_ONCE = 64 * 1024;

/** PutObject: stored when the last byte is there and everything said of it holds, else not at all. */
export async function putObject(call: Call): Promise<void> {
  const { request, response, key } = call;
  const bucket = bucketOf(call);
  const headers = headersToKeep(request.headers);
  const stored = await withWriteConditions(request.headers, bucket, key, async (check) => {
    const body = new RequestBody(request, response, { fallback: DEFAULT_CHECKSUM });
    const algorithm = body.announced ?? DEFAULT_CHECKSUM;
    const temporary = bucket.temporary();
    return withTemporary(
      temporary,
      (handle) => storeBody(body, handle),
      async () => {
        const checksum: Checksum = { algorithm, type: 'FULL_OBJECT', value: body.checksum(algorithm) };
        return bucket.commit(key, temporary, { size: body.length, etag: body.md5, headers, checksum }, { check });
      },
    );
  });
  sendEmpty(call, 200, { etag: `"${stored.etag}"`, ...checksumHeaders(stored.checksum) });
}

/** CopyObject, from a bucket of this service; MD5 and checksum are those of a single PUT. */
export async function copyObject(call: Call): Promise<void> {
  const { request, key } = call;
  const bucket = bucketOf(call);
  const source = copySource(call);
  const directive = headerOf(request.headers['x-amz-metadata-directive']) ?? 'COPY';
  if (directive !== 'COPY' && directive !== 'REPLACE')
    throw new S3Error('InvalidArgument', 'Unknown metadata directive.', {
      ArgumentName: 'x-amz-metadata-directive',
      ArgumentValue: directive,
    });
  const given = headersToKeep(request.headers);
  const onItself = source.bucket === bucket && source.key === key;
  if (onItself && directive === 'COPY' && given['x-amz-storage-class'] === undefined)
    throw new S3Error(
      'InvalidRequest',
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  const asked = headerOf(request.headers['x-amz-checksum-algorithm']);
  const wanted = asked === undefined ? undefined : checksumAlgorithm(asked);
  if (asked !== undefined && wanted === undefined)
    throw new S3Error('InvalidRequest', 'Checksum algorithm provided is unsupported.');

  const stored = await withWriteConditions(copyTargetHeaders(call), bucket, key, async (check) => {
    const opened = await source.bucket.open(source.key);
    if (opened === undefined) throw noSuchKey(source.key);
    const { object, handle: from } = opened;
    try {
      checkRead(request.headers, object, 'x-amz-copy-source-');
      const algorithm = wanted ?? object.checksum?.algorithm ?? DEFAULT_CHECKSUM;
      const { 'x-amz-storage-class': _, ...kept } = object.headers;
      const storageClass = given['x-amz-storage-class'];
      const headers =
        directive === 'REPLACE'
          ? given
          : { ...kept, ...(storageClass === undefined ? {} : { 'x-amz-storage-class': storageClass }) };
      const temporary = bucket.temporary();
      let copied = { etag: '', checksum: '' };
      return await withTemporary(
        temporary,
        async (handle) => {
          copied = await storeCopy(from, { start: 0, end: object.size - 1 }, handle, { algorithm });
        },
        async () => {
          const checksum: Checksum = { algorithm, type: 'FULL_OBJECT', value: copied.checksum };
          return bucket.commit(key, temporary, { size: object.size, etag: copied.etag, headers, checksum }, { check });
        },
      );
    } finally {
      await from.close();
    }
  });
  const { checksum } = stored;
  sendXml(
    call,
    s3Document(
      'CopyObjectResult',
      leaf('LastModified', xmlDate(stored.lastModified)),
      leaf('ETag', `"${stored.etag}"`),
      checksum === undefined ? '' : leaf(checksumElement(checksum.algorithm), checksum.value),
      leaf('ChecksumType', checksum?.type),
    ),
  );
}

/** GetObject and HeadObject. */
export async function getObject(call: Call): Promise<void> {
  const { request, response, key } = call;
  if (request.method === 'HEAD') {
    const object = await bucketOf(call).head(key);
    if (object === undefined) throw noSuchKey(key);
    if (sendHead(call, object) !== null) response.end();
    return;
  }
  const opened = await bucketOf(call).open(key);
  if (opened === undefined) throw noSuchKey(key);
  const { object, handle } = opened;
  try {
    const range = sendHead(call, object);
    if (range === null) return;
    if (object.size === 0) return void response.end();
    const { start, end } = range;
    if (end - start < MAX_READ_AT_ONCE) return await sendAtOnce(handle, start, end - start + 1, response);
    // the stream closes the file; one that shrinks under our hands ends the connection, since the length was promised
    await pipeline(handle.createReadStream({ start, end, highWaterMark: 256 * 1024 }), response);
  } finally {
    await handle.close();
  }
}

/** Sends status and headers of an object that is read; returns which bytes follow, or null where 304 was the answer. */
function sendHead(call: Call, object: StoredObject): ByteRange | null {
  const { request, response } = call;
  const headers = headersToGive(object);
  if (checkRead(request.headers, object)) {
    const { etag, 'last-modified': lastModified } = headers;
    const cache = object.headers['cache-control'];
    const more = cache === undefined ? {} : { 'cache-control': cache };
    sendEmpty(call, 304, { etag, 'last-modified': lastModified, ...more });
    return null;
  }
  const part = partRange(call, object);
  const range = part ?? parseRange(request.headers.range, object.size);
  if (part !== undefined && object.parts !== undefined) headers['x-amz-mp-parts-count'] = object.parts.length;
  // a checksum of the whole says nothing of a piece
  const whole = range === undefined || (range.start === 0 && range.end === object.size - 1);
  if (whole && headerOf(request.headers['x-amz-checksum-mode'])?.toUpperCase() === 'ENABLED')
    Object.assign(headers, checksumHeaders(object.checksum));
  if (range !== undefined) headers['content-range'] = `bytes ${range.start}-${range.end}/${object.size}`;
  headers['content-length'] = range === undefined ? object.size : range.end - range.start + 1;
  response.writeHead(range === undefined ? 200 : 206, { ...idHeaders(call.requestId), ...headers });
  return range ?? { start: 0, end: object.size - 1 };
}

/** Most objects are small: for these a stream takes longer than all that is read. */
async function sendAtOnce(handle: FileHandle, start: number, length: number, response: ServerResponse): Promise<void> {
  const bytes = Buffer.allocUnsafe(length);
  let received = 0;
  while (received < length) {
    const { bytesRead } = await handle.read(bytes, received, length - received, start + received);
    if (bytesRead === 0) break;
    received += bytesRead;
  }
  // the length was promised
  if (received < length) response.destroy();
  else response.end(bytes);
}

/** DeleteObject: 204 also where there was nothing. */
export async function deleteObject(call: Call): Promise<void> {
  await bucketOf(call).delete(call.key, deleteCheck(call.key, call.request.headers['if-match']));
  sendEmpty(call, 204);
}

/** GetObjectTagging: objects have no tags here, and `aws s3 cp` asks before it copies by parts. */
export async function getObjectTagging(call: Call): Promise<void> {
  if ((await bucketOf(call).head(call.key)) === undefined) throw noSuchKey(call.key);
  sendXml(call, s3Document('Tagging', '<TagSet></TagSet>'));
}

/** The range of `partNumber=N`; undefined where it is not asked for, or the object is empty. */
function partRange(call: Call, object: StoredObject): ByteRange | undefined {
  if (!call.query.has('partNumber')) return undefined;
  if (call.request.headers.range !== undefined)
    throw new S3Error('InvalidRequest', 'Cannot specify both Range header and partNumber query parameter');
  const number = queryNumber(call, 'partNumber', { fallback: 1, min: 1, max: 10_000 });
  const sizes = object.parts ?? [object.size];
  const size = sizes[number - 1];
  if (size === undefined)
    throw new S3Error('InvalidRange', 'The requested partnumber is not satisfiable', {
      PartNumberRequested: String(number),
      ActualPartCount: String(sizes.length),
    });
  const start = sizes.slice(0, number - 1).reduce((sum, one) => sum + one, 0);
  return size === 0 ? undefined : { start, end: start + size - 1 };
}

/** Of a copy's conditions only those on the target; the source has headers of its own. */
function copyTargetHeaders(call: Call): Call['request']['headers'] {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = call.request.headers;
  return {
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch }),
  };
}
