import type { IncomingMessage } from 'node:http';
import type { FleetError } from '@wikifleet/domain/errors';
import { mirrorError, notFound } from './mirror-error.js';

/** What an answer to a GET from `offset` on means: how many bytes to leave out, and the whole file's bytes. */
export type Body = { readonly skip: number; readonly size: number | null } | { readonly emptyAt: number };

/** The error that an answer's status stands for. */
export function statusError(place: string, status: number): FleetError {
  if (status === 404 || status === 410) return notFound(place);
  const received = `status ${status}`;
  if (status === 429 || status === 503)
    return mirrorError('MIRROR_BUSY', place, `too many requests: ${received}`, { received });
  return mirrorError('MIRROR_REFUSED', place, `expected status 200, received ${status}`, {
    expected: 'status 200',
    received,
  });
}

function numberOf(text: string | undefined): number | null {
  const value = /^\d{1,16}$/.test(text ?? '') ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : null;
}

/** Bytes of the body; null where it comes in chunks, whose end is told. */
export function lengthOf(place: string, response: IncomingMessage): number | null {
  const length = numberOf(response.headers['content-length']);
  if (length !== null || response.headers['transfer-encoding']?.toLowerCase() === 'chunked') return length;
  // A body that ends with its connection looks the same whole and cut.
  throw mirrorError('MIRROR_REFUSED', place, 'expected a Content-Length or chunks');
}

/** Reads status and headers of an answer to a GET (RFC 9110, sections 14 and 15). */
export function readAnswer(place: string, response: IncomingMessage, offset: number): Body {
  const status = response.statusCode ?? 0;
  const range = response.headers['content-range'] ?? '';
  if (status === 416 && offset > 0) {
    const total = numberOf(/^bytes \*\/(\d+)$/.exec(range)?.[1]);
    if (total !== null) return { emptyAt: total };
  }
  if (status === 200 || (status === 206 && offset > 0)) checkEncoding(place, response);
  // The mirror does not know ranges: the bytes come again, and are left out.
  if (status === 200) return { skip: offset, size: lengthOf(place, response) };
  if (status !== 206 || offset === 0) throw statusError(place, status);
  const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range) ?? [];
  const end = numberOf(last);
  if (numberOf(first) !== offset || end === null) {
    const received = JSON.stringify(range.slice(0, 200));
    const expected = `bytes ${offset}-`;
    throw mirrorError('MIRROR_REFUSED', place, `expected ${expected}, received ${received}`, { expected, received });
  }
  lengthOf(place, response);
  return { skip: 0, size: total === '*' ? end + 1 : numberOf(total) };
}

/** Some servers call a .gz or .bz2 file itself an encoding; anything else would be other bytes than the file's. */
function checkEncoding(place: string, response: IncomingMessage): void {
  const encoding = response.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity') return;
  if (place.endsWith('.gz') && /^(?:x-)?gzip$/.test(encoding)) return;
  if (place.endsWith('.bz2') && /^(?:x-)?bzip2$/.test(encoding)) return;
  throw mirrorError('MIRROR_REFUSED', place, `expected the bytes as they are, received Content-Encoding ${encoding}`);
}
