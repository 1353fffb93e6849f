#!/usr/bin/env node
// The command of the npm package (scripts/pack.mjs puts it there as bin/wikifleet.mjs): one name for the programs in apps/.
// usage: wikifleet COMMAND [flags]
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const COMMANDS = {
  convert: ['wikifleet/dist/convert.js', 'the rows of one dump file on standard output'],
  start: ['wikifleet/dist/start.js', 'the whole fleet on this machine: --from DIR, --wiki W, or a sample'],
  sample: ['wikifleet/dist/sample.js', 'writes a sample wiki, as a mirror lays it out'],
  mirror: ['wikifleet/dist/mirror.js', 'serves a folder over FTP, as a mirror would'],
  cloud: ['wikifleet/dist/cloud.js', 'SQS and S3 on loopback; prints the environment to export'],
  seed: ['seed/dist/main.js', 'plans a run and enqueues its files'],
  downloader: ['downloader/dist/main.js', 'one worker that downloads'],
  converter: ['converter/dist/main.js', 'one worker that converts'],
  fleet: ['fleet/dist/main.js', "the operator's command line"],
};
const root = new URL('../', import.meta.url);

function help() {
  const lines = Object.entries(COMMANDS).map(([name, [, about]]) => `  ${name.padEnd(10)}  ${about}`);
  return `usage: wikifleet COMMAND [flags]\n\n${lines.join('\n')}\n\nwikifleet COMMAND --help tells more of each.\n`;
}

const [name, ...argv] = process.argv.slice(2);
if (name === undefined || name === '--help' || name === '-h' || name === 'help') process.stdout.write(help());
else if (name === '--version') {
  const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  process.stdout.write(`${version}\n`);
} else if (!Object.hasOwn(COMMANDS, name)) {
  const expected = Object.keys(COMMANDS).join(', ');
  const { reportLine } = await import('@wikifleet/worker/terminal');
  const { EXIT_CODES } = await import('@wikifleet/domain/exit-codes');
  reportLine(`wikifleet: expected a command: one of ${expected}; received ${JSON.stringify(name)}`);
  process.exitCode = EXIT_CODES.refused;
} else {
  // the programs read ./mirrors.json, which only a checkout has
  if (!existsSync('mirrors.json')) process.env.WIKIFLEET_MIRRORS ??= fileURLToPath(new URL('mirrors.json', root));
  process.argv = [...process.argv.slice(0, 2), ...argv];
  await import(new URL(`apps/${COMMANDS[name][0]}`, root).href);
}
