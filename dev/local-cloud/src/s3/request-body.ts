import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { decodeAwsChunked } from './aws-chunked.js';
import { CHECKSUM_ALGORITHMS, checksumAlgorithm, checksumHeader, createHasher, isChecksumValue } from './checksums.js';
import type { ChecksumAlgorithm, Hasher } from './checksums.js';
import { S3Error } from './s3-error.js';

/** The most that S3 takes in one PUT. */
const MAX_BODY_BYTES = 5 * 1024 ** 3;

export interface BodyOptions {
  /** Most bytes of the decoded body. */
  readonly maxBytes?: number;
  /** A checksum to compute whatever the client announces. */
  readonly compute?: ChecksumAlgorithm;
  /** A checksum to compute where the client announces none. */
  readonly fallback?: ChecksumAlgorithm;
  /** False where `x-amz-checksum-…` headers speak of an object and not of this body (CompleteMultipartUpload). */
  readonly checksums?: boolean;
}

/**
 * A request's body, decoded from `aws-chunked` and held to everything the request says of it: Content-MD5, the
 * `x-amz-checksum-…` header or trailer, `x-amz-content-sha256`, and its length. The end of `chunks()` is the proof: it
 * throws S3Error (BadDigest, IncompleteBody, …) where one does not hold, so what was read before counts only then.
 */
