import { checkApplied } from './check-applied.js';
import { MotoServer } from './moto-server.js';
import { listMutations, mutate } from './mutations.js';
import { FLEET_WITH_ALL_OPTIONS, TerraformError, TerraformRoot } from './terraform.js';

// usage: node tests/dist/box/mutations-main.js [FIRST [LAST]]     a line a mutation, the survivors again at the end
const [first = '1', last = 'Infinity'] = process.argv.slice(2);
const server = await MotoServer.start();
const survivors: string[] = [];
let caught = 0;
try {
  for (const [at, mutation] of (await listMutations()).entries()) {
    if (at + 1 < Number(first) || at + 1 > Number(last)) continue;
    await server.reset();
    const root = await TerraformRoot.open(server.endpoint, async (folder) => await mutate(folder, mutation));
    let found = '';
    try {
      await root.apply(FLEET_WITH_ALL_OPTIONS);
      found = (await checkApplied(await root.report(), await root.outputs()))[0] ?? '';
    } catch (error) {
      if (!(error instanceof TerraformError)) throw error;
      found = 'terraform apply fails';
    } finally {
      await root.close();
    }
    const name = `${mutation.file}:${mutation.line}: ${mutation.what}: ${mutation.to.trim() || mutation.from.trim()}`;
    if (found === '') survivors.push(name);
    else caught += 1;
    console.log(`${at + 1} ${found === '' ? 'SURVIVES' : 'caught'}  ${name}${found === '' ? '' : `\n    ${found}`}`);
  }
} finally {
  await server.close();
}
console.log(`\n${caught} of ${caught + survivors.length} mutations caught`);
for (const survivor of survivors) console.log(`survives: ${survivor}`);
process.exitCode = survivors.length > 0.05 * (caught + survivors.length) ? 1 : 0;
