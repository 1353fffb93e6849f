/**
 * Takes one rule of the protocol out after the other, and says after how many schedules the model check found that.
 * Usage: node tests/dist/model-check/mutate-main.js [SCHEDULES] [PART OF A NAME]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MUTATIONS } from './mutations.js';

const schedules = process.argv[2] ?? '1000';
const part = process.argv[3] ?? '';
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

let missed = 0;
for (const { name, isSuperfluous } of MUTATIONS.filter((candidate) => candidate.name.includes(part))) {
  const found = await findViolation(name);
  const isMissed = found === null && isSuperfluous === undefined;
  if (isMissed) missed += 1;
  process.stdout.write(`${name}\n    ${found ?? (isSuperfluous === undefined ? 'NOT FOUND' : `superfluous: ${isSuperfluous}`)}\n`);
}
process.exitCode = missed > 0 ? 1 : 0;

async function findViolation(name: string): Promise<string | null> {
  const child = spawn(
    process.execPath,
    ['--no-warnings', '--import', path('mutation-hooks.js'), path('main.js'), schedules, '1'],
    { env: { ...process.env, WIKIFLEET_MODEL_MUTATION: name, MODEL_QUIET: '1' }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return null;
  const [, seed = '?', violation = output] = /^seed (\d+): (.*)$/m.exec(output) ?? [];
  return `schedule ${seed}: ${violation.slice(0, 160)}`;
}
