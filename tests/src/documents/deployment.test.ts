import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT, inFolder } from '../end-to-end/programs.js';

/** What the stand-ins received, a command line each. */
type Calls = readonly (readonly string[])[];

const REPOSITORY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com/wikifleet';
const DIGEST = `sha256:${'b'.repeat(64)}`;

/**
 * Writes its command line down and answers as little as the steps need. It exits with 1 for what the real program refuses: a
 * registry without a login, a second push of a tag, an unknown option, output or variable.
 */
const STAND_IN = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');
const [, program, ...args] = process.argv;
const name = basename(program);
const folder = process.env.STAND_IN_FOLDER;
const root = process.env.STAND_IN_ROOT;
appendFileSync(join(folder, 'calls'), JSON.stringify([name, ...args]) + '\\n');
const refuse = (why) => { console.error(name + ': ' + why); process.exit(1); };
const only = (known, list) => {
  for (const arg of list) if (arg.startsWith('-') && !known.includes(arg.split('=')[0])) refuse('unknown option ' + arg);
};
const after = (flag) => args[args.indexOf(flag) + 1];
const text = (file) => readFileSync(join(root, file), 'utf8');
const loggedIn = join(folder, 'logged-in');
if (name === 'aws') {
  if (args.slice(0, 2).join(' ') !== 'ecr get-login-password') refuse('unknown command');
  if (after('--region') !== 'eu-west-1') refuse('the region of another repository: ' + after('--region'));
  console.log('password');
} else if (name === 'docker' && args[0] === 'login') {
  only(['--username', '--password-stdin'], args.slice(1));
  if (after('--username') !== 'AWS' || readFileSync(0, 'utf8').trim() !== 'password') refuse('wrong login');
  writeFileSync(loggedIn, args.at(-1));
} else if (name === 'docker' && args[0] === 'run') {
  only(['--privileged', '--rm', '--install'], args.slice(1));
} else if (name === 'docker' && args.slice(0, 2).join(' ') === 'buildx build') {
  only(['--platform', '--provenance', '--push', '--tag', '--metadata-file'], args.slice(2));
  const tag = after('--tag');
  if (!existsSync(loggedIn) || !tag.startsWith(readFileSync(loggedIn, 'utf8') + '/')) refuse('no basic auth credentials');
  if (existsSync(join(folder, 'tag')) && readFileSync(join(folder, 'tag'), 'utf8') === tag) refuse('the tag is immutable');
  writeFileSync(join(folder, 'tag'), tag);
  if (!existsSync(join(args.at(-1), 'Dockerfile'))) refuse('no Dockerfile in ' + args.at(-1));
  writeFileSync(after('--metadata-file'), JSON.stringify({ 'containerimage.digest': '${DIGEST}' }, null, 2));
} else if (name === 'terraform' && args[0] === 'apply') {
  only(['-var'], args.slice(1));
  for (const [at, arg] of args.entries()) {
    const variable = arg === '-var' ? args[at + 1].split('=')[0] : null;
    if (variable !== null && !text('terraform/variables.tf').includes('variable "' + variable + '"')) refuse('no variable ' + variable);
  }
} else if (name === 'terraform' && args[0] === 'output') {
  only(['-raw'], args.slice(1));
  if (!text('terraform/outputs.tf').includes('output "' + args.at(-1) + '"')) refuse('no output ' + args.at(-1));
  console.log(args.at(-1) === 'repository_url' ? '${REPOSITORY}' : "export WIKIFLEET_CLUSTER='wikifleet'");
} else if (name === 'terraform' && args[0] === 'init') {
  only([], args.slice(1));
} else if (name === 'git') {
  if (args.join(' ') !== 'rev-parse --short HEAD') refuse('unknown command');
  console.log('0123abc');
} else if (name === 'npm' && args[0] === 'ci') {
  writeFileSync(join(folder, 'installed'), '');
} else if (name === 'npm' && args[0] === 'run') {
  if (JSON.parse(text('package.json')).scripts[args[1]] === undefined) refuse('no script ' + args[1]);
  if (!existsSync(join(folder, 'installed'))) refuse('nothing is installed');
  if (process.env.WIKIFLEET_CLUSTER !== 'wikifleet') refuse('the environment is not that of terraform');
  if (args[1] === 'fleet' && !existsSync(join(root, 'apps/fleet/src/commands', args[3] + '.ts'))) refuse('no command ' + args[3]);
} else refuse('unknown command ' + args.join(' '));
`;

/** The commands of a section, as they are printed. */
async function commandsOf(section: string): Promise<string> {
  const text = await readFile(join(ROOT, 'terraform/README.md'), 'utf8');
  const from = text.indexOf(`## ${section}\n`);
  assert.ok(from >= 0, `terraform/README.md: no section "${section}"`);
  const [, commands = ''] = /```sh\n([\s\S]*?)```/.exec(text.slice(from)) ?? [];
  assert.notEqual(commands, '');
  return commands;
}

