import type { MirrorStream } from './mirror-stream.js';

/** What a listing says of a name. `size` in bytes, null where the listing does not say it exactly. */
export interface MirrorEntry {
  readonly name: string;
  readonly size: number | null;
  readonly directory: boolean;
}

export interface CallOptions {
  /** Ends the call, with its connection, by throwing the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface OpenOptions extends CallOptions {
  /** The first byte that is wanted; 0 by default. */
  readonly offset?: number;
  /** Bytes of the whole file, where known: a mirror that has another size is refused with `MIRROR_SIZE_DIFFERS`. */
  readonly expectedSize?: number | null;
}

export interface ReadTextOptions extends CallOptions {
  readonly maxBytes: number;
}

/**
 * A mirror of the dumps. Paths are names joined by `/`, below the mirror's root. Every call holds one connection of
 * the mirror's `connections`, and waits its turn.
 *
 * A `PermanentError` is one that this mirror will repeat: `MIRROR_NOT_FOUND`, `MIRROR_TOO_LARGE`, `NAME_REFUSED`. The
 * other errors are worth another attempt here or elsewhere: `MIRROR_DROPPED`, `MIRROR_STALLED`, `MIRROR_BUSY`,
 * `MIRROR_REFUSED`, `MIRROR_UNREACHABLE`, `MIRROR_SIZE_DIFFERS`; `MIRROR_CLOSED` after `close()`.
 */
export interface Mirror {
  readonly name: string;
  /** Connections at a time. */
  readonly connections: number;
  /** Names in listings that were left out, since the mirror was opened: they are no names of ours. */
  readonly refusedNames: number;
  /** What is in a folder (`''`: the root), each name once; throws `MIRROR_NOT_FOUND`. */
  list(path: string, options?: CallOptions): Promise<MirrorEntry[]>;
  /** Bytes of a file; null where it is certainly not there. */
  size(path: string, options?: CallOptions): Promise<number | null>;
  /** The bytes of a file; throws `MIRROR_NOT_FOUND`. The stream must be read to its end or destroyed. */
  open(path: string, options?: OpenOptions): Promise<MirrorStream>;
  /** A small file as UTF-8; null where it is not there. Throws `MIRROR_TOO_LARGE`, or `MIRROR_REFUSED` for other bytes. */
  readText(path: string, options: ReadTextOptions): Promise<string | null>;
  /** Ends all calls and streams with `MIRROR_CLOSED`; may be called twice. */
  close(): Promise<void>;
}

/** How a mirror is to be spoken to. Times in milliseconds. */
export interface MirrorOptions {
  /** Names the program and a way to reach its operator. */
  readonly userAgent: string;
  /** A mail address or a URL: the password of the anonymous user. */
  readonly contact?: string | undefined;
  /** Without a byte or a reply for so long, the mirror has stalled; 15,000 by default. */
  readonly stallMs?: number;
  /** The longest that anything but a stream may take, login included; 120,000 by default. */
  readonly callMs?: number;
  /** Bytes a second below which a stream has stalled too, over four times `stallMs`; 1,024 by default. */
  readonly minBytesPerSecond?: number;
  /** How long a connection that was cut off still counts: the mirror learns of it late; 250 by default. */
  readonly lingerMs?: number;
}

/** Bytes and entries of one listing. */
export const MAX_LISTING_BYTES = 8 * 1024 * 1024;
export const MAX_LISTING_ENTRIES = 100_000;
