import { isIPv4 } from 'node:net';
import { FACTS, factsLine, timeValue, unixLine } from './ftp-listing.js';
import type { FtpSession } from './ftp-session.js';
import { startDownload, startListing } from './ftp-transfer.js';
import { resolvePath } from './ftp-tree.js';
import type { FtpEntry } from './ftp-tree.js';

/** A command of RFC 959, 2389, 2428 or 3659. It replies; what it throws becomes 451. */
type Command = (session: FtpSession, argument: string) => void | Promise<void>;

export const BEFORE_LOGIN = new Set(['USER', 'PASS', 'ACCT', 'QUIT', 'HELP', 'FEAT', 'SYST', 'NOOP', 'OPTS']);
export const DURING_TRANSFER = new Set(['ABOR', 'STAT', 'NOOP']);

const LOGIN_ATTEMPTS = 3;
/** What proftpd says, by which clients know it from a refused login. */
const TOO_MANY_AT_LOGIN = 'Sorry, the maximum number of clients are already connected.';
const quoted = (path: string): string => `"${path.replaceAll('"', '""')}"`;

/** The entry that a command names, with its path; replies 550 and gives null where there is none. */
async function find(session: FtpSession, argument: string): Promise<{ path: string; entry: FtpEntry } | null> {
  const path = resolvePath(session.folder, argument);
  const entry = path === null ? null : await session.settings.tree.stat(path);
  if (path !== null && entry !== null) return { path, entry };
  session.reply(550, `${argument}: No such file or directory.`);
  return null;
}

async function findFile(session: FtpSession, argument: string): Promise<{ path: string; entry: FtpEntry } | null> {
  const found = await find(session, argument);
  if (found === null || !found.entry.directory) return found;
  session.reply(550, `${argument}: Not a plain file.`);
  return null;
}

async function changeTo(session: FtpSession, argument: string): Promise<void> {
  const found = await find(session, argument);
  if (found === null) return;
  if (!found.entry.directory) return session.reply(550, `${argument}: Not a directory.`);
  session.folder = found.path;
  session.reply(250, 'Directory changed.');
}

function passive(extended: boolean): Command {
  return async (session, argument) => {
    if (!extended && session.onlyExtendedPassive) return session.reply(501, 'Only EPSV is allowed after EPSV ALL.');
    if (extended && argument.toUpperCase() === 'ALL') {
      session.onlyExtendedPassive = true;
      return session.reply(200, 'EPSV ALL ok.');
    }
    const address = session.localAddress;
    const protocol = isIPv4(address) ? '1' : '2';
    if (!extended && protocol === '2') return session.reply(501, 'PASV is for IPv4; use EPSV.');
    if (extended && !['', protocol].includes(argument)) {
      return session.reply(522, `Network protocol not supported, use (${protocol})`);
    }
    const { port } = await session.listen();
    if (extended) return session.reply(229, `Entering Extended Passive Mode (|||${port}|)`);
    const host = address.replaceAll('.', ',');
    return session.reply(227, `Entering Passive Mode (${host},${port >> 8},${port & 255}).`);
  };
}

/** A setting that has one value only. */
function only(value: string): Command {
  return (session, argument) =>
    argument.toUpperCase() === value
      ? session.reply(200, `${value} ok.`)
      : session.reply(argument === '' ? 501 : 504, `Only ${value} is supported.`);
}

const refuse =
  (code: number, text: string): Command =>
  (session) =>
    session.reply(code, text);

const readOnly = refuse(550, 'Permission denied: the mirror is read-only.');
const noActive = refuse(502, 'Active mode is not supported; use PASV or EPSV.');

function options(session: FtpSession, argument: string): void {
  const [, name = '', value = ''] = /^(\S+) ?(.*)$/.exec(argument) ?? [];
  if (name.toUpperCase() === 'UTF8') {
    if (value.toUpperCase() === 'ON') session.reply(200, 'UTF8 is always on.');
    else session.reply(501, 'UTF8 cannot be turned off.');
  } else if (name.toUpperCase() === 'MLST') {
    const wanted = new Set(value.toLowerCase().split(';'));
    session.facts = new Set(FACTS.filter((fact) => wanted.has(fact)));
    session.reply(200, `MLST OPTS ${[...session.facts].map((fact) => `${fact};`).join('')}`);
  } else session.reply(501, 'Option not understood.');
}

function user(session: FtpSession, argument: string): void {
  session.loggedIn = false;
  if (argument === '') return session.reply(501, 'USER needs a name.');
  session.user = argument.toLowerCase();
  return session.reply(331, 'Please specify the password.');
}

function password(session: FtpSession): void {
  if (session.user === null) return session.reply(503, 'Login with USER first.');
  if (session.surplus) {
    session.reply(530, TOO_MANY_AT_LOGIN);
    return session.end();
  }
  session.loggedIn = session.user === 'anonymous' || session.user === 'ftp';
  session.user = null;
  if (session.loggedIn) return session.reply(230, 'Login successful.');
  session.reply(530, 'Login incorrect: this mirror is anonymous only.');
  session.failedLogins += 1;
  return session.failedLogins >= LOGIN_ATTEMPTS ? session.end() : undefined;
}

