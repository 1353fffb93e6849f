import type { MirrorConfig } from '@wikifleet/config/mirrors';
import { isName } from '@wikifleet/domain/names';
import { PermanentError } from '@wikifleet/domain/errors';

const DEFAULT_PORTS = { ftp: 21, http: 80, https: 443 } as const;

export function portOf(config: MirrorConfig): number {
  return config.port ?? DEFAULT_PORTS[config.protocol];
}

/** The absolute path of `path` on the mirror; `''` is the root. Throws `NAME_REFUSED` for anything but names. */
export function absolutePath(config: MirrorConfig, path: string): string {
  const names = path === '' ? [] : path.split('/');
  if (path.length > 1000 || !names.every(isName)) {
    const received = JSON.stringify(path.slice(0, 250));
    throw new PermanentError('NAME_REFUSED', `expected a path of names joined by "/", received ${received}`, {
      received,
    });
  }
  return `/${[config.root, ...names].filter((part) => part !== '').join('/')}`;
}

/** The URL of an absolute path, for messages and requests. */
export function urlOf(config: MirrorConfig, absolute: string): string {
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  const port = portOf(config) === DEFAULT_PORTS[config.protocol] ? '' : `:${config.port}`;
  return `${config.protocol}://${host}${port}${absolute}`;
}
