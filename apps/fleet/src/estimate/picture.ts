import type { SimulatedRun } from '@wikifleet/simulation/simulated-run';
import type { TimelinePoint } from '@wikifleet/simulation/timeline';
import { bytesWords, timeWords } from './parse-values.js';

const WIDTH = 720;
const LEFT = 60;
const PANEL = { height: 90, gap: 42, top: 56 };

interface Panel {
  readonly title: string;
  readonly colour: string;
  readonly of: (point: TimelinePoint) => number;
  readonly words: (value: number) => string;
}

const PANELS: readonly Panel[] = [
  { title: 'from the mirrors', colour: '#2a6f97', of: (p) => p.bytesPerSecond, words: (v) => `${bytesWords(v)}/s` },
  { title: 'convert jobs', colour: '#b5651d', of: (p) => p.backlog, words: (v) => v.toFixed(0) },
  { title: 'converters (dark: at work)', colour: '#9bbf9b', of: (p) => p.tasks, words: (v) => v.toFixed(0) },
];

/** The run over time as a picture: bytes, backlog and converters. All text in it is ours or escaped. */
export function pictureOf(title: string, run: SimulatedRun): string {
  const { timeline, quietSeconds, endSeconds } = run;
  const x = (seconds: number): number => LEFT + ((WIDTH - LEFT - 20) * seconds) / Math.max(1, quietSeconds);
  const panels = PANELS.map((panel, at) => {
    const top = PANEL.top + at * (PANEL.height + PANEL.gap);
    const most = Math.max(1e-9, ...timeline.map(panel.of));
    const busy = at === 2 ? area(timeline, (point) => point.busy, x, top, most, '#3f7d3f') : '';
    return [
      `<text x="${LEFT}" y="${top - 8}" class="t">${panel.title}, ${panel.words(most)} at most</text>`,
      area(timeline, panel.of, x, top, most, panel.colour),
      busy,
      `<line x1="${LEFT}" x2="${WIDTH - 20}" y1="${top + PANEL.height}" y2="${top + PANEL.height}" class="a"/>`,
    ].join('');
  });
  const bottom = PANEL.top + PANELS.length * (PANEL.height + PANEL.gap);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = part * quietSeconds;
    return `<text x="${x(at).toFixed(1)}" y="${bottom - 22}" class="k">${timeWords(at)}</text>`;
  });
  const end = x(endSeconds).toFixed(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${bottom}" role="img">`,
    '<style>text{font:12px sans-serif;fill:#333}.k{font-size:10px;text-anchor:middle}.a{stroke:#999}.h{font-size:14px}.e{stroke:#c33;stroke-dasharray:4 3}</style>',
    `<rect width="${WIDTH}" height="${bottom}" fill="#fff"/>`,
    `<text x="${LEFT}" y="22" class="h">${escaped(title)}: ends after ${timeWords(endSeconds)}</text>`,
    ...panels,
    `<line x1="${end}" x2="${end}" y1="34" y2="${bottom - 40}" class="e"/>`,
    ...ticks,
    '</svg>\n',
  ].join('\n');
}

function area(
  timeline: readonly TimelinePoint[],
  of: (point: TimelinePoint) => number,
  x: (seconds: number) => number,
  top: number,
  most: number,
  colour: string,
): string {
  const bottom = top + PANEL.height;
  const steps = timeline.map((point) => {
    const y = (bottom - (PANEL.height * of(point)) / most).toFixed(1);
    return `L${x(point.from).toFixed(1)} ${y}L${x(point.from + point.seconds).toFixed(1)} ${y}`;
  });
  const last = timeline.at(-1);
  const right = x(last === undefined ? 0 : last.from + last.seconds).toFixed(1);
  return `<path d="M${x(0).toFixed(1)} ${bottom}${steps.join('')}L${right} ${bottom}Z" fill="${colour}"/>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
