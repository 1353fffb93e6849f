import { FTPError } from 'basic-ftp';
import { FleetError, PermanentError, codeOf, messageOf } from '@wikifleet/domain/errors';
import type { FleetErrorOptions } from '@wikifleet/domain/errors';

/** What is worth another attempt, here or at another mirror. */
export type RetryableCode =
  | 'MIRROR_DROPPED'
  | 'MIRROR_STALLED'
  | 'MIRROR_BUSY'
  | 'MIRROR_REFUSED'
  | 'MIRROR_UNREACHABLE'
  | 'MIRROR_SIZE_DIFFERS'
  | 'MIRROR_CLOSED';

/** `place` is the URL of what was asked for. */
export function mirrorError(
  code: RetryableCode,
  place: string,
  what: string,
  options: Omit<FleetErrorOptions, 'place'> = {},
): FleetError {
  return new FleetError(code, `${place}: ${what}`, { ...options, place });
}

export function notFound(place: string): PermanentError {
  return new PermanentError('MIRROR_NOT_FOUND', `${place}: the mirror says that it is not there`, { place });
}

/** Compares what a mirror has with what is wanted; sizes in bytes, null where not known. */
export function checkSize(place: string, size: number | null, expectedSize: number | null, offset: number): void {
  if (size === null) return;
  if (expectedSize !== null && size !== expectedSize) {
    const sizes = { expected: `${expectedSize} bytes`, received: `${size} bytes` };
    throw mirrorError('MIRROR_SIZE_DIFFERS', place, `expected ${expectedSize} bytes, the mirror has ${size}`, sizes);
  }
  if (offset > size) {
    const sizes = { expected: `more than ${offset} bytes`, received: `${size} bytes` };
    throw mirrorError(
      'MIRROR_SIZE_DIFFERS',
      place,
      `expected to go on at ${offset}, the mirror has ${size} bytes`,
      sizes,
    );
  }
}

/** A server's reply may have any length. */
const MAX_MESSAGE_CHARACTERS = 500;

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EADDRNOTAVAIL',
]);

/**
 * What several mirrors failed with, as one error that names each of them; the error itself where there is only one. Its code
 * is the last one's, and it is permanent only where all are.
 */
export function errorOfMirrors(failures: ReadonlyMap<string, unknown>): unknown {
  const errors = [...failures.values()];
  const last = errors.at(-1);
  if (errors.length < 2) return last;
  const messages = [...failures].map(([name, error]) => {
    const message = messageOf(error);
    return message.includes(name) ? message : `${name}: ${message}`;
  });
  const Kind = errors.every((error) => error instanceof PermanentError) ? PermanentError : FleetError;
  return new Kind(codeOf(last), messages.join('; '), { cause: last });
}

/** Anything that a socket, a TLS library or basic-ftp threw, as one of ours. */
export function networkError(place: string, error: unknown): FleetError {
  if (error instanceof FleetError) return error;
  const [code, message] = [codeOf(error), messageOf(error).slice(0, MAX_MESSAGE_CHARACTERS)];
  const options = { received: message, cause: error };
  const reply = ftpCode(error, message);
  if (reply !== null) return mirrorError(codeOfReply(reply, message), place, `the mirror said ${message}`, options);
  if (UNREACHABLE.has(code)) return mirrorError('MIRROR_UNREACHABLE', place, message, options);
  if (code === 'ETIMEDOUT' || /^Timeout\b/.test(message)) {
    return mirrorError('MIRROR_STALLED', place, `nothing came any more: ${message}`, options);
  }
  if (/CERT|TLS|SSL|SIGNED|SIGNATURE/.test(code)) return mirrorError('MIRROR_REFUSED', place, message, options);
  if (
    code.startsWith('HPE_') ||
    /Maximum bytes exceeded|Can't parse|only supports|separate|another host/.test(message)
  ) {
    return mirrorError('MIRROR_REFUSED', place, `no answer that can be used: ${message}`, options);
  }
  return mirrorError('MIRROR_DROPPED', place, `the connection was cut: ${message}`, options);
}

/** The code of an FTP reply; basic-ftp hides that to EPSV and PASV in a message of its own. */
function ftpCode(error: unknown, message: string): number | null {
  if (error instanceof FTPError) return error.code;
  const hidden = /\bFTPError: (\d{3})\b/.exec(message)?.[1];
  return hidden === undefined ? null : Number(hidden);
}

/** vsftpd throttles with 421, proftpd with 530 and the word "maximum". */
function codeOfReply(reply: number, message: string): RetryableCode {
  if (reply === 421 || reply === 450) return 'MIRROR_BUSY';
  if (reply === 530 && /maximum|too many|limit/i.test(message)) return 'MIRROR_BUSY';
  if (reply === 426 || reply === 451 || reply === 425) return 'MIRROR_DROPPED';
  return 'MIRROR_REFUSED';
}
