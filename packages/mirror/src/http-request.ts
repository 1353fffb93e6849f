import { request as requestHttp } from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import { mirrorError, networkError } from './mirror-error.js';

export interface HttpSettings {
  readonly userAgent: string;
  /** Milliseconds without an answer. */
  readonly stallMs: number;
  readonly signal: AbortSignal | undefined;
}

const MAX_REDIRECTS = 3;

/**
 * Asks for `url` and follows redirects within its host. Resolves with the answer to the last request, whatever its
 * status; its body must be read or destroyed. One connection a request, so that none stays open unseen.
 */
export async function request(
  url: URL,
  method: 'GET' | 'HEAD',
  headers: Readonly<Record<string, string>>,
  settings: HttpSettings,
): Promise<IncomingMessage> {
  let target = url;
  for (let redirects = 0; ; redirects += 1) {
    const response = await requestOnce(target, method, headers, settings);
    const { location } = response.headers;
    if (location === undefined || ![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return response;
    response.destroy();
    const next = URL.canParse(location, target.href) ? new URL(location, target) : null;
    if (redirects >= MAX_REDIRECTS) {
      throw mirrorError('MIRROR_REFUSED', url.href, `expected ${MAX_REDIRECTS} redirects at most`);
    }
    if (next === null || !mayFollow(target, next)) {
      const received = JSON.stringify(location.slice(0, 500));
      throw mirrorError('MIRROR_REFUSED', url.href, `expected redirects within the host, received ${received}`, {
        received,
      });
    }
    target = next;
  }
}

/** The same host, and no way back from https; a change to https may change the port. */
function mayFollow(from: URL, to: URL): boolean {
  if (to.hostname !== from.hostname || to.username !== '' || to.password !== '') return false;
  return to.protocol === from.protocol ? to.port === from.port : from.protocol === 'http:' && to.protocol === 'https:';
}

function requestOnce(
  url: URL,
  method: 'GET' | 'HEAD',
  headers: Readonly<Record<string, string>>,
  { userAgent, stallMs, signal }: HttpSettings,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const send = url.protocol === 'https:' ? requestHttps : requestHttp;
    // The bytes are to be those of the file: whoever compresses them on the way changes them.
    const all = { 'user-agent': userAgent, 'accept-encoding': 'identity', ...headers };
    const sent: ClientRequest = send(url, { method, headers: all, agent: false });
    const stalled = (): void => {
      sent.destroy(mirrorError('MIRROR_STALLED', url.href, `no answer for ${stallMs} ms`));
    };
    const timer = setTimeout(stalled, stallMs);
    const onAbort = (): void => {
      sent.destroy(new Error('aborted'));
    };
    signal?.addEventListener('abort', onAbort);
    sent.on('response', (response) => {
      clearTimeout(timer);
      // What ends the body early reaches its reader; without one it must not end the process.
      response.on('error', () => undefined);
      resolve(response);
    });
    sent.on('error', (error) => reject(signal?.aborted === true ? signal.reason : networkError(url.href, error)));
    sent.on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    });
    sent.end();
  });
}
