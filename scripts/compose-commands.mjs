// Prints, as JSON, what each service that is built here runs (command line and environment), read from
// docker-compose.yml and the Dockerfile as they are written, so that a test can run the same without Docker: names of
// services become 127.0.0.1, and what only a container has is replaced as told.
// usage: node scripts/compose-commands.mjs [--file FILE] [--path CONTAINER_PATH=PATH]... [--port PORT=PORT]...
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { parse } from 'yaml';

const atRoot = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const pair = { type: 'string', multiple: true, default: [] };
const { values } = parseArgs({
  options: { file: { type: 'string', default: atRoot('docker-compose.yml') }, path: pair, port: pair },
});
const paths = values.path.map((text) => split(text));
const ports = values.port.map((text) => split(text));

const { services } = parse(readFileSync(values.file, 'utf8'), { merge: true });
const hosts = Object.keys(services);
const imageEntrypoint = lastJson('ENTRYPOINT');
const imageCommand = lastJson('CMD');

const built = Object.entries(services).filter(([, service]) => service.build !== undefined);
const commands = built.map(([name, service]) => {
  const command = [
    ...(service.entrypoint ?? imageEntrypoint),
    ...(service.command ?? (service.entrypoint ? [] : imageCommand)),
  ];
  const environment = Object.entries(service.environment ?? {}).map(([key, value]) => [key, outside(String(value))]);
  return [
    name,
    { command: command.map((word) => outside(String(word))), environment: Object.fromEntries(environment) },
  ];
});
process.stdout.write(`${JSON.stringify(Object.fromEntries(commands), null, 2)}\n`);

function split(text) {
  const [, from, to] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (from === undefined) throw new Error(`expected FROM=TO, received '${text}'`);
  return [from, to];
}

/** A word of a command or a value of an environment, as it is to be outside the containers. */
function outside(text) {
  let result = text.replace(/\$\{(\w+)(?::-([^}]*))?\}/g, (_, name, fallback) => process.env[name] || (fallback ?? ''));
  for (const host of hosts) result = result.replace(new RegExp(`(?<=://)${host}(?=[:/]|$)`, 'g'), '127.0.0.1');
  if (result === '0.0.0.0') result = '127.0.0.1';
  for (const [from, to] of ports)
    result = result.replace(new RegExp(`^${from}$|(?<=^\\w+://[^/]*:)${from}(?=/|$)`), to);
  for (const [from, to] of paths)
    if (result === from || result.startsWith(`${from}/`)) result = to + result.slice(from.length);
  return result;
}

/** The words of the Dockerfile's last `KEYWORD [...]`. */
function lastJson(keyword) {
  const lines = readFileSync(atRoot('Dockerfile'), 'utf8').match(new RegExp(`^${keyword} \\[.*\\]$`, 'gm')) ?? [];
  const last = lines.at(-1);
  if (last === undefined) throw new Error(`Dockerfile: expected a line ${keyword} ["..."]`);
  return JSON.parse(last.slice(keyword.length));
}
