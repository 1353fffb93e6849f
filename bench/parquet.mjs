// What Parquet costs and what it comes to: converts a dump to rows in each format in turn, on one core, and prints CPU time,
// peak memory and the size of the rows, and each against gzip JSON Lines (the median of the rounds' ratios).
// usage: node bench/parquet.mjs FILE [--runs N]     after `npm run build`; needs python3
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as zlib from 'node:zlib';
import { figureOf } from './dist/figures.js';
import { measure } from './dist/measure.js';

const CONVERT = fileURLToPath(new URL('../apps/wikifleet/dist/convert.js', import.meta.url));
const { values, positionals } = parseArgs({
  options: { runs: { type: 'string', default: '3' } },
  allowPositionals: true,
});
const [file] = positionals;
if (file === undefined) throw new Error('expected a dump; usage: node bench/parquet.mjs FILE [--runs N]');

const zstd = 'zstdCompress' in zlib ? ['zstd'] : [];
const legs = [
  ...['gzip', ...zstd].map((compression) => ({ format: 'jsonl', compression })),
  ...['none', 'snappy', 'gzip', ...zstd].map((compression) => ({ format: 'parquet', compression })),
].map((leg) => ({ ...leg, cpu: [], peak: [], bytes: 0 }));
const folder = mkdtempSync(join(tmpdir(), 'wikifleet-bench-'));
try {
  const out = join(folder, 'rows');
  for (let i = 0; i < Number(values.runs); i += 1) {
    for (const leg of legs) {
      const flags = ['--format', leg.format, '--compression', leg.compression, '--workers', '1', '--out', out];
      const { cpu, peak } = await measure([process.execPath, CONVERT, file, ...flags], 1);
      leg.cpu.push(cpu);
      leg.peak.push(peak / 1e6);
      leg.bytes = statSync(out).size;
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const [base] = legs;
const line = (cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);
line(['rows', 'CPU, s', 'speed', 'size, MB', 'size', 'peak, MB']);
line(Array.from({ length: 6 }, () => '---'));
for (const { format, compression, cpu, peak, bytes } of legs) {
  const speed = figureOf(cpu.map((seconds, i) => base.cpu[i] / seconds)).median;
  const ratio = bytes / base.bytes;
  const sizes = [(bytes / 1e6).toFixed(1), `${ratio.toFixed(2)}×`, Math.max(...peak).toFixed(0)];
  line([`${format}, ${compression}`, figureOf(cpu).median.toFixed(2), `${speed.toFixed(2)}×`, ...sizes]);
}
