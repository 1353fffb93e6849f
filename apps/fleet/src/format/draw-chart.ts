/** A value of each column, oldest first; null where there is none. */
export type Column = number | null;

const EIGHTHS = ' ▁▂▃▄▅▆▇█';
const MISSING = '·';
const LABEL = 8;

/**
 * Draws columns of text, `height` lines and a scale at the left, from 0 to the largest value. A value above 0 is never
 * drawn as nothing; a column without a value is a dot at the bottom.
 */
export function drawChart(columns: readonly Column[], height: number): string[] {
  const most = columns.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
  return Array.from({ length: height }, (_, i) => {
    const row = height - 1 - i;
    const cells = columns.map((value) => {
      if (value === null) return row === 0 ? MISSING : ' ';
      return EIGHTHS[eighthsOf(value, most, height, row)] ?? ' ';
    });
    const label = i === 0 ? String(most) : row === 0 ? '0' : '';
    return `${label.padStart(LABEL)} ${i === 0 || row === 0 ? '┤' : '│'}${cells.join('').trimEnd()}`;
  });
}

function eighthsOf(value: number, most: number, height: number, row: number): number {
  if (!(value > 0)) return 0;
  const all = Math.max(1, Math.round((value / most) * height * 8));
  return Math.min(8, Math.max(0, all - row * 8));
}

/** The line below a chart: the time at its ends and in its middle, `HH:MM`, or the day too where it is longer than one. */
export function timeAxis(from: Date, to: Date, width: number): string {
  const long = to.getTime() - from.getTime() > 86_400_000;
  const text = (time: number): string => {
    const iso = new Date(time).toISOString();
    return long ? `${iso.slice(5, 10)} ${iso.slice(11, 16)}` : iso.slice(11, 16);
  };
  const middle = text((from.getTime() + to.getTime()) / 2);
  const [first, last] = [text(from.getTime()), `${text(to.getTime())} UTC`];
  const half = Math.max(first.length + 1, Math.floor((width - middle.length) / 2));
  return `${' '.repeat(LABEL + 2)}${`${first.padEnd(half)}${middle}`.padEnd(width - last.length + 4)}${last}`;
}
