import { MAX_XML_BYTES } from './bucket-calls.js';
import { parseRange } from './byte-range.js';
import { bucketOf, queryNumber, sendEmpty, sendXml, xmlDate } from './call.js';
import type { Call } from './call.js';
import { DEFAULT_CHECKSUM, checksumAlgorithm, checksumElement, checksumHeader, isCrc } from './checksums.js';
import type { ChecksumAlgorithm, ChecksumType } from './checksums.js';
import { checkRead, uploadCheck, withWriteConditions, writeOf } from './conditions.js';
import { completedObject, readCompleteRequest } from './complete-request.js';
import { copySource } from './copy-source.js';
import type { Upload } from './multipart-uploads.js';
import { headersToKeep } from './object-headers.js';
import { RequestBody, headerOf } from './request-body.js';
import { S3Error, noSuchKey } from './s3-error.js';
import { storeBody, storeCopy } from './store-data.js';
import { removeAll } from './files.js';
import { leaf, s3Document } from './xml.js';

const MAX_PART_NUMBER = 10_000;
/** CreateMultipartUpload. */
export async function createMultipartUpload(call: Call): Promise<void> {
  const { request, key } = call;
  const headers = headersToKeep(request.headers);
  const { algorithm, type, asked } = checksumChoice(call);
  const bucket = bucketOf(call);
  const before = writeOf(await bucket.head(key));
  const { info } = await bucket.uploads.create({ key, headers, algorithm, type, asked, before });
  const checksum = asked ? { 'x-amz-checksum-algorithm': algorithm, 'x-amz-checksum-type': type } : {};
  sendXml(
    call,
    s3Document(
      'InitiateMultipartUploadResult',
      leaf('Bucket', call.bucketName),
      leaf('Key', key),
      leaf('UploadId', info.id),
    ),
    checksum,
  );
}

