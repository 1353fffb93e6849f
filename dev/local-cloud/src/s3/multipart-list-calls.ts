import { bucketOf, queryNumber, sendXml, xmlDate } from './call.js';
import type { Call } from './call.js';
import { checksumElement } from './checksums.js';
import { textEncoder } from './list-calls.js';
import { uploadOf } from './multipart-calls.js';
import type { Upload } from './multipart-uploads.js';
import { compareKeys } from './object-key.js';
import type { PartFile } from './part-files.js';
import { element, leaf, s3Document } from './xml.js';

const OWNER = ['Initiator', 'Owner'].map((name) =>
  element(name, leaf('ID', 'wikifleet'), leaf('DisplayName', 'wikifleet')),
);

/** ListParts. */
export async function listParts(call: Call): Promise<void> {
  const { info, parts } = uploadOf(call);
  const after = queryNumber(call, 'part-number-marker', { fallback: 0, min: 0, max: Number.MAX_SAFE_INTEGER });
  const most = Math.min(1000, queryNumber(call, 'max-parts', { fallback: 1000, min: 1, max: 2 ** 31 - 1 }));
  const all = [...parts.values()].filter((part) => part.number > after).sort((a, b) => a.number - b.number);
  const page = all.slice(0, most);
  const shown = (part: PartFile): string =>
    element(
      'Part',
      leaf('PartNumber', part.number),
      leaf('LastModified', xmlDate(new Date(part.modified))),
      leaf('ETag', `"${part.etag}"`),
      leaf('Size', part.size),
      info.asked ? leaf(checksumElement(info.algorithm), part.checksum) : '',
    );
  sendXml(
    call,
    s3Document(
      'ListPartsResult',
      leaf('Bucket', call.bucketName),
      leaf('Key', info.key),
      leaf('UploadId', info.id),
      ...OWNER,
      leaf('StorageClass', info.headers['x-amz-storage-class'] ?? 'STANDARD'),
      leaf('PartNumberMarker', after),
      leaf('NextPartNumberMarker', page.at(-1)?.number ?? 0),
      leaf('MaxParts', most),
      leaf('IsTruncated', page.length < all.length),
      leaf('ChecksumAlgorithm', info.asked ? info.algorithm : undefined),
      leaf('ChecksumType', info.asked ? info.type : undefined),
      ...page.map(shown),
    ),
  );
}

/** ListMultipartUploads, by key and then by start. */
export async function listMultipartUploads(call: Call): Promise<void> {
  const { query } = call;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const keyMarker = query.get('key-marker') ?? '';
  const idMarker = query.get('upload-id-marker') ?? '';
  const most = Math.min(1000, queryNumber(call, 'max-uploads', { fallback: 1000, min: 1, max: 2 ** 31 - 1 }));
  const text = textEncoder(call);
  const behind = (upload: Upload): boolean => {
    const order = compareKeys(upload.info.key, keyMarker);
    return order > 0 || (order === 0 && keyMarker !== '' && idMarker !== '' && upload.info.id > idMarker);
  };
  const all = bucketOf(call)
    .uploads.all()
    .filter((upload) => upload.info.key.startsWith(prefix) && behind(upload))
    .sort((a, b) => compareKeys(a.info.key, b.info.key) || compareKeys(a.info.id, b.info.id));
  const shown: Upload[] = [];
  const prefixes: string[] = [];
  let last: { key: string; id: string } | undefined;
  let truncated = false;
  for (const upload of all) {
    const { key, id } = upload.info;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = end < 0 ? undefined : key.slice(0, end + delimiter.length);
    if (common !== undefined && (common === prefixes.at(-1) || common === keyMarker)) continue;
    truncated = shown.length + prefixes.length === most;
    if (truncated) break;
    if (common === undefined) shown.push(upload);
    else prefixes.push(common);
    last = { key: common ?? key, id: common === undefined ? id : '' };
  }
  sendXml(
    call,
    s3Document(
      'ListMultipartUploadsResult',
      leaf('Bucket', call.bucketName),
      leaf('KeyMarker', text(keyMarker)),
      leaf('UploadIdMarker', idMarker),
      leaf('NextKeyMarker', truncated ? text(last?.key ?? '') : undefined),
      leaf('NextUploadIdMarker', truncated ? last?.id : undefined),
      leaf('Prefix', text(prefix)),
      leaf('Delimiter', delimiter === '' ? undefined : text(delimiter)),
      leaf('EncodingType', query.get('encoding-type') ?? undefined),
      leaf('MaxUploads', most),
      leaf('IsTruncated', truncated),
      ...shown.map(({ info }) =>
        element(
          'Upload',
          leaf('Key', text(info.key)),
          leaf('UploadId', info.id),
          ...OWNER,
          leaf('StorageClass', info.headers['x-amz-storage-class'] ?? 'STANDARD'),
          leaf('Initiated', xmlDate(new Date(info.initiated))),
          leaf('ChecksumAlgorithm', info.asked ? info.algorithm : undefined),
          leaf('ChecksumType', info.asked ? info.type : undefined),
        ),
      ),
      ...prefixes.map((one) => element('CommonPrefixes', leaf('Prefix', text(one)))),
    ),
  );
}
