// The fleet's programs as processes of this machine, for benches. Linux only (/proc).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TICKS_PER_SECOND = 100;

/** Processes that end together. */
export class Processes {
  #children = new Set();

  /** Starts a program of the checkout. */
  start(program, args, env = {}) {
    const child = spawn(process.execPath, [join(ROOT, program), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** The loopback cloud with its objects in `out`; the environment that finds it. */
  async startCloud(out) {
    const child = this.start('apps/wikifleet/dist/cloud.js', ['--out', out, '--port', '0']);
    const exported = await textOf(child.stdout, /CONVERT_DEAD_LETTER_QUEUE_URL=.*\n/);
    const lines = exported.matchAll(/^export (\w+)=(.*)$/gm);
    return { child, env: Object.fromEntries(Array.from(lines, ([, name, value]) => [name, value])) };
  }

  killAll() {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

/** A mirror file with one FTP mirror on loopback. */
export async function writeMirrors(path, port, connections) {
  const mirror = { name: 'bench', protocol: 'ftp', host: '127.0.0.1', port, root: '/', connections };
  await writeFile(path, JSON.stringify({ contact: 'nobody@localhost', mirrors: [mirror] }));
  return path;
}

/** CPU seconds and the most memory in bytes that a process had. */
export async function usage(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    memory: 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(status)[1]),
  };
}

/** Watches the memory of a process that no file holds, in bytes: what it took itself. `stop` returns the most. */
export function watchMemory(pid) {
  let most = 0;
  const look = () => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    most = Math.max(most, 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0));
  };
  const timer = setInterval(look, 100);
  return {
    stop() {
      clearInterval(timer);
      look();
      return most;
    },
  };
}

/** What a stream said until `pattern` was in it. */
export async function textOf(stream, pattern) {
  let text = '';
  for await (const bytes of stream.iterator({ destroyOnReturn: false })) {
    text += bytes.toString();
    if (pattern.test(text)) break;
  }
  stream.resume();
  if (!pattern.test(text)) throw new Error(`expected ${pattern}, received ${text}`);
  return text;
}

export async function ended(child) {
  child.stdout.resume();
  child.stderr.resume();
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${child.spawnargs.join(' ')} ended with ${code}`);
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}
