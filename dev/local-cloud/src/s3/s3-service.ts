import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '@wikifleet/domain/errors';
import {
  createBucket,
  deleteBucket,
  deleteObjects,
  getBucketLocation,
  headBucket,
  listBuckets,
} from './bucket-calls.js';
import { Buckets } from './buckets.js';
import type { BucketsOptions } from './buckets.js';
import { idHeaders, newRequestId, parseCall } from './call.js';
import type { Call } from './call.js';
import { listObjectsV1, listObjectsV2 } from './list-calls.js';
import { abortMultipartUpload, completeMultipartUpload, createMultipartUpload, uploadPart } from './multipart-calls.js';
import { listMultipartUploads, listParts } from './multipart-list-calls.js';
import { copyObject, deleteObject, getObject, getObjectTagging, putObject } from './object-calls.js';
import { S3Error } from './s3-error.js';
import { element, leaf } from './xml.js';

export interface S3ServiceOptions {
  /** Buckets made by CreateBucket are its subfolders; nothing else belongs there. */
  readonly directory: string;
  /** Bucket name to the folder whose files are its objects. */
  readonly buckets?: Readonly<Record<string, string>>;
  /** Told of errors that are answered as an internal error: `what` could not be done. */
  readonly onFault?: (what: string, error: unknown) => void;
}

type Operation = (call: Call) => Promise<void>;

/** Parts of S3's API that are a query parameter, and that this service does not have (the ones it has are matched before). */
const SUBRESOURCES =
  /^(abac|accelerate|acl|analytics|attributes|cors|encryption|intelligent-tiering|inventory|legal-hold|lifecycle|logging|metadata.*|metrics|notification|object-lock|ownershipControls|policy|policyStatus|publicAccessBlock|renameObject|replication|requestPayment|restore|retention|select|session|tagging|torrent|versioning|versions|website)$/;

/**
 * S3 over plain folders, for one machine: no signatures are checked, and nobody is kept out, so it belongs on loopback. `handle` is a
 * plain request listener; hand it to `checkContinue` too, and a refused upload is refused before it is sent.
 */
export class S3Service {
  readonly #buckets: Buckets;
  readonly #active = new Map<Promise<void>, ServerResponse>();
  readonly #onFault: (what: string, error: unknown) => void;
  #closed = false;

  private constructor(buckets: Buckets, onFault: (what: string, error: unknown) => void) {
    this.#buckets = buckets;
    this.#onFault = onFault;
  }

  /** Throws UsageError for a bad bucket name or overlapping folders, FleetError FOLDER_IN_USE. */
  static async open({ directory, buckets = {}, onFault = () => {} }: S3ServiceOptions): Promise<S3Service> {
    const options: BucketsOptions = { directory, buckets };
    return new S3Service(await Buckets.open(options), onFault);
  }

  /** Answers one request, errors too; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const work = this.#handle(request, response);
    this.#active.set(work, response);
    try {
      await work;
    } finally {
      this.#active.delete(work);
    }
  }

  /** Ends the requests under way, and lets go of the folders. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const response of this.#active.values()) response.destroy();
    await Promise.allSettled(this.#active.keys());
    await this.#buckets.close();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let requestId = newRequestId();
    // an answer that nobody takes any more is no error of ours
    response.on('error', () => undefined);
    try {
      if (this.#closed) throw new S3Error('ServiceUnavailable', 'The service is closing');
      const call = parseCall(request, response, this.#buckets);
      requestId = call.requestId;
      await operationOf(call)(call);
    } catch (error) {
      if (!(error instanceof S3Error)) this.#onFault(described(request), error);
      sendError(error, request, response, requestId);
    }
  }
}

/** What the request asks for. Throws S3Error MethodNotAllowed, NotImplemented. */
function operationOf(call: Call): Operation {
  const { query, request, bucketName, key } = call;
  const method = request.method ?? '';
  const operation =
    bucketName === '' ? serviceOperation(method) : key === '' ? bucketOperation(call) : objectOperation(call);
  const unknown = [...query.keys()].find((name) => SUBRESOURCES.test(name));
  if (unknown !== undefined && !(unknown === 'tagging' && operation === getObjectTagging))
    throw new S3Error(
      'NotImplemented',
      'A query parameter you provided implies functionality that is not implemented',
      {
        Parameter: unknown,
      },
    );
  if (operation === undefined)
    throw new S3Error('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      Method: method,
    });
  const version = query.get('versionId');
  if (version !== null && version !== 'null')
    throw new S3Error('NoSuchVersion', 'The specified version does not exist.', { VersionId: version });
  return operation;
}

function serviceOperation(method: string): Operation | undefined {
  return method === 'GET' ? listBuckets : undefined;
}

function bucketOperation({ query, request }: Call): Operation | undefined {
  switch (request.method) {
    case 'GET':
      if (query.has('location')) return getBucketLocation;
      if (query.has('uploads')) return listMultipartUploads;
      return query.get('list-type') === '2' ? listObjectsV2 : listObjectsV1;
    case 'HEAD':
      return headBucket;
    case 'PUT':
      return createBucket;
    case 'DELETE':
      return deleteBucket;
    case 'POST':
      return query.has('delete') ? deleteObjects : undefined;
    default:
      return undefined;
  }
}

function objectOperation({ query, request }: Call): Operation | undefined {
  const upload = query.has('uploadId');
  switch (request.method) {
    case 'GET':
      if (query.has('tagging')) return getObjectTagging;
      return upload ? listParts : getObject;
    case 'HEAD':
      return getObject;
    case 'PUT':
      if (upload) return uploadPart;
      return request.headers['x-amz-copy-source'] === undefined ? putObject : copyObject;
    case 'DELETE':
      return upload ? abortMultipartUpload : deleteObject;
    case 'POST':
      if (query.has('uploads')) return createMultipartUpload;
      return upload ? completeMultipartUpload : undefined;
    default:
      return undefined;
  }
}

/** What a request asked for, for whoever reads an error. */
function described({ method = '', url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?', 1);
  const isRead = method === 'GET' || method === 'HEAD';
  return `S3 could not ${isRead ? 'read' : method === 'DELETE' ? 'delete' : 'write'} ${path.slice(0, 1000)}`;
}

function sendError(error: unknown, request: IncomingMessage, response: ServerResponse, requestId: string): void {
  // a client that is gone, or has half an answer, sees a broken connection
  if (response.headersSent || response.destroyed) return void response.destroy();
  const known = error instanceof S3Error ? error : new S3Error('InternalError', messageOf(error));
  const xml = element(
    'Error',
    leaf('Code', known.code),
    leaf('Message', known.message),
    ...Object.entries(known.details).map(([name, value]) => leaf(name, value)),
    leaf('Resource', (request.url ?? '').split('?', 1)[0]),
    leaf('RequestId', requestId),
    leaf('HostId', Buffer.from(requestId).toString('base64')),
  );
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
  const head = request.method === 'HEAD';
  response.writeHead(known.status, {
    ...idHeaders(requestId),
    ...(head ? {} : { 'content-type': 'application/xml', 'content-length': body.length }),
    ...(known.status === 416 ? { 'content-range': `bytes */${known.details['ActualObjectSize'] ?? '*'}` } : {}),
  });
  response.end(head ? undefined : body);
  // what is left of the body is read and dropped, so that the client gets to read the answer
  request.resume();
}
