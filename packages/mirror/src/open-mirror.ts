import type { MirrorConfig } from '@wikifleet/config/mirrors';
import { UsageError } from '@wikifleet/domain/errors';
import { FtpMirror } from './ftp-mirror.js';
import { HttpMirror } from './http-mirror.js';
import type { Mirror, MirrorOptions } from './mirror.js';

/** Makes the client of one mirror; connects to nothing yet. Throws a `UsageError` for a `userAgent` that cannot be sent. */
export function openMirror(config: MirrorConfig, options: MirrorOptions): Mirror {
  if (!/^[\x20-\x7e]{3,300}$/.test(options.userAgent)) {
    const received = JSON.stringify(options.userAgent.slice(0, 300));
    throw new UsageError(
      'USER_AGENT',
      `expected a User-Agent of 3 to 300 printable ASCII characters, received ${received}`,
    );
  }
  return config.protocol === 'ftp' ? new FtpMirror(config, options) : new HttpMirror(config, options);
}