async function status(session: FtpSession, argument: string): Promise<void> {
  if (argument === '' || session.transfer !== null) {
    const type = session.binary ? 'Image' : 'ASCII';
    return session.reply(211, 'Mirror status:', `TYPE: ${type}; STRU: File; MODE: Stream`, 'End of status.');
  }
  const found = await find(session, argument);
  if (found === null) return;
  const entries = found.entry.directory ? await session.settings.tree.entries(found.path) : [found.entry];
  session.reply(213, 'Status follows:', ...(entries ?? []).map((entry) => unixLine(entry)), 'End of status.');
}

export const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['USER', user],
  ['PASS', password],
  ['ACCT', refuse(202, 'No account is needed.')],
  ['SYST', refuse(215, 'UNIX Type: L8')],
  ['NOOP', refuse(200, 'NOOP ok.')],
  ['ALLO', refuse(202, 'No storage allocation is needed.')],
  ['FEAT', feat],
  ['OPTS', options],
  ['MODE', only('S')],
  ['STRU', only('F')],
  ['TYPE', type],
  ['PASV', passive(false)],
  ['EPSV', passive(true)],
  ['PORT', noActive],
  ['EPRT', noActive],
  ['PWD', (session) => session.reply(257, `${quoted(session.folder)} is the current directory.`)],
  ['CWD', changeTo],
  ['CDUP', (session) => changeTo(session, '..')],
  ['LIST', (session, argument) => startListing(session, 'LIST', argument.replace(/^(?:-\S*(?: |$))+/, ''))],
  ['NLST', (session, argument) => startListing(session, 'NLST', argument.replace(/^(?:-\S*(?: |$))+/, ''))],
  ['MLSD', (session, argument) => startListing(session, 'MLSD', argument)],
  ['MLST', mlst],
  ['SIZE', size],
  ['MDTM', modified],
  ['REST', restart],
  ['RETR', startDownload],
  ['ABOR', abort],
  ['STAT', status],
  ['HELP', (session) => session.reply(214, 'Commands:', [...COMMANDS.keys()].join(' '), 'Help ok.')],
  ['QUIT', quit],
  ...['STOR', 'STOU', 'APPE', 'DELE', 'RNFR', 'RNTO', 'MKD', 'RMD'].map((verb): [string, Command] => [verb, readOnly]),
  ['SITE', refuse(502, 'SITE is not implemented.')],
  ['AUTH', refuse(502, 'TLS is not supported.')],
]);

function feat(session: FtpSession): void {
  const facts = FACTS.map((fact) => `${fact}${session.facts.has(fact) ? '*' : ''};`).join('');
  session.reply(211, 'Features:', 'EPSV', 'MDTM', `MLST ${facts}`, 'PASV', 'REST STREAM', 'SIZE', 'UTF8', 'End');
}

function type(session: FtpSession, argument: string): void {
  const wanted = argument.toUpperCase();
  if (!['A', 'A N', 'I', 'L 8'].includes(wanted)) {
    return session.reply(wanted === '' ? 501 : 504, 'Expected TYPE A or TYPE I.');
  }
  session.binary = !wanted.startsWith('A');
  return session.reply(200, `Type set to ${session.binary ? 'I' : 'A'}.`);
}

async function mlst(session: FtpSession, argument: string): Promise<void> {
  const found = await find(session, argument);
  if (found === null) return;
  session.reply(250, 'Listing follows:', factsLine(found.entry, session.facts, found.path), 'End.');
}

async function size(session: FtpSession, argument: string): Promise<void> {
  // As the bytes would be in ASCII type nobody can say without reading them all.
  if (!session.binary) return session.reply(550, 'SIZE not allowed in ASCII mode.');
  const found = await findFile(session, argument);
  if (found !== null) session.reply(213, String(found.entry.size));
}

async function modified(session: FtpSession, argument: string): Promise<void> {
  const found = await findFile(session, argument);
  if (found !== null) session.reply(213, timeValue(found.entry.modified));
}

function restart(session: FtpSession, argument: string): void {
  if (!/^\d{1,15}$/.test(argument)) return session.reply(501, 'Expected a number of bytes.');
  session.restartAt = Number(argument);
  return session.reply(350, `Restarting at ${session.restartAt}. Send RETR.`);
}

async function abort(session: FtpSession): Promise<void> {
  const { transfer } = session;
  if (transfer === null) return session.reply(225, 'No transfer to abort.');
  transfer.abort.abort();
  await transfer.done;
  return session.reply(226, 'Abort successful.');
}

function quit(session: FtpSession): void {
  session.reply(221, 'Goodbye.');
  session.end();
}
