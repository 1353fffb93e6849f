import { isIP } from 'node:net';
import { isName } from '@wikifleet/domain/names';
import { messageOf, UsageError } from '@wikifleet/domain/errors';
import { z } from 'zod';

/** The two layouts of runs that a mirror may hold. */
export const HOLDINGS = ['legacy', 'content'] as const;
export type Holding = (typeof HOLDINGS)[number];

export const PROTOCOLS = ['ftp', 'https', 'http'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

const MAX_FILE_CHARACTERS = 1024 * 1024;
const HOST_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** A host name (RFC 1123) or an IP address, without brackets. */
function isHost(host: string): boolean {
  if (isIP(host) !== 0) return true;
  const labels = host.split('.');
  // a name whose last label is a number would be read as an IPv4 address
  return host.length <= 253 && labels.every((label) => HOST_LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
}

function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** `/pub/dumps/` and `pub/dumps` both mean `pub/dumps`. */
const rootSchema = z
  .string()
  .max(500)
  .transform((root) => root.replace(/^\//, '').replace(/\/$/, ''))
  .refine((root) => root === '' || root.split('/').every(isName), { error: 'expected names joined by "/"' });

const mirrorSchema = z
  .strictObject({
    name: z.string().refine(isName, { error: 'expected 1 to 200 of A-Z a-z 0-9 . _ -' }),
    protocol: z.enum(PROTOCOLS),
    host: z.string().refine(isHost, { error: 'expected a host name or an IP address' }),
    port: z.int().min(1).max(65535).optional(),
    root: rootSchema.default(''),
    connections: z.int().min(1).max(32).default(3),
    holds: z
      .array(z.enum(HOLDINGS))
      .min(1)
      .default([...HOLDINGS]),
    status: z.boolean().default(false),
    plainStatus: z.boolean().default(false),
    note: z.string().max(1000).optional(),
  })
  .superRefine((mirror, context) => {
    if (!mirror.status || mirror.protocol === 'https' || mirror.plainStatus || isLoopback(mirror.host)) return;
    const message =
      `status and checksums come over https, received ${mirror.protocol}; ` +
      '"plainStatus": true trusts an unencrypted mirror with them';
    context.addIssue({ code: 'custom', path: ['status'], message });
  });

const fileSchema = z
  .strictObject({
    contact: z
      .string()
      .regex(/^[\x21-\x7e]{3,200}$/, 'expected a mail address or a URL without spaces')
      .optional(),
    mirrors: z.array(mirrorSchema).min(1).max(100),
    note: z.string().max(1000).optional(),
  })
  .superRefine((file, context) => {
    const seen = new Set<string>();
    for (const [at, { name }] of file.mirrors.entries()) {
      if (seen.has(name))
        context.addIssue({ code: 'custom', path: ['mirrors', at, 'name'], message: 'is there twice' });
      seen.add(name);
    }
  });

/** One mirror as the mirror file has it, with its defaults. */
export interface MirrorConfig {
  readonly name: string;
  readonly protocol: Protocol;
  /** A host name or an IP address, without brackets. */
  readonly host: string;
  /** That of the protocol where it is not there. */
  readonly port?: number | undefined;
  /** The folder that holds the wikis: names joined by `/`, or empty. */
  readonly root: string;
  /** Connections at a time that the mirror allows to all of us together, 1 to 32. */
  readonly connections: number;
  readonly holds: readonly Holding[];
  /** Is asked for status and checksums. */
  readonly status: boolean;
  /** May be asked for them although its protocol does not prove who answers. */
  readonly plainStatus?: boolean | undefined;
  readonly note?: string | undefined;
}

export interface MirrorsFile {
  /** A mail address or a URL that mirrors are told. */
  readonly contact?: string | undefined;
  readonly mirrors: readonly MirrorConfig[];
}

/** Reads the text of a mirror file; throws one `UsageError` with all its problems, each with its place. */
export function parseMirrors(text: string, fileName: string): MirrorsFile {
  const result = fileSchema.safeParse(parseJson(text, fileName));
  if (result.success) return Object.freeze(result.data);
  const moreLines = result.error.issues.map((issue) => `${placeOf(issue.path)}: ${issue.message}`);
  throw new UsageError('MIRRORS_REFUSED', `${fileName} is no mirror file:`, { cause: result.error, moreLines });
}

/**
 * The mirrors with one task's share of their connections: each mirror's, divided by the `tasks` that download, rounded
 * down. Throws one `UsageError` that names every mirror which would be left without one.
 */
export function shareConnections(mirrors: readonly MirrorConfig[], tasks: number): MirrorConfig[] {
  const shared = mirrors.map((mirror) => ({ ...mirror, connections: Math.floor(mirror.connections / tasks) }));
  const scarce = mirrors.filter(({ connections }) => connections < tasks);
  if (scarce.length === 0) return shared;
  const named = scarce.map(({ name, connections }) => `${name} allows ${connections}`).join(', ');
  throw new UsageError(
    'MIRROR_SHARE',
    `expected at least one connection to every mirror for each of ${tasks} downloaders (WIKIFLEET_DOWNLOADERS); ${named}: ` +
      'run fewer downloaders, or leave such a mirror out',
  );
}

function parseJson(text: string, fileName: string): unknown {
  if (text.length > MAX_FILE_CHARACTERS) {
    throw new UsageError(
      'MIRRORS_REFUSED',
      `${fileName}: expected ${MAX_FILE_CHARACTERS} characters at most, received ${text.length}`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError('MIRRORS_REFUSED', `${fileName} is no JSON: ${messageOf(error)}`, { cause: error });
  }
}

/** `mirrors[2].host`. */
function placeOf(path: readonly PropertyKey[]): string {
  const place = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return place.replace(/^\./, '') || 'the file';
}
