import { figureOf, pace, reaches, speedAgainst, TARGETS } from './figures.js';
import type { Figure, Target } from './figures.js';
import { INPUTS } from './inputs.js';
import { nodeMajor } from './results.js';
import type { Results, SuiteResult } from './results.js';

/** What stands before and after the figures in a document. */
const BEGIN = '<!-- figures: npm run bench -->';
const END = '<!-- end of the figures -->';
const TIMES = ['cpu', 'wall'] as const;

/** The figures as Markdown: what was to be reached, then every suite of every Node. */
export function reportOf(all: readonly Results[]): string {
  const parts = [targetTable(all)];
  for (const results of all) {
    parts.push(`### Node ${nodeMajor(results.node)}`, machineOf(results));
    for (const suite of results.suites) parts.push(`#### ${titleOf(suite)}`, suiteTable(suite));
  }
  return parts.join('\n\n');
}

/** A document with the figures in the place of the old ones; throws where it has no place for them. */
export function withFigures(document: string, figures: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`expected a document with ${BEGIN} and ${END}`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${figures}\n\n${document.slice(end)}`;
}

function targetTable(all: readonly Results[]): string {
  const rows = TARGETS.map((target) => [
    target.title,
    inUnit(target, target.bound),
    inUnit(target, target.aim),
    ...all.map((results) => reachedText(target, target.reached(results))),
  ]);
  return table(['figure', 'at least', 'aim', ...all.map(({ node }) => `Node ${nodeMajor(node)}`)], rows);
}

function inUnit({ unit }: Target, value: number): string {
  return unit === '×' ? `${value}×` : `${value} MB`;
}

function reachedText(target: Target, figure: Figure | null): string {
  if (figure === null) return '–';
  const text = target.unit === '×' ? `${figure.median.toFixed(2)}×` : `${figure.most.toFixed(0)} MB`;
  if (reaches(target, target.aim, figure)) return `**${text}**, aim reached`;
  return reaches(target, target.bound, figure) ? `**${text}**, reached` : `${text}, **short**`;
}

function machineOf({ node, processor, system, versions, suites }: Results): string {
  const tools = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const dates = [...new Set(suites.map(({ date }) => date))].toSorted().join(', ');
  return `${processor}; ${system}; Node ${node.slice(1)}; ${dates}. ${tools.join(', ')}.`;
}

function titleOf({ title, input }: SuiteResult): string {
  const packed = `${(input.xmlBytes / 1e6).toFixed(0)} MB of XML in ${(input.bytes / 1e6).toFixed(0)} MB of bzip2`;
  return `${title}: ${INPUTS[input.name]}, ${packed}`;
}

function suiteTable(suite: SuiteResult): string {
  const base = suite.legs.find(({ name }) => name === 'bzip2');
  const rows = suite.legs.map((leg) => {
    const speeds = base === undefined ? [] : TIMES.map((time) => withSpread(speedAgainst(leg, base, time)));
    const paces = TIMES.map((time) => pace(leg, suite, time).median.toFixed(1));
    const peak = figureOf(leg.measures.map((used) => used.peak / 1e6)).most.toFixed(0);
    return [leg.title, ...speeds, ...paces, peak];
  });
  const runs = Math.max(...suite.legs.map(({ measures }) => measures.length));
  const speedHead = base === undefined ? [] : ['× `bzip2 -dc`, CPU time', '× wall time'];
  const head = ['program', ...speedHead, 'MB/s, CPU', 'MB/s, wall', 'peak MB'];
  const note = runs === 1 ? 'One run.' : `Medians of ${runs}, with the least and the most.`;
  return `${table(head, rows)}\n\n${note}`;
}

function withSpread({ median, least, most }: Figure): string {
  if (least === most) return median.toFixed(2);
  return `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
}

/** A Markdown table in the form that the formatter leaves alone. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
