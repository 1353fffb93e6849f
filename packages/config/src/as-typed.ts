/** What both npm in a checkout and the command of the package can start. */
export type Program =
  | 'convert'
  | 'start'
  | 'sample'
  | 'mirror'
  | 'cloud'
  | 'seed'
  | 'downloader'
  | 'converter'
  | 'fleet'
  | 'watch';

/** Their standard output is data, which npm's own lines are not. */
const SILENT: ReadonlySet<Program> = new Set(['convert', 'cloud', 'fleet']);

/**
 * A program with its arguments as whoever started this one types it: `npm run seed -- --force` in a checkout,
 * `wikifleet seed --force` where `script`, by default this process's own, is the package's command.
 */
export function asTyped(program: Program, args = '', script = process.argv[1] ?? ''): string {
  if (/(?:^|[\\/])wikifleet(?:\.mjs)?$/.test(script)) {
    return ['wikifleet', program === 'watch' ? 'fleet watch' : program, args].join(' ').trimEnd();
  }
  const npm = program === 'start' ? 'npm start' : `npm run ${SILENT.has(program) ? '-s ' : ''}${program}`;
  return args === '' ? npm : `${npm} -- ${args}`;
}
