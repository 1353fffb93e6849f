import { spawn, execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../tools/free-port.js';

/** Where tests/tools/ftp-servers.sh has put the servers; undefined: their tests are skipped. */
export const FTP_SERVERS = process.env['WIKIFLEET_FTP_SERVERS'];

export type FtpDaemonKind = 'vsftpd' | 'proftpd';

export interface FtpDaemonOptions {
  /** What it serves to anonymous users. */
  readonly root: string;
  /** Where its configuration and its state go. */
  readonly state: string;
  readonly maxClients: number;
  readonly bytesPerSecond: number;
}

/** A real FTP server from Debian, on a port of its own. */
export class FtpDaemon {
  readonly kind: FtpDaemonKind;
  readonly port: number;
  readonly #options: FtpDaemonOptions;
  #child: ChildProcess | null = null;

  private constructor(kind: FtpDaemonKind, port: number, options: FtpDaemonOptions) {
    this.kind = kind;
    this.port = port;
    this.#options = options;
  }

  static async start(kind: FtpDaemonKind, options: FtpDaemonOptions): Promise<FtpDaemon> {
    const daemon = new FtpDaemon(kind, await freePort(), options);
    await daemon.start();
    return daemon;
  }

  /** What clients call the folder that it serves: without root's rights it cannot change its root, nor does this vsftpd. */
  get root(): string {
    return this.kind === 'proftpd' && userInfo().uid === 0 ? '/' : this.#options.root;
  }

  /** Starts it again on the same port, after `kill`. */
  async start(): Promise<void> {
    const state = join(this.#options.state, `${this.kind}-${this.port}`);
    await mkdir(join(state, 'empty'), { recursive: true });
    const config = join(state, 'conf');
    await writeFile(config, this.kind === 'vsftpd' ? this.#vsftpd(state) : this.#proftpd(state));
    const servers = FTP_SERVERS ?? '';
    const libraries = ['lib', 'usr/lib']
      .flatMap((folder) => ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((machine) => join(servers, folder, machine)))
      .filter((folder) => existsSync(folder));
    const args = this.kind === 'vsftpd' ? [config] : ['--nodaemon', '--config', config];
    const child = spawn(join(servers, 'usr/sbin', this.kind), args, {
      env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    for (let tries = 0; !(await this.#greets()); tries += 1) {
      if (tries > 100 || child.exitCode !== null) throw new Error(`${this.kind} does not start: ${said}`);
      await sleep(50);
    }
  }

  #vsftpd(state: string): string {
    return [
      'listen=YES',
      'listen_address=127.0.0.1',
      `listen_port=${this.port}`,
      'background=NO',
      'anonymous_enable=YES',
      'local_enable=NO',
      `anon_root=${this.#options.root}`,
      `secure_chroot_dir=${join(state, 'empty')}`,
      'run_as_launching_user=YES',
      'seccomp_sandbox=NO',
      'ftp_username=nobody',
      `max_clients=${this.#options.maxClients}`,
      `anon_max_rate=${this.#options.bytesPerSecond}`,
      '',
    ].join('\n');
  }

  #proftpd(state: string): string {
    // as root it takes another user, as anybody else it stays who it is
    const root = userInfo().uid === 0;
    const user = root ? 'nobody' : userInfo().username;
    const group = root ? 'nogroup' : execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
    return [
      'ServerType standalone',
      'DefaultAddress 127.0.0.1',
      `Port ${this.port}`,
      'UseIPv6 off',
      'UseReverseDNS off',
      'DelayEngine off',
      'WtmpLog off',
      'TransferLog NONE',
      `User ${user}`,
      `Group ${group}`,
      `PidFile ${join(state, 'pid')}`,
      `ScoreboardFile ${join(state, 'scoreboard')}`,
      `SystemLog ${join(state, 'log')}`,
      `<Anonymous ${this.#options.root}>`,
      `User ${user}`,
      `Group ${group}`,
      `UserAlias anonymous ${user}`,
      'RequireValidShell off',
      `MaxClients ${this.#options.maxClients}`,
      `TransferRate RETR ${(this.#options.bytesPerSecond / 1024).toFixed(0)}`,
      '</Anonymous>',
      '',
    ].join('\n');
  }

  #greets(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.on('error', () => resolve(false));
      socket.on('data', () => {
        resolve(true);
        socket.end('QUIT\r\n');
      });
      socket.on('close', () => resolve(false));
    });
  }

  /**
   * Kills the processes of all sessions, as an operator does; returns how many. proftpd by SIGTERM: it counts a session
   * that was not asked for half a minute.
   */
  async dropSessions(): Promise<number> {
    const children = await childrenOf(this.#child?.pid ?? -1);
    for (const pid of children) kill(pid, this.kind === 'proftpd' ? 'SIGTERM' : 'SIGKILL');
    return children.length;
  }

  /**
   * Control connections at this moment, as the system of the server sees them. The table comes in pages, and may name one
   * connection that ended and another that began while it was read: those count that two readings have.
   */
  connections(): number {
    const first = this.#established();
    return [...this.#established()].filter((inode) => first.has(inode)).length;
  }

  /** The inodes of established control connections: the table names one twice when it shifts. */
  #established(): Set<string | undefined> {
    const local = `0100007F:${this.port.toString(16).toUpperCase().padStart(4, '0')}`;
    const lines = readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/));
    const established = lines.filter(([, address, , state]) => address === local && state === '01');
    return new Set(established.map((fields) => fields[9]));
  }

  /** Kills the server with all that it does; may be called twice. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    const sessions = await childrenOf(child.pid);
    kill(child.pid);
    for (const pid of [...sessions, ...(await childrenOf(child.pid))]) kill(pid);
    await gone;
  }
}

function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended by itself
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      // the name before it may hold anything but its last parenthesis
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === String(parent) ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}
