// a path that is right here and, as nothing is above a server's root, on the page too
import uPlot from '../../../node_modules/uplot/dist/uPlot.esm.js';
import { make, setText } from './elements.js';
import { count } from './figures.js';

const HEIGHT = 170;
const LEAST_SPAN_S = 60;
/** There is no half of a message. */
const WHOLE_STEPS = [0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));

/** A line chart over time with a key that says the newest values; the same values stand in a table beside it. */
export class Chart {
  #values = [];
  #names;
  #format;
  #plot = null;
  #holder = make('div', { class: 'plot', 'aria-hidden': 'true' });
  #figure;
  #key;

  /** `names`: of the series; `format`: a value as the key says it. */
  constructor(parent, title, names, format = count) {
    this.#names = names;
    this.#format = format;
    this.#key = names.map(() => document.createTextNode(''));
    const key = this.#key.map((text, at) => make('span', {}, make('i', { 'data-series': String(at + 1) }), text));
    this.#figure = make(
      'figure',
      { class: 'chart' },
      make('figcaption', {}, title),
      make('div', { class: 'key' }, ...key),
      this.#holder,
    );
    parent.append(this.#figure);
    new ResizeObserver(() => this.#resize()).observe(this.#holder);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#draw());
    this.#draw();
  }

  /** `columns`: seconds since 1970, then the values of each series. */
  show(columns) {
    this.#values = columns;
    const newest = columns.slice(1).map((values) => values.at(-1));
    newest.forEach((value, at) => {
      setText(this.#key[at], `${this.#names[at]}: ${value === undefined ? 'not known' : this.#format(value)}`);
    });
    this.#plot?.setData(this.#values);
  }

  #resize() {
    const { width } = this.#holder.getBoundingClientRect();
    if (width > 0) this.#plot?.setSize({ width, height: HEIGHT });
  }

  #draw() {
    this.#plot?.destroy();
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: colour('--quiet'),
      grid: { stroke: colour('--grid'), width: 1 },
      ticks: { show: false },
      font: '11px system-ui, sans-serif',
    };
    const series = this.#names.map((label, at) => {
      const stroke = colour(`--series-${at + 1}`);
      // told apart without colours too
      return {
        label,
        stroke,
        width: 2,
        points: { show: false },
        ...(at === 0 ? {} : { dash: at === 1 ? [6, 3] : [2, 3] }),
      };
    });
    const options = {
      width: Math.max(100, this.#holder.getBoundingClientRect().width),
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      padding: [8, 26, 0, 0],
      scales: {
        x: { range: (_, min, max) => (max === null ? [0, 1] : [Math.min(min, max - LEAST_SPAN_S), max]) },
        y: { range: (_, min, max) => [0, max === null || max <= 0 ? 1 : 1.1 * max] },
      },
      axes: [
        { ...axis, size: 30, space: 70, values: (_, splits) => splits.map(timeOfDay) },
        {
          ...axis,
          size: 52,
          values: (_, splits) => splits.map(short),
          ...(this.#format === count ? { incrs: WHOLE_STEPS } : {}),
        },
      ],
      series: [{}, ...series],
    };
    const empty = [[], ...this.#names.map(() => [])];
    this.#plot = new uPlot(options, this.#values.length === 0 ? empty : this.#values, this.#holder);
  }
}

function timeOfDay(seconds) {
  return new Date(seconds * 1000).toTimeString().slice(0, 8);
}

function short(value) {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
