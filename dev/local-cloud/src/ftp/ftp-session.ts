import type { Socket } from 'node:net';
import { TextDecoder } from 'node:util';
import { messageOf } from '@wikifleet/domain/errors';
import { controlLines } from './control-lines.js';
import { BEFORE_LOGIN, COMMANDS, DURING_TRANSFER } from './ftp-commands.js';
import type { FtpFaults } from './ftp-faults.js';
import { FACTS } from './ftp-listing.js';
import type { Fact } from './ftp-listing.js';
import type { FtpTree } from './ftp-tree.js';
import type { PortRange } from './passive-listener.js';
import { PassiveListener, plainAddress } from './passive-listener.js';

/** What a session is told by the server; times in milliseconds. */
export interface FtpSettings {
  /** Null: any free port. */
  readonly passivePorts: PortRange | null;
  readonly tree: FtpTree;
  readonly faults: FtpFaults;
  readonly bytesPerSecond: number | null;
  readonly idleMs: number;
  readonly acceptMs: number;
  /** The number of this RETR of `path`, from 1 on. */
  readonly countAttempt: (path: string) => number;
}

/** One control connection, from its greeting to its end. */
export class FtpSession {
  readonly settings: FtpSettings;
  readonly #socket: Socket;
  readonly #onEnd: () => void;
  #ended = false;

  /** True for a session over the limit, where the server refuses it at login. */
  readonly surplus: boolean;
  user: string | null = null;
  loggedIn = false;
  failedLogins = 0;
  folder = '/';
  /** The representation type; ASCII until told otherwise (RFC 959, section 5.1). */
  binary = false;
  restartAt = 0;
  facts: ReadonlySet<Fact> = new Set(FACTS);
  onlyExtendedPassive = false;
  listener: PassiveListener | null = null;
  transfer: { readonly done: Promise<void>; readonly abort: AbortController } | null = null;

  /** `onEnd` is called, at least once, as soon as the session no longer counts as a connection. */
  constructor(socket: Socket, settings: FtpSettings, surplus: boolean, onEnd: () => void) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    socket.once('close', onEnd);
    this.settings = settings;
    this.surplus = surplus;
  }

  get localAddress(): string {
    return plainAddress(this.#socket.localAddress);
  }

  /** One line, or with several texts a reply of several lines whose middle lines begin with a space. */
  reply(code: number, ...texts: string[]): void {
    if (this.#ended || !this.#socket.writable) return;
    const last = texts.pop() ?? '';
    const [first, ...middle] = texts;
    const before = first === undefined ? [] : [`${code}-${first}`, ...middle.map((line) => ` ${line}`)];
    this.#socket.write(`${[...before, `${code} ${last}`].join('\r\n')}\r\n`);
  }

  /** Ends the connection after what was written; nothing more is read. */
  end(): void {
    this.#ended = true;
    this.#onEnd();
    this.#socket.end();
  }

  /** Cuts both connections off. */
  destroy(): void {
    this.#ended = true;
    this.listener?.close();
    this.transfer?.abort.abort();
    this.#socket.destroy();
  }

  /** Opens a port for a data connection in place of the last one. */
  async listen(): Promise<PassiveListener> {
    this.listener?.close();
    this.listener = await PassiveListener.open(
      this.localAddress,
      plainAddress(this.#socket.remoteAddress),
      this.settings.passivePorts,
    );
    if (this.#ended) this.listener.close();
    return this.listener;
  }

  /** Greets and serves until either side ends the connection. */
  async run(): Promise<void> {
    this.#socket.setTimeout(this.settings.idleMs, () => {
      if (this.transfer !== null) return;
      this.reply(421, 'Timeout.');
      this.destroy();
    });
    try {
      this.reply(220, 'Mirror ready.');
      for await (const line of controlLines(this.#socket)) {
        if (line === null) {
          this.reply(500, 'Command line too long.');
          break;
        }
        await this.#obey(line);
        if (this.#ended) break;
      }
    } finally {
      this.transfer?.abort.abort();
      this.listener?.close();
      this.#socket.end();
      this.#socket.destroySoon();
    }
  }

  async #obey(line: Buffer): Promise<void> {
    const text = decode(line);
    const [, word = '', argument = ''] = /^([A-Za-z]{3,4})(?: (.*))?$/s.exec(text ?? '') ?? [];
    const verb = word.toUpperCase();
    // Commands wait for the transfer before them; only these speak in between.
    if (this.transfer !== null && !DURING_TRANSFER.has(verb)) await this.transfer.done;
    if (this.#ended) return;
    const command = COMMANDS.get(verb);
    const fault = this.settings.faults.command?.(verb, argument) ?? null;
    if (text === null) this.reply(501, 'Expected UTF-8.');
    else if (fault !== null) {
      this.reply(fault.code, fault.text);
      if (fault.code === 421) this.end();
    } else if (word === '') this.reply(500, 'Syntax error, command unrecognized.');
    else if (!this.loggedIn && !BEFORE_LOGIN.has(verb)) this.reply(530, 'Please login with USER and PASS.');
    else if (command === undefined) this.reply(500, 'Unknown command.');
    else {
      try {
        await command(this, argument);
      } catch (error) {
        this.reply(451, `Local error: ${messageOf(error).replaceAll(/[\r\n]+/g, ' ')}`);
      }
    }
  }
}

function decode(line: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(line);
  } catch {
    return null;
  }
}