/** Runs commands with the stand-ins instead of docker, aws, terraform, git and npm; throws where one of them fails. */
async function runCommands(folder: string, commands: string): Promise<Calls> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  for (const program of ['docker', 'aws', 'terraform', 'git', 'npm']) {
    await writeFile(join(bin, program), STAND_IN);
    await chmod(join(bin, program), 0o755);
  }
  await writeFile(join(folder, 'calls'), '');
  const script = `set -euo pipefail\n${commands.replaceAll('/tmp/image.json', join(folder, 'image.json'))}`;
  const PATH = `${bin}:${process.env['PATH'] ?? ''}`;
  const env = { ...process.env, PATH, STAND_IN_FOLDER: folder, STAND_IN_ROOT: ROOT };
  await promisify(execFile)('bash', ['-c', script], { cwd: ROOT, env });
  const lines = (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as string[]);
}

describe('the documented deployment, with stand-ins for docker, aws, terraform and npm', () => {
  it('the first time: every command is one that its program takes, in an order that works', async () => {
    await inFolder(async (folder) => {
      const calls = await runCommands(folder, await commandsOf('The first time'));
      const build = calls.find(([program, command]) => program === 'docker' && command === 'buildx') ?? [];
      assert.ok(build.includes('--push') && build.includes('--provenance=false'), build.join(' '));
      assert.equal(build[build.indexOf('--platform') + 1], 'linux/arm64');
      const applied = calls.filter(([program, command]) => program === 'terraform' && command === 'apply');
      assert.equal(applied.length, 2);
      assert.ok(applied[1]?.includes(`image=${REPOSITORY}@${DIGEST}`), applied[1]?.join(' '));
      const commands = calls.filter(([program]) => program === 'npm').map(([, ...args]) => args.join(' '));
      assert.deepEqual(commands, [
        'ci',
        'run fleet -- doctor',
        'run seed -- --wiki simplewiki --date latest',
        'run fleet -- status',
      ]);
    });
  });

  it('another version: pushed under another tag, applied by its digest, and checked', async () => {
    await inFolder(async (folder) => {
      const calls = await runCommands(folder, await commandsOf('Another version'));
      assert.deepEqual(calls.at(-1), ['npm', 'run', 'fleet', '--', 'doctor']);
    });
  });

  it('the stand-ins refuse what fails on AWS: no login, one tag twice, fleet without npm ci', async () => {
    const commands = await commandsOf('The first time');
    const login = /^aws ecr [^\n]*\\?\n[^\n]*password-stdin[^\n]*\n/m;
    assert.match(commands, login);
    const broken: readonly [string, string, RegExp][] = [
      ['no login', commands.replace(login, ''), /no basic auth credentials/],
      ['one tag twice', `${commands}cd terraform\n${commands.slice(commands.indexOf('repository='))}`, /immutable/],
      ['no npm ci', commands.replace(/^npm ci.*\n/, ''), /nothing is installed/],
    ];
    for (const [name, changed, says] of broken) {
      await inFolder(async (folder) => {
        await assert.rejects(runCommands(folder, changed), says, name);
      });
    }
  });
});
