import { bucketOf, queryNumber, sendEmpty, sendXml } from './call.js';
import type { Call } from './call.js';
import { deleteCheck } from './conditions.js';
import { MAX_KEY_BYTES } from './object-key.js';
import { RequestBody } from './request-body.js';
import { S3Error } from './s3-error.js';
import { childOf, element, leaf, parseXml, s3Document, textOf } from './xml.js';
import type { XmlElement } from './xml.js';

/** Most bytes of a request's XML: a thousand long keys, or ten thousand parts. */
export const MAX_XML_BYTES = 2 * 1024 * 1024;

const OWNER = element('Owner', leaf('ID', 'wikifleet'), leaf('DisplayName', 'wikifleet'));

/** ListBuckets. */
export async function listBuckets(call: Call): Promise<void> {
  const prefix = call.query.get('prefix') ?? '';
  const after = call.query.get('continuation-token') ?? '';
  const most = queryNumber(call, 'max-buckets', { fallback: 10_000, min: 1, max: 10_000 });
  const all = call.buckets.all().filter(({ name }) => name.startsWith(prefix) && name > after);
  const page = all.slice(0, most);
  sendXml(
    call,
    s3Document(
      'ListAllMyBucketsResult',
      element(
        'Buckets',
        ...page.map(({ name, created }) =>
          element('Bucket', leaf('Name', name), leaf('CreationDate', created.toISOString())),
        ),
      ),
      OWNER,
      leaf('ContinuationToken', all.length > page.length ? page.at(-1)?.name : undefined),
      leaf('Prefix', prefix === '' ? undefined : prefix),
    ),
  );
}

/** CreateBucket: one's own again is fine in us-east-1, as on AWS, and BucketAlreadyOwnedByYou elsewhere. */
export async function createBucket(call: Call): Promise<void> {
  const { request, response, bucketName } = call;
  let location = '';
  if (request.headers['content-length'] !== undefined && request.headers['content-length'] !== '0') {
    const text = await new RequestBody(request, response, { maxBytes: MAX_XML_BYTES }).text();
    const document = text.trim() === '' ? undefined : parseXml(text);
    if (document !== undefined && document.name !== 'CreateBucketConfiguration') throw malformed(document.name);
    location = (document && textOf(document, 'LocationConstraint')) ?? '';
  }
  if (!(await call.buckets.create(bucketName, location)) && call.buckets.entry(bucketName).location !== '')
    throw new S3Error(
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { BucketName: bucketName },
    );
  sendEmpty(call, 200, { location: `/${bucketName}` });
}

/** HeadBucket. */
export async function headBucket(call: Call): Promise<void> {
  const { location } = call.buckets.entry(call.bucketName);
  sendEmpty(call, 200, { 'x-amz-bucket-region': location === '' ? 'us-east-1' : location });
}

/** GetBucketLocation: empty means us-east-1. */
export async function getBucketLocation(call: Call): Promise<void> {
  const { location } = call.buckets.entry(call.bucketName);
  sendXml(
    call,
    `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${location}</LocationConstraint>`,
  );
}

/** DeleteBucket. */
export async function deleteBucket(call: Call): Promise<void> {
  await call.buckets.delete(call.bucketName);
  sendEmpty(call, 204);
}

/** DeleteObjects: a result a key; one that fails does not stop the others. */
export async function deleteObjects(call: Call): Promise<void> {
  const bucket = bucketOf(call);
  const body = new RequestBody(call.request, call.response, { maxBytes: MAX_XML_BYTES });
  if (!body.vouched)
    throw new S3Error('InvalidRequest', 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  const document = parseXml(await body.text());
  if (document.name !== 'Delete') throw malformed(document.name);
  const wanted = document.children.filter((child) => child.name === 'Object').map(readWanted);
  if (wanted.length === 0 || wanted.length > 1000) throw malformed(`${wanted.length} objects, expected 1 to 1000`);
  const quiet = textOf(document, 'Quiet')?.trim() === 'true';
  const results: string[] = [];
  for (const { key, etag, version } of wanted) {
    try {
      if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw new S3Error('KeyTooLongError', 'Your key is too long');
      if (version !== undefined && version !== 'null')
        throw new S3Error('NoSuchVersion', 'The specified version does not exist.');
      await bucket.delete(key, deleteCheck(key, etag));
      if (!quiet) results.push(element('Deleted', leaf('Key', key)));
    } catch (error) {
      const { code, message } =
        error instanceof S3Error ? error : { code: 'InternalError', message: 'We encountered an internal error.' };
      results.push(element('Error', leaf('Key', key), leaf('Code', code), leaf('Message', message)));
    }
  }
  sendXml(call, s3Document('DeleteResult', ...results));
}

function readWanted(object: XmlElement): {
  key: string;
  etag: string | undefined;
  version: string | undefined;
} {
  const key = textOf(object, 'Key');
  if (key === undefined || key === '') throw malformed('an Object without a Key');
  if (childOf(object, 'LastModifiedTime') !== undefined || childOf(object, 'Size') !== undefined)
    throw new S3Error('NotImplemented', 'LastModifiedTime and Size are conditions of directory buckets');
  return { key, etag: textOf(object, 'ETag'), version: textOf(object, 'VersionId') };
}

function malformed(reason: string): S3Error {
  return new S3Error(
    'MalformedXML',
    `The XML you provided was not well-formed or did not validate against our published schema (${reason})`,
  );
}
