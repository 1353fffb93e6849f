import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { CHECKSUM_ALGORITHMS, checksumElement, checksumHeader, joinChecksums } from './checksums.js';
import type { Checksum } from './checksums.js';
import type { Upload } from './multipart-uploads.js';
import type { PartFile } from './part-files.js';
import { headerOf } from './request-body.js';
import { S3Error } from './s3-error.js';
import type { ObjectDraft } from './stored-object.js';
import { parseXml, textOf } from './xml.js';

const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;

interface AskedPart {
  readonly number: number;
  readonly etag: string;
  /** Checksums by element name. */
  readonly checksums: ReadonlyMap<string, string>;
}

/** What a CompleteMultipartUpload says. */
export interface CompleteRequest {
  readonly parts: readonly AskedPart[];
  readonly headers: IncomingHttpHeaders;
}

/** Reads the request's document. Throws S3Error MalformedXML, InvalidArgument, InvalidPartOrder. */
export function readCompleteRequest(text: string, headers: IncomingHttpHeaders): CompleteRequest {
  const document = parseXml(text);
  const elements = document.children.filter((child) => child.name === 'Part');
  if (document.name === 'CompleteMultipartUpload' && document.children.length === 0)
    throw new S3Error('InvalidRequest', 'You must specify at least one part');
  if (document.name !== 'CompleteMultipartUpload' || elements.length === 0 || elements.length > MAX_PARTS)
    throw new S3Error(
      'MalformedXML',
      `The XML you provided was not well-formed or did not validate against our published schema (<${document.name}> with ${elements.length} parts)`,
    );
  const parts = elements.map((part) => {
    const text = textOf(part, 'PartNumber')?.trim() ?? '';
    const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
    if (number < 1 || number > MAX_PARTS)
      throw new S3Error('InvalidArgument', 'PartNumber must be an integer between 1 and 10000', {
        ArgumentName: 'partNumber',
        ArgumentValue: text,
      });
    const etag =
      textOf(part, 'ETag')
        ?.trim()
        .replace(/^"(.*)"$/, '$1') ?? '';
    const checksums = new Map<string, string>();
    for (const algorithm of CHECKSUM_ALGORITHMS) {
      const value = textOf(part, checksumElement(algorithm));
      if (value !== undefined) checksums.set(checksumElement(algorithm), value);
    }
    return { number, etag, checksums };
  });
  if (parts.some((part, i) => i > 0 && part.number <= (parts[i - 1]?.number ?? 0)))
    throw new S3Error(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    );
  return { parts, headers };
}

/**
 * The parts that make the object, and the object. Throws S3Error InvalidPart, EntityTooSmall, InvalidRequest, BadDigest where
 * what was asked does not fit what was uploaded.
 */
export function completedObject(upload: Upload, asked: CompleteRequest): { parts: PartFile[]; draft: ObjectDraft } {
  const { info } = upload;
  const element = checksumElement(info.algorithm);
  const parts = asked.parts.map(({ number, etag, checksums }) => {
    const part = upload.parts.get(number);
    const checksum = checksums.get(element);
    // without an algorithm at the start, S3 wants no checksum here, not even a right one
    const surplus = [...checksums.keys()].some((name) => !info.asked || name !== element);
    if (info.asked && info.type === 'COMPOSITE' && checksum === undefined)
      throw new S3Error(
        'InvalidRequest',
        `The upload was created using a ${info.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      );
    if (part?.etag !== etag || (checksum ?? part.checksum) !== part.checksum || surplus)
      throw new S3Error(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        { UploadId: info.id, PartNumber: String(number), ETag: etag },
      );
    return part;
  });
  const small = parts.slice(0, -1).find((part) => part.size < MIN_PART_BYTES);
  if (small !== undefined)
    throw new S3Error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', {
      ProposedSize: String(small.size),
      MinSizeAllowed: String(MIN_PART_BYTES),
      PartNumber: String(small.number),
      ETag: small.etag,
    });
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  const announced = headerOf(asked.headers['x-amz-mp-object-size']);
  if (announced !== undefined && announced !== String(size))
    throw new S3Error(
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header value ${announced} does not match what was computed: ${size}`,
    );
  const md5 = createHash('md5');
  for (const part of parts) md5.update(part.etag, 'hex');
  const etag = `${md5.digest('hex')}-${parts.length}`;
  const value = joinChecksums(
    info.algorithm,
    info.type,
    parts.map((part) => ({ value: part.checksum, size: part.size })),
  );
  const checksum: Checksum = { algorithm: info.algorithm, type: info.type, value };
  compareChecksum(asked.headers, checksum);
  return { parts, draft: { size, etag, headers: info.headers, checksum, parts: parts.map((part) => part.size) } };
}

/** What the headers say of the whole object, of its algorithm and type too, must be so. */
function compareChecksum(headers: IncomingHttpHeaders, checksum: Checksum): void {
  const type = headerOf(headers['x-amz-checksum-type']);
  if (type !== undefined && type !== checksum.type)
    throw new S3Error(
      'InvalidRequest',
      `The upload was created using the ${checksum.type} checksum mode. The complete request must use the same checksum mode.`,
    );
  const expected = headerOf(headers[checksumHeader(checksum.algorithm)]);
  const plain = (value: string): string => (checksum.type === 'COMPOSITE' ? value.replace(/-\d+$/, '') : value);
  if (expected !== undefined && plain(expected) !== plain(checksum.value))
    throw new S3Error('BadDigest', `The ${checksum.algorithm} you specified did not match the calculated checksum.`);
}
