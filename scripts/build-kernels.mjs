// Compiles each packages/*/assembly/index.ts (AssemblyScript) to WebAssembly, and writes it as the module
// src/kernel.generated.ts beside it: a package stays without I/O, and tsc sees a plain string.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const packages = fileURLToPath(new URL('../packages/', import.meta.url));

for (const name of readdirSync(packages)) {
  const entry = `${packages}${name}/assembly/index.ts`;
  if (!existsSync(entry)) continue;
  let binary;
  const { error, stderr } = await asc.main(
    [
      entry,
      '--outFile',
      'kernel.wasm',
      '-O3',
      '--noAssert',
      '--runtime',
      'stub',
      '--enable',
      'simd',
      '--importMemory',
      '--initialMemory',
      '1',
    ],
    {
      writeFile: (file, contents) => {
        if (file.endsWith('.wasm')) binary = contents;
      },
    },
  );
  if (error !== null || binary === undefined) {
    process.stderr.write(`${stderr.toString()}${error?.message ?? 'nothing was compiled'}\n`);
    process.exit(1);
  }
  const target = `${packages}${name}/src/kernel.generated.ts`;
  const text = `/** The kernel in assembly/, compiled by scripts/build-kernels.mjs: WebAssembly in base64. */
export const KERNEL = '${Buffer.from(binary).toString('base64')}';
`;
  // an unchanged module is left alone, so that nothing is built again
  if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
}