/** UploadPart and UploadPartCopy. */
export async function uploadPart(call: Call): Promise<void> {
  const { request, response } = call;
  const upload = uploadOf(call);
  const number = queryNumber(call, 'partNumber', { fallback: 0, min: 1, max: MAX_PART_NUMBER });
  if (number === 0) throw new S3Error('InvalidArgument', 'Part number must be an integer between 1 and 10000');
  if (request.headers['x-amz-copy-source'] !== undefined) return uploadPartCopy(call, upload, number);
  const { algorithm, asked, type } = upload.info;
  const body = new RequestBody(request, response, { compute: algorithm });
  if (asked && body.announced !== algorithm && (body.announced !== undefined || type === 'COMPOSITE'))
    throw new S3Error(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${body.announced?.toLowerCase() ?? 'null'}`,
    );
  const part = await bucketOf(call).uploads.writePart(upload, number, body.length, async (handle, position) => {
    await storeBody(body, handle, position);
    return { etag: body.md5, checksum: body.checksum(algorithm) };
  });
  const shown = asked ? algorithm : body.announced;
  const checksum = shown === undefined ? {} : { [checksumHeader(shown)]: body.checksum(shown) };
  sendEmpty(call, 200, { etag: `"${part.etag}"`, ...checksum });
}

async function uploadPartCopy(call: Call, upload: Upload, number: number): Promise<void> {
  const source = copySource(call);
  const opened = await source.bucket.open(source.key);
  if (opened === undefined) throw noSuchKey(source.key);
  const { object, handle: from } = opened;
  try {
    checkRead(call.request.headers, object, 'x-amz-copy-source-');
    const header = headerOf(call.request.headers['x-amz-copy-source-range']);
    const range = parseRange(header, object.size);
    const exact = /^bytes=\d+-(\d+)$/.exec(header ?? '');
    if (header !== undefined && (range === undefined || exact === null || Number(exact[1]) >= object.size))
      throw new S3Error('InvalidArgument', `Range specified is not valid for source object of size: ${object.size}`, {
        ArgumentName: 'x-amz-copy-source-range',
        ArgumentValue: header,
      });
    const { start, end } = range ?? { start: 0, end: object.size - 1 };
    const { algorithm, asked } = upload.info;
    const part = await bucketOf(call).uploads.writePart(upload, number, end - start + 1, (handle, position) =>
      storeCopy(from, { start, end }, handle, { algorithm, position }),
    );
    sendXml(
      call,
      s3Document(
        'CopyPartResult',
        leaf('LastModified', xmlDate(new Date(part.modified))),
        leaf('ETag', `"${part.etag}"`),
        asked ? leaf(checksumElement(algorithm), part.checksum) : '',
      ),
    );
  } finally {
    await from.close();
  }
}

/** AbortMultipartUpload. */
export async function abortMultipartUpload(call: Call): Promise<void> {
  await bucketOf(call).uploads.abort(uploadOf(call));
  sendEmpty(call, 204);
}

/**
 * CompleteMultipartUpload. The upload is gone then: who completes it a second time gets NoSuchUpload. After PreconditionFailed it is
 * there still; after a conflict too, but will not get over it: S3 asks for a new upload then.
 */
export async function completeMultipartUpload(call: Call): Promise<void> {
  const { request, response, key } = call;
  const bucket = bucketOf(call);
  const upload = uploadOf(call);
  const body = new RequestBody(request, response, { maxBytes: MAX_XML_BYTES, checksums: false });
  const asked = readCompleteRequest(await body.text(), request.headers);
  const stored = await bucket.uploads.locks.run(upload.info.id, async () => {
    uploadOf(call);
    const { parts, draft } = completedObject(upload, asked);
    return withWriteConditions(request.headers, bucket, key, async (check) => {
      const temporary = bucket.temporary();
      upload.completing = true;
      try {
        const source = await bucket.uploads.assemble(upload, parts, temporary);
        return await bucket.commit(key, source, draft, {
          check: uploadCheck(request.headers, upload.info, check),
          uploadId: upload.info.id,
        });
      } finally {
        upload.completing = false;
        await removeAll(temporary);
      }
    });
  });
  const { checksum } = stored;
  sendXml(
    call,
    s3Document(
      'CompleteMultipartUploadResult',
      leaf('Location', `http://${request.headers.host ?? 'localhost'}${call.resource}`),
      leaf('Bucket', call.bucketName),
      leaf('Key', key),
      leaf('ETag', `"${stored.etag}"`),
      checksum === undefined ? '' : leaf(checksumElement(checksum.algorithm), checksum.value),
      leaf('ChecksumType', checksum?.type),
    ),
  );
}

/** The upload that the call names. Throws S3Error NoSuchUpload. */
export function uploadOf(call: Call): Upload {
  return bucketOf(call).uploads.get(call.query.get('uploadId') ?? '', call.key);
}

/** The checksum of a new upload. Throws S3Error InvalidRequest where algorithm and type do not go together. */
function checksumChoice(call: Call): { algorithm: ChecksumAlgorithm; type: ChecksumType; asked: boolean } {
  const name = headerOf(call.request.headers['x-amz-checksum-algorithm']);
  const wanted = headerOf(call.request.headers['x-amz-checksum-type'])?.toUpperCase();
  const algorithm = name === undefined ? DEFAULT_CHECKSUM : checksumAlgorithm(name);
  if (algorithm === undefined) throw new S3Error('InvalidRequest', 'Checksum algorithm provided is unsupported.');
  if (name === undefined && wanted !== undefined)
    throw new S3Error('InvalidRequest', 'x-amz-checksum-type without x-amz-checksum-algorithm');
  const type = wanted ?? (algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE');
  const fits = type === 'FULL_OBJECT' ? isCrc(algorithm) : type === 'COMPOSITE' && algorithm !== 'CRC64NVME';
  if (!fits)
    throw new S3Error(
      'InvalidRequest',
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
    );
  return { algorithm, type: type as ChecksumType, asked: name !== undefined };
}
