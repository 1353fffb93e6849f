import { pace, speedAgainst } from './figures.js';
import { INPUTS } from './inputs.js';
import type { LegResult, Results, SuiteResult } from './results.js';

const WIDTH = 760;
const BAR_LEFT = 290;
const BAR_WIDTH = 300;
const ROW_HEIGHT = 26;
const BAR_HEIGHT = 16;
const TOP = 62;
const BOTTOM = 48;
const GAP = 14;

const GROUPS: readonly { title: string; gives: readonly LegResult['gives'][] }[] = [
  { title: 'From bzip2 to XML', gives: ['xml'] },
  { title: 'From bzip2 to JSON, a line a revision', gives: ['rows', 'lines'] },
  { title: 'From bzip2 to Parquet', gives: ['parquet'] },
  { title: 'From bzip2 to the plain text of articles', gives: ['text'] },
];

/** Text and bars are readable on a white and on a black page: GitHub shows the picture on either. */
const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 15px; font-weight: 600 } .small { font-size: 11px; fill: #59636e }
  .own { fill: #1a7f37 } .base { fill: #8c959f } .other { fill: #54aeff } .mark { stroke: #59636e; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .own { fill: #3fb950 } .base { fill: #6e7681 } .other { fill: #388bfd }
    .mark { stroke: #9198a1 }
  }`;

/** A bar for each program of a suite: its speed, by CPU time, where `bzip2 -dc` is 1. */
export function pictureOf(results: Results, suite: SuiteResult): string {
  const base = suite.legs.find(({ name }) => name === 'bzip2');
  if (base === undefined) throw new Error(`expected bzip2 in the suite ${suite.name}`);
  const bars = suite.legs.map((leg) => ({
    leg,
    speed: speedAgainst(leg, base, 'cpu').median,
    pace: pace(leg, suite, 'cpu').median,
  }));
  const groups = GROUPS.map(({ title, gives }) => ({
    title,
    bars: bars.filter(({ leg }) => gives.includes(leg.gives)),
  })).filter((group) => group.bars.length > 0);
  const scale = BAR_WIDTH / Math.max(1, ...bars.map(({ speed }) => speed));
  const lines: string[] = [];
  let y = TOP;
  for (const group of groups) {
    lines.push(`<text class="small" x="16" y="${y + 11}">${escape(group.title)}</text>`);
    y += ROW_HEIGHT - 4;
    for (const { leg, speed, pace: mbs } of group.bars.toSorted((a, b) => b.speed - a.speed)) {
      const kind = leg.name === 'bzip2' ? 'base' : /^(decode|convert)/.test(leg.name) ? 'own' : 'other';
      const width = Math.max(1, speed * scale);
      const text = `${speed.toFixed(2)}× (${mbs.toFixed(0)} MB/s)`;
      lines.push(
        `<text x="${BAR_LEFT - 10}" y="${y + 13}" text-anchor="end">${escape(plain(leg.title))}</text>`,
        `<rect class="${kind}" x="${BAR_LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" rx="2"/>`,
        `<text x="${WIDTH - 16}" y="${y + 13}" text-anchor="end">${text}</text>`,
      );
      y += ROW_HEIGHT;
    }
    y += GAP;
  }
  const mark = (BAR_LEFT + scale).toFixed(1);
  const about = `${(suite.input.xmlBytes / 1e6).toFixed(0)} MB of XML`;
  const where = `${results.processor}, Node ${results.node.slice(1)}, ${suite.date}`;
  const height = y + BOTTOM - GAP;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>Speed on one core, by CPU time, where bzip2 -dc is 1</title>
<style>${STYLE}
</style>
<text class="title" x="16" y="26">Speed on one core, by CPU time: bzip2 -dc alone is 1</text>
<text class="small" x="16" y="46">${escape(`${about}: ${INPUTS[suite.input.name]}`)}</text>
<line class="mark" x1="${mark}" x2="${mark}" y1="${TOP}" y2="${y - GAP}"/>
${lines.join('\n')}
<text class="small" x="16" y="${y + 16}">${escape(where)}</text>
</svg>
`;
}

function plain(markdown: string): string {
  return markdown.replace(/[*`]/g, '');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
