import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { MirrorConfig } from '@wikifleet/config/mirrors';
import { messageOf } from '@wikifleet/domain/errors';
import { parseAutoindex } from './autoindex.js';
import { lengthOf, readAnswer, statusError } from './http-answer.js';
import { request } from './http-request.js';
import { MAX_LISTING_BYTES, MAX_LISTING_ENTRIES } from './mirror.js';
import type { CallOptions, Mirror, MirrorEntry, MirrorOptions, OpenOptions, ReadTextOptions } from './mirror.js';
import { checkSize, mirrorError, networkError } from './mirror-error.js';
import { absolutePath, urlOf } from './mirror-path.js';
import { MirrorStream, emptyStream } from './mirror-stream.js';
import { readText } from './read-text.js';
import { Slots } from './slots.js';

/** One request: its answer, and how to end it. `end` frees the slot, and may be called twice. */
interface Exchange {
  readonly response: IncomingMessage;
  readonly signal: AbortSignal;
  readonly end: () => void;
}

/** A mirror that speaks HTTP, with or without TLS. */
export class HttpMirror implements Mirror {
  readonly name: string;
  readonly connections: number;
  refusedNames = 0;
  readonly #config: MirrorConfig;
  readonly #options: MirrorOptions;
  readonly #slots: Slots;
  readonly #closing = new AbortController();

  constructor(config: MirrorConfig, options: MirrorOptions) {
    this.name = config.name;
    this.connections = config.connections;
    this.#config = config;
    this.#options = options;
    this.#slots = new Slots(config.connections);
  }

  async list(path: string, options: CallOptions = {}): Promise<MirrorEntry[]> {
    const absolute = absolutePath(this.#config, path);
    const folder = absolute.endsWith('/') ? absolute : `${absolute}/`;
    const html = (await this.#read(folder, 0, null, options.signal)).setEncoding('latin1');
    let text = '';
    for await (const chunk of html) {
      text += String(chunk);
      if (text.length > MAX_LISTING_BYTES) {
        throw mirrorError('MIRROR_REFUSED', urlOf(this.#config, folder), `expected ${MAX_LISTING_BYTES} bytes at most`);
      }
    }
    const { entries, refused } = parseAutoindex(text, folder);
    this.refusedNames += refused;
    if (entries.length <= MAX_LISTING_ENTRIES) return entries;
    throw mirrorError('MIRROR_REFUSED', urlOf(this.#config, folder), `expected ${MAX_LISTING_ENTRIES} entries at most`);
  }

  async size(path: string, options: CallOptions = {}): Promise<number | null> {
    const absolute = absolutePath(this.#config, path);
    const place = urlOf(this.#config, absolute);
    const { response, end } = await this.#exchange(place, 'HEAD', {}, options.signal);
    try {
      const status = response.statusCode ?? 0;
      if (status === 404 || status === 410) return null;
      if (status !== 200) throw statusError(place, status);
      const size = lengthOf(place, response);
      if (size === null) throw mirrorError('MIRROR_REFUSED', place, 'expected a Content-Length');
      return size;
    } finally {
      end();
    }
  }

  open(path: string, options: OpenOptions = {}): Promise<MirrorStream> {
    const { offset = 0, expectedSize = null, signal } = options;
    return this.#read(absolutePath(this.#config, path), offset, expectedSize, signal);
  }

  readText(path: string, options: ReadTextOptions): Promise<string | null> {
    return readText(this, path, options);
  }

  close(): Promise<void> {
    const place = urlOf(this.#config, absolutePath(this.#config, ''));
    const closed = mirrorError('MIRROR_CLOSED', place, 'the mirror was closed');
    this.#slots.close(closed);
    this.#closing.abort(closed);
    return Promise.resolve();
  }

  async #read(
    absolute: string,
    offset: number,
    expectedSize: number | null,
    caller: AbortSignal | undefined,
  ): Promise<MirrorStream> {
    const place = urlOf(this.#config, absolute);
    const headers: Record<string, string> = offset === 0 ? {} : { range: `bytes=${offset}-` };
    const { response, signal, end } = await this.#exchange(place, 'GET', headers, caller);
    try {
      const body = readAnswer(place, response, offset);
      const size = 'emptyAt' in body ? body.emptyAt : (body.size ?? expectedSize);
      checkSize(place, size, expectedSize, offset);
      if ('emptyAt' in body) {
        end();
        return emptyStream(place, body.emptyAt, offset);
      }
      const { stallMs = 15_000, minBytesPerSecond = 1024 } = this.#options;
      const stream = new MirrorStream({ place, offset, size, stallMs, minBytesPerSecond, cut: end });
      void this.#download(response, stream, body.skip, place, signal).finally(end);
      return stream;
    } catch (error) {
      end();
      throw error;
    }
  }

  /** Runs beside the reader; whatever happens is told by the stream. */
  async #download(
    response: IncomingMessage,
    stream: MirrorStream,
    skip: number,
    place: string,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await pipeline(response, stream.sink(skip), { signal });
      if (!response.complete) throw new Error('the body ended early');
      stream.finish();
    } catch (error) {
      const reason: unknown = signal.aborted ? signal.reason : networkError(place, error);
      stream.destroy(reason instanceof Error ? reason : new Error(`aborted: ${messageOf(reason)}`));
    }
  }

  async #exchange(
    place: string,
    method: 'GET' | 'HEAD',
    headers: Readonly<Record<string, string>>,
    caller: AbortSignal | undefined,
  ): Promise<Exchange> {
    const release = await this.#slots.acquire(caller);
    const { userAgent, stallMs = 15_000, lingerMs = 250 } = this.#options;
    const signal = caller === undefined ? this.#closing.signal : AbortSignal.any([caller, this.#closing.signal]);
    try {
      const response = await request(new URL(place), method, headers, { userAgent, stallMs, signal });
      const { socket } = response;
      const end = (): void => {
        const cut = !response.complete;
        const free = (): unknown => (cut ? setTimeout(release, lingerMs) : release());
        response.destroy();
        if (socket.destroyed) free();
        else socket.destroySoon();
        socket.once('close', free);
      };
      return { response, signal, end };
    } catch (error) {
      setTimeout(release, lingerMs);
      throw error;
    }
  }
}
