import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { descendants, isAlive } from './processes.js';
import { ROOT, inFolder, until } from './programs.js';

/** Environment of this machine that would change what programs do. */
const CLEAN = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(?:WIKIFLEET|AWS|npm)_/i.test(name)),
);

describe('what npm has started', function () {
  const programs: [name: string, args: (folder: string) => readonly string[], answers: RegExp][] = [
    ['cloud', (folder) => ['--out', folder, '--port', '0'], /Ctrl-C ends it/],
    ['mirror', (folder) => ['--from', folder, '--port', '0'], /Ctrl-C ends it/],
  ];
  for (const [name, args, answers] of programs)
    for (const signal of ['SIGTERM', 'SIGKILL'] as const)
      it(`${name} ends with its npm at ${signal}`, async function () {
        if (process.platform === 'win32') this.skip('a POSIX system');
        await inFolder(async (folder) => {
          const npm = spawn('npm', ['run', '-s', name, '--', ...args(folder)], {
            cwd: ROOT,
            env: CLEAN,
            stdio: ['ignore', 'ignore', 'pipe'],
          });
          let output = '';
          npm.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
          await until('it answers', () => answers.test(output));
          const started = descendants(npm.pid ?? 0);
          assert.ok(started.length > 0);
          const ended = once(npm, 'exit');
          npm.kill(signal);
          await ended;
          try {
            await until('it has ended too', () => !started.some(isAlive), 10);
          } finally {
            for (const pid of started.filter(isAlive)) process.kill(pid, 'SIGKILL');
          }
        });
      });
});
