/** A place in a picture: pixels from the left and from the top. */
export type Point = readonly [x: number, y: number];
/** Left, top, width, height. */
export type Area = readonly [x: number, y: number, width: number, height: number];
/** What a shape stands for; each has its colour. */
export type Kind = 'queue' | 'worker' | 'object' | 'outside' | 'good' | 'bad' | 'band' | 'one' | 'two' | 'three';
export type Anchor = 'start' | 'middle' | 'end';

const LINE_HEIGHT = 15;
/** Readable on a white and on a black page: shapes are see-through, and words take the page's colour scheme. */
const STYLE = `
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .bold { font-weight: 600 } .small { font-size: 11.5px; fill: #59636e }
  .box { stroke-width: 1.2; fill-opacity: .14 } .cut { stroke-dasharray: 5 4 }
  .queue { fill: #bf8700; stroke: #9a6700 } .worker { fill: #1a7f37; stroke: #1a7f37 } .object { fill: #0969da; stroke: #0969da }
  .outside { fill: #6e7781; stroke: #6e7781 } .good { fill: #1a7f37; stroke: #1a7f37 } .bad { fill: #cf222e; stroke: #cf222e }
  .band { fill: #6e7781; stroke: none; fill-opacity: .07 }
  .one { fill: #0969da; stroke: #0969da } .two { fill: #bf8700; stroke: #9a6700 } .three { fill: #8250df; stroke: #8250df }
  .line { fill: none; stroke: #59636e; stroke-width: 1.4 } .dashed { stroke-dasharray: 5 4 } .head { fill: #59636e }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .line { stroke: #9198a1 } .head { fill: #9198a1 } .box { fill-opacity: .2 }
    .queue, .two { fill: #d29922; stroke: #d29922 } .worker, .good { fill: #3fb950; stroke: #3fb950 }
    .object, .one { fill: #58a6ff; stroke: #58a6ff } .bad { fill: #f85149; stroke: #f85149 } .three { fill: #a371f7; stroke: #a371f7 }
    .outside { fill: #8b949e; stroke: #8b949e } .band { fill: #8b949e; fill-opacity: .1 }
  }`;

/** An SVG that is put together shape by shape; the same calls give the same bytes. */
export class Drawing {
  readonly #size: readonly [width: number, height: number];
  readonly #title: string;
  readonly #about: string;
  readonly #shapes: string[] = [];

  /** `about` says what the picture shows to those who do not see it. */
  constructor(size: readonly [width: number, height: number], title: string, about: string) {
    this.#size = size;
    this.#title = title;
    this.#about = about;
  }

  /** A box with its lines in the middle, the first one bold. */
  box(kind: Kind, [x, y, width, height]: Area, ...lines: readonly string[]): this {
    this.#shapes.push(
      `<rect class="box ${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${kind === 'band' ? 8 : 4}"/>`,
    );
    const first = y + height / 2 - ((lines.length - 1) * LINE_HEIGHT) / 2 + 4.5;
    for (const [at, line] of lines.entries())
      this.#write(at === 0 ? 'bold' : 'small', [x + width / 2, first + at * LINE_HEIGHT], 'middle', line);
    return this;
  }

  /** Small lines from `at` downwards. */
  note([x, y]: Point, anchor: Anchor, ...lines: readonly string[]): this {
    for (const [at, line] of lines.entries()) this.#write('small', [x, y + at * LINE_HEIGHT], anchor, line);
    return this;
  }

  label(at: Point, anchor: Anchor, text: string): this {
    this.#write('bold', at, anchor, text);
    return this;
  }

  /** A line along `points` with a head at its end. */
  arrow(points: readonly Point[], style: '' | 'dashed' = ''): this {
    const [[bx, by], [x, y]] = [points.at(-2) ?? [0, 0], points.at(-1) ?? [0, 0]];
    const [dx, dy] = [Math.sign(x - bx), Math.sign(y - by)];
    const back: Point = [x - 8 * dx, y - 8 * dy];
    const side: Point = [4 * dy, 4 * dx];
    const path = [...points.slice(0, -1), back].map(([px, py]) => `${px},${py}`).join(' ');
    const head = `${x},${y} ${back[0] + side[0]},${back[1] + side[1]} ${back[0] - side[0]},${back[1] - side[1]}`;
    this.#shapes.push(`<polyline class="line ${style}" points="${path}"/>`, `<polygon class="head" points="${head}"/>`);
    return this;
  }

  /** A dashed line, without a head. */
  cut([x, y]: Point, [toX, toY]: Point): this {
    this.#shapes.push(`<line class="line cut" x1="${x}" y1="${y}" x2="${toX}" y2="${toY}"/>`);
    return this;
  }

  #write(style: string, [x, y]: Point, anchor: Anchor, text: string): void {
    this.#shapes.push(`<text class="${style}" x="${x}" y="${y}" text-anchor="${anchor}">${escape(text)}</text>`);
  }

  svg(): string {
    const [width, height] = this.#size;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title about">
<title id="title">${escape(this.#title)}</title>
<desc id="about">${escape(this.#about)}</desc>
<style>${STYLE}
</style>
${this.#shapes.join('\n')}
</svg>
`;
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
