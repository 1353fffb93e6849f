import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { UsageError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { z } from 'zod';
import type { PageFile } from './page-files.js';
import { TILE_FILTERS } from './snapshot.js';

/** Which tiles a page wants to see. */
export interface View {
  readonly run: string | null;
  readonly show: (typeof TILE_FILTERS)[number];
  readonly page: number;
}

/** What the server asks of whoever knows the fleet. */
export interface DashboardSource {
  /** Called with each stream that opens, and again with what the server sends to it; returns what ends it. */
  readonly open: (view: View, send: (event: string, data: unknown) => void) => () => void;
  /** Null where no such file is shown. */
  readonly quarantine: (key: string, signal: AbortSignal) => Promise<unknown>;
}

export interface DashboardServer {
  readonly url: string;
  /** Ends all streams. May be called twice. */
  readonly close: () => Promise<void>;
}

const HOST = '127.0.0.1';
const MOST_STREAMS = 20;
/** A page that does not take what it is sent misses some of it. */
const MOST_UNSENT = 4 * 1024 * 1024;
const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2000;

/** Nothing is loaded from elsewhere, nothing frames it, and no text becomes markup or script. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
} as const;

const viewSchema = z.object({
  run: z.string().max(300).nullable(),
  show: z.enum(TILE_FILTERS),
  page: z.coerce.number().int().min(0).max(1000),
});

/** Serves the page, its stream of events and quarantined pages, on loopback alone. Throws a `UsageError` PORT_IN_USE. */
export async function serveDashboard(
  source: DashboardSource,
  files: ReadonlyMap<string, PageFile>,
  port: number,
): Promise<DashboardServer> {
  const streams = new Set<() => void>();
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 500, messageOf(error));
    });
  });
  server.requestTimeout = 10_000;
  await listen(server, port);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refusal = refusalOf(request, bound);
    if (refusal !== null) return refuse(response, ...refusal);
    const url = new URL(request.url ?? '/', `http://${HOST}`);
    const isFile = files.has(url.pathname);
    if (!isFile && request.method !== 'GET') return refuse(response, 405, 'only GET');
    if (url.pathname === '/events') return stream(url.searchParams, response);
    if (url.pathname === '/quarantine') return await quarantine(url.searchParams, response);
    const file = files.get(url.pathname);
    if (file === undefined) return refuse(response, 404, 'there is no such page');
    response.writeHead(200, { ...HEADERS, 'content-type': file.type, 'content-length': file.body.length });
    response.end(request.method === 'HEAD' ? undefined : file.body);
  };

  const stream = (query: URLSearchParams, response: ServerResponse): void => {
    const view = viewSchema.safeParse({
      run: query.get('run'),
      show: query.get('show') ?? 'all',
      page: query.get('page') ?? '0',
    });
    if (!view.success) return refuse(response, 400, 'expected run, show and page');
    if (streams.size >= MOST_STREAMS) return refuse(response, 503, `at most ${MOST_STREAMS} pages are open at once`);
    response.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream; charset=utf-8' });
    response.write(`retry: ${RETRY_MS}\n\n`);
    const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS);
    const end = source.open(view.data, (event, data) => {
      // JSON has no line breaks, so that a stranger's text cannot begin another event
      if (response.writableLength < MOST_UNSENT) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    });
    const close = (): void => {
      if (!streams.delete(close)) return;
      clearInterval(heartbeat);
      end();
      response.end();
    };
    streams.add(close);
    response.on('close', close);
  };

  const quarantine = async (query: URLSearchParams, response: ServerResponse): Promise<void> => {
    const controller = new AbortController();
    response.on('close', () => controller.abort());
    const found = await source.quarantine(query.get('key') ?? '', controller.signal);
    if (found === null) return refuse(response, 404, 'no such quarantine file is shown');
    response.writeHead(200, { ...HEADERS, 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(found));
  };

  const close = async (): Promise<void> => {
    for (const end of streams) end();
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { url: `http://${HOST}:${bound}/`, close };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, HOST);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    throw new UsageError('PORT_IN_USE', `port ${port} of ${HOST} is in use; --port N names another, 0 any free one`, {
      cause: error,
    });
  }
}

/** Another site that had its name point to this machine still sends its name; what another site begins says so. */
function refusalOf({ method, headers }: IncomingMessage, port: number): [number, string] | null {
  if (headers.host !== `${HOST}:${port}` && headers.host !== `localhost:${port}`)
    return [421, 'not a host of this server'];
  if (method !== 'GET' && method !== 'HEAD') return [405, 'only GET and HEAD'];
  const site = headers['sec-fetch-site'];
  const navigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site === undefined || site === 'same-origin' || site === 'none' || navigation) return null;
  return [403, 'asked for by another site'];
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
