import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { faulty } from './ftp-faults.js';
import type { FtpFault } from './ftp-faults.js';
import { factsLine, nameLine, unixLine } from './ftp-listing.js';
import type { FtpSession } from './ftp-session.js';
import { resolvePath } from './ftp-tree.js';
import type { FtpEntry } from './ftp-tree.js';
import { throttle } from './throttle.js';

/** How late the reply comes after a data connection that was reset: later than the reset itself. */
const LATE_REPLY_MS = 100;

type ListingVerb = 'LIST' | 'NLST' | 'MLSD';

/** RETR: sends a file from the restart position on. */
export async function startDownload(session: FtpSession, argument: string): Promise<void> {
  const { tree, faults, countAttempt } = session.settings;
  const start = session.restartAt;
  session.restartAt = 0;
  const path = resolvePath(session.folder, argument);
  if (path === null || argument === '') return session.reply(501, 'Expected a path.');
  const fault = faults.transfer?.(path, countAttempt(path), start) ?? null;
  if (fault?.kind === 'refuse') {
    session.listener?.close();
    session.reply(fault.code, fault.text);
    return fault.code === 421 ? session.end() : undefined;
  }
  if (fault?.kind === 'reset') return reset(session, fault);
  const entry = await tree.stat(path);
  if (entry === null) return session.reply(550, `${argument}: No such file or directory.`);
  if (entry.directory) return session.reply(550, `${argument}: Not a plain file.`);
  if (start > entry.size) return session.reply(554, `Restart position ${start} is beyond the file's ${entry.size}.`);
  const what = `Opening BINARY mode data connection for ${argument} (${entry.size - start} bytes).`;
  return begin(session, what, () => tree.open(path, start), fault);
}

/** LIST, NLST and MLSD: sends what is in a folder, or for LIST and NLST the line of a file. */
export async function startListing(session: FtpSession, verb: ListingVerb, argument: string): Promise<void> {
  const { tree, faults } = session.settings;
  const path = resolvePath(session.folder, argument);
  const entry = path === null ? null : await tree.stat(path);
  if (path === null || entry === null) return session.reply(550, `${argument}: No such file or directory.`);
  if (!entry.directory && verb === 'MLSD') return session.reply(501, `${argument}: Not a directory.`);
  const lineOf: Record<ListingVerb, (entry: FtpEntry) => string> = {
    LIST: (one) => unixLine(one),
    NLST: nameLine,
    MLSD: (one) => factsLine(one, session.facts),
  };
  const entries = entry.directory ? ((await tree.entries(path)) ?? []) : [entry];
  const other = faults.listing?.(verb, path) ?? null;
  const lines = other === null ? lineByLine(entries, lineOf[verb]) : [other];
  return begin(session, 'Here comes the directory listing.', () => Readable.from(lines, { objectMode: false }), null);
}

function* lineByLine(entries: readonly FtpEntry[], lineOf: (entry: FtpEntry) => string): Generator<Buffer> {
  for (const entry of entries) yield Buffer.from(`${lineOf(entry)}\r\n`);
}

/** Takes the data connection and lets the transfer run while the session reads on. */
function begin(session: FtpSession, what: string, open: () => Readable, fault: FtpFault | null): void {
  const abort = new AbortController();
  const done = send(session, what, open, fault, abort).finally(() => {
    session.transfer = null;
    session.listener?.close();
    session.listener = null;
  });
  session.transfer = { done, abort };
}

async function send(
  session: FtpSession,
  what: string,
  open: () => Readable,
  fault: FtpFault | null,
  abort: AbortController,
): Promise<void> {
  const { idleMs, acceptMs, bytesPerSecond } = session.settings;
  if (session.listener === null) return session.reply(425, 'Use PASV or EPSV first.');
  const socket = await session.listener.take(acceptMs);
  if (socket === null || socket.destroyed) return session.reply(425, 'No data connection came.');
  guard(socket, idleMs, abort);
  session.reply(150, what);
  let struck: FtpFault | null = null;
  const source = open();
  try {
    // Who reads the source gets its error too; one that nobody reads any more must not end the process.
    source.on('error', () => undefined);
    let bytes: AsyncIterable<Uint8Array> = source;
    if (fault !== null) bytes = faulty(bytes, fault, () => (struck = fault), abort.signal);
    if (bytesPerSecond !== null) bytes = throttle(bytes, bytesPerSecond, abort.signal);
    // a pipeline that pumps a generator itself waits for ever where the socket finished before it
    await pipeline(Readable.from(bytes, { objectMode: false }), socket, { signal: abort.signal });
  } catch {
    return session.reply(426, 'Connection closed; transfer aborted.');
  } finally {
    // whoever never began to read it does not end it
    source.destroy();
  }
  return confirm(session, struck);
}

/** Ends the transfer when the peer is gone or does not read. */
function guard(socket: Socket, idleMs: number, abort: AbortController): void {
  socket.setTimeout(idleMs, () => socket.destroy());
  // A pipeline into a socket waits for its close, and one that is not done then never will be: where the peer ended its
  // side, the socket has finished and closed without an error.
  socket.once('close', () => setImmediate(() => abort.abort()));
  // Read, so that the peer's end is seen.
  socket.resume();
}

function confirm(session: FtpSession, struck: FtpFault | null): void {
  if (struck?.kind === 'drop') session.destroy();
  else if (struck?.kind === 'abort') session.reply(426, 'Failure writing network stream.');
  else if (struck?.kind !== 'mute') session.reply(226, 'Transfer complete.');
}

async function reset(session: FtpSession, fault: { readonly code: number; readonly text: string }): Promise<void> {
  const socket = await session.listener?.take(session.settings.acceptMs);
  socket?.resetAndDestroy();
  await sleep(LATE_REPLY_MS);
  session.reply(fault.code, fault.text);
}
