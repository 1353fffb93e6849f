import { readFile } from 'node:fs/promises';
import { parseMirrors, shareConnections } from '@wikifleet/config/mirrors';
import type { MirrorConfig } from '@wikifleet/config/mirrors';
import { UsageError, messageOf } from '@wikifleet/domain/errors';
import type { Kind } from '@wikifleet/domain/run';
import type { Mirror } from './mirror.js';
import { openMirror } from './open-mirror.js';

/** A mirror, with what the file says of it. */
export interface KnownMirror {
  readonly mirror: Mirror;
  readonly config: MirrorConfig;
}

/** How many of a mirror's connections are ours. */
export interface SharingOptions {
  /** So many programs share each mirror's connections, this one included; 1 by default. */
  readonly tasks?: number;
  /** More than so many are never held to one mirror. */
  readonly most?: number;
}

const PROGRAM = 'wikifleet/0.1 (dump converter)';

/**
 * Opens the mirrors that a mirror file names, in its order; `contact` goes before the file's own. Throws a `UsageError` where the file cannot be read,
 * a share is none, or nobody could be reached by a mirror that has cause to complain.
 */
export async function openMirrors(
  path: string,
  contact: string | undefined,
  { tasks = 1, most = Infinity }: SharingOptions = {},
): Promise<KnownMirror[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError('MIRRORS_UNREADABLE', `the mirror file ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const file = parseMirrors(text, path);
  const reachable = contact ?? file.contact;
  if (reachable === undefined) {
    throw new UsageError(
      'CONTACT_MISSING',
      `mirrors ask for a way to reach you: set WIKIFLEET_CONTACT to a mail address or a URL, or "contact" in ${path}`,
    );
  }
  const options = { userAgent: `${PROGRAM}; ${reachable}`, contact: reachable };
  return shareConnections(file.mirrors, tasks).map((shared) => {
    const config = { ...shared, connections: Math.min(shared.connections, most) };
    return { config, mirror: openMirror(config, options) };
  });
}

/** The mirrors that hold runs of a kind, in their order. */
export function mirrorsFor(known: readonly KnownMirror[], kind: Kind): KnownMirror[] {
  const layout = kind === 'content-current' || kind === 'content-history' ? 'content' : 'legacy';
  return known.filter(({ config }) => config.holds.includes(layout));
}
