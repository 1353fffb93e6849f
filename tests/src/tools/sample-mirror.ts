import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, start, until } from '../end-to-end/programs.js';
import type { Running } from '../end-to-end/programs.js';

/** Starts the sample wiki's mirror on a free port; returns its mirror file. It is one more of `running`. */
export async function startSampleMirror(folder: string, running: Running[]): Promise<string> {
  const sample = await run('wikifleet/dist/sample.js', ['--out', join(folder, 'sample'), '--megabytes', '2']);
  assert.equal(sample.code, 0, sample.stderr);
  const mirror = start('wikifleet/dist/mirror.js', ['--from', join(folder, 'sample'), '--port', '0']);
  running.push(mirror);
  await until('the mirror answers', () => mirror.output().includes('ftp://'));
  const port = Number(/ftp:\/\/127\.0\.0\.1:(\d+)/.exec(mirror.output())?.[1]);
  const config = { name: 'sample', protocol: 'ftp', host: '127.0.0.1', port, root: '/', connections: 3, status: true };
  const path = join(folder, 'mirrors.json');
  await writeFile(path, JSON.stringify({ contact: 'nobody@localhost', mirrors: [config] }));
  return path;
}