export class RequestBody {
  /** Bytes of the decoded body. */
  readonly length: number;
  /** The checksum the client announced, by header or trailer. */
  readonly announced: ChecksumAlgorithm | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #framed: boolean;
  readonly #expected: string | undefined;
  readonly #sha256: string | undefined;
  readonly #contentMd5: string | undefined;
  readonly #md5 = createHash('md5');
  readonly #hashers = new Map<ChecksumAlgorithm, Hasher>();
  readonly #values = new Map<ChecksumAlgorithm, string>();
  #md5Value: Buffer | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: BodyOptions = {}) {
    const { headers } = request;
    this.#request = request;
    this.#response = response;
    const sha256 = headerOf(headers['x-amz-content-sha256']) ?? 'UNSIGNED-PAYLOAD';
    this.#framed = sha256.startsWith('STREAMING-') || /\baws-chunked\b/i.test(headers['content-encoding'] ?? '');
    if (/^[0-9a-f]{64}$/.test(sha256)) this.#sha256 = sha256;
    else if (sha256 !== 'UNSIGNED-PAYLOAD' && !this.#framed)
      throw new S3Error('InvalidArgument', 'x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-… or a SHA-256');

    const length = this.#framed ? headerOf(headers['x-amz-decoded-content-length']) : headers['content-length'];
    if (length === undefined || !/^\d{1,15}$/.test(length))
      throw new S3Error('MissingContentLength', 'You must provide the Content-Length HTTP header.');
    this.length = Number(length);
    const maxBytes = options.maxBytes ?? MAX_BODY_BYTES;
    if (this.length > maxBytes)
      throw options.maxBytes === undefined
        ? new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
            ProposedSize: length,
            MaxSizeAllowed: String(maxBytes),
          })
        : new S3Error('MaxMessageLengthExceeded', `Your request was too big: ${length} bytes, at most ${maxBytes}`);

    this.#contentMd5 = headerOf(headers['content-md5']);
    if (this.#contentMd5 !== undefined && !/^[A-Za-z0-9+/]{22}==$/.test(this.#contentMd5))
      throw new S3Error('InvalidDigest', 'The Content-MD5 you specified was invalid.');
    if (options.checksums !== false) {
      const { algorithm, value } = announcedChecksum(headers);
      this.announced = algorithm;
      this.#expected = value;
    }
    for (const algorithm of [options.compute, this.announced ?? options.fallback])
      if (algorithm !== undefined) this.#hashers.set(algorithm, createHasher(algorithm));
  }

  /** Whether anything but the transport vouches for the body; DeleteObjects asks for it. */
  get vouched(): boolean {
    return this.#contentMd5 !== undefined || this.announced !== undefined;
  }

  /** MD5 in hex; after `chunks()` ended. */
  get md5(): string {
    if (this.#md5Value === undefined) throw new TypeError('the body has not been read to its end');
    return this.#md5Value.toString('hex');
  }

  /** A computed checksum in base64; after `chunks()` ended. */
  checksum(algorithm: ChecksumAlgorithm): string {
    const value = this.#values.get(algorithm);
    if (value === undefined) throw new TypeError(`${algorithm} was not asked for, or the body is not read`);
    return value;
  }

  /** The decoded bytes; once. An early end leaves the request's stream open, for the error's answer. */
  async *chunks(): AsyncGenerator<Buffer> {
    if (/^100-continue$/i.test(this.#request.headers.expect ?? '') && !continued(this.#response))
      this.#response.writeContinue();
    const raw = this.#request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    const trailers = new Map<string, string>();
    const sha256 = this.#sha256 === undefined ? undefined : createHash('sha256');
    let received = 0;
    for await (const chunk of this.#framed ? decodeAwsChunked(raw, trailers) : raw) {
      received += chunk.length;
      if (received > this.length) break;
      this.#md5.update(chunk);
      sha256?.update(chunk);
      for (const hasher of this.#hashers.values()) hasher.update(chunk);
      yield chunk;
    }
    if (received !== this.length || !this.#request.complete)
      throw new S3Error('IncompleteBody', 'The request body terminated unexpectedly, or is longer than announced', {
        NumberBytesExpected: String(this.length),
        NumberBytesProvided: String(received),
      });
    this.#md5Value = this.#md5.digest();
    for (const [algorithm, hasher] of this.#hashers) this.#values.set(algorithm, hasher.digest().toString('base64'));
    const sha256Value = sha256?.digest('hex');
    if (sha256Value !== this.#sha256)
      throw new S3Error(
        'XAmzContentSHA256Mismatch',
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        { ClientComputedContentSHA256: this.#sha256 ?? '', S3ComputedContentSHA256: sha256Value ?? '' },
      );
    if (this.#contentMd5 !== undefined && this.#contentMd5 !== this.#md5Value.toString('base64'))
      throw new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    this.#compareChecksum(trailers);
  }

  /** The whole body as text; for small documents. */
  async text(): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.chunks()) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  #compareChecksum(trailers: ReadonlyMap<string, string>): void {
    const algorithm = this.announced;
    if (algorithm === undefined) return;
    const expected = this.#expected ?? trailers.get(checksumHeader(algorithm));
    if (expected === undefined)
      throw new S3Error('MalformedTrailerError', `The trailer ${checksumHeader(algorithm)} was announced and not sent`);
    if (!isChecksumValue(algorithm, expected)) throw invalidValue(checksumHeader(algorithm));
    if (expected !== this.#values.get(algorithm))
      throw new S3Error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`);
  }
}

/** The one checksum that headers or `x-amz-trailer` announce, with its value where it is a header. */
function announcedChecksum(headers: IncomingMessage['headers']): {
  algorithm: ChecksumAlgorithm | undefined;
  value: string | undefined;
} {
  const trailer = headerOf(headers['x-amz-trailer'])?.trim().toLowerCase();
  const present = CHECKSUM_ALGORITHMS.filter((algorithm) => headers[checksumHeader(algorithm)] !== undefined);
  const trailing = CHECKSUM_ALGORITHMS.find((algorithm) => checksumHeader(algorithm) === trailer);
  if (trailer !== undefined && trailing === undefined)
    throw new S3Error('InvalidRequest', 'The value specified in the x-amz-trailer header is not supported');
  if (present.length + (trailing === undefined ? 0 : 1) > 1)
    throw new S3Error(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  const algorithm = present[0] ?? trailing;
  const named = headerOf(headers['x-amz-sdk-checksum-algorithm']);
  if (named !== undefined && checksumAlgorithm(named) === undefined)
    throw new S3Error('InvalidRequest', 'Checksum algorithm provided is unsupported.');
  if (named !== undefined && algorithm === undefined)
    throw new S3Error(
      'InvalidRequest',
      'x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.',
    );
  if (named !== undefined && checksumAlgorithm(named) !== algorithm)
    throw new S3Error('InvalidRequest', 'Value for x-amz-sdk-checksum-algorithm header is invalid.');
  const value = present[0] === undefined ? undefined : headerOf(headers[checksumHeader(present[0])]);
  if (present[0] !== undefined && value !== undefined && !isChecksumValue(present[0], value))
    throw invalidValue(checksumHeader(present[0]));
  return { algorithm, value };
}

/** A header that may come once only. */
export function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function invalidValue(header: string): S3Error {
  return new S3Error('InvalidRequest', `Value for ${header} header is invalid.`);
}

/** Whether `100 Continue` went out already: Node sends it by itself where nobody listens to `checkContinue`. */
function continued(response: ServerResponse): boolean {
  return (response as { _sent100?: boolean })._sent100 === true;
}
