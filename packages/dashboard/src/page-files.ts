import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

const HTML = 'text/html; charset=utf-8';
const CSS = 'text/css; charset=utf-8';
const JS = 'text/javascript; charset=utf-8';
const OURS: Readonly<Record<string, readonly [string, string]>> = {
  '/': ['index.html', HTML],
  '/page.css': ['page.css', CSS],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
  ...Object.fromEntries(
    ['page', 'charts', 'figures', 'tiles', 'tables', 'quarantine', 'elements'].map((name) => {
      return [`/${name}.js`, [`${name}.js`, JS] as const];
    }),
  ),
};

/** The page's files by their path on the server: a fixed list, read once. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const web = fileURLToPath(new URL('../web/', import.meta.url));
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));
  const paths: [string, string, string][] = [
    ...Object.entries(OURS).map(([path, [name, type]]): [string, string, string] => [path, join(web, name), type]),
    ['/node_modules/uplot/dist/uPlot.esm.js', join(uplot, 'uPlot.esm.js'), JS],
    ['/uplot.css', join(uplot, 'uPlot.min.css'), CSS],
  ];
  const files = paths.map(async ([path, file, type]) => [path, { type, body: await readFile(file) }] as const);
  return new Map(await Promise.all(files));
}
