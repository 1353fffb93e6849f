import { byId, make, setText } from './elements.js';
import { bytes, count, percent, plural } from './figures.js';

const SIGNS = { waiting: '', downloading: '↓', downloaded: '', converting: '…', done: '✓', failed: '!' };
const WORDS = {
  waiting: 'waiting',
  downloading: 'downloading',
  downloaded: 'on S3, waits for conversion',
  converting: 'converting',
  done: 'done',
  failed: 'failed',
};
/** With more files, tiles are squares without a name. */
const MOST_NAMED = 60;

/** Files as tiles; one of them takes the Tab key, arrows go on from it. */
export class Tiles {
  #list = byId('tiles');
  #facts = byId('tile-facts');
  #tiles = new Map();
  #order = [];
  #current = null;

  constructor() {
    this.#list.addEventListener('keydown', (event) => this.#move(event));
    for (const type of ['focusin', 'mouseover', 'click']) {
      this.#list.addEventListener(type, ({ target }) => {
        const button = target.closest('button');
        if (button !== null) this.#select(button.dataset.file, type !== 'mouseover');
      });
    }
  }

  show(tiles) {
    const names = tiles.map(({ file }) => file);
    if (names.join('/') !== this.#order.join('/')) this.#lay(names);
    for (const tile of tiles) this.#fill(tile);
    const current = this.#tiles.get(this.#current);
    if (current !== undefined) setText(this.#facts, factsOf(current.tile));
  }

  #lay(names) {
    const focused = this.#list.contains(document.activeElement);
    this.#order = names;
    this.#tiles = new Map();
    const short = shorten(names);
    const items = names.map((file, at) => {
      const name = document.createTextNode('');
      const sign = make('span', { 'aria-hidden': 'true' });
      const button = make('button', { type: 'button', class: 'tile', tabindex: '-1' });
      button.dataset.file = file;
      if (names.length <= MOST_NAMED) {
        name.data = short[at].replace(/\.xml-?/, ' ').trim();
        button.append(make('span', {}, name));
      }
      button.append(sign);
      this.#tiles.set(file, { button, sign, tile: null });
      return make('li', {}, button);
    });
    this.#list.dataset.size = names.length <= MOST_NAMED ? 'large' : 'small';
    this.#list.replaceChildren(...items);
    if (!this.#tiles.has(this.#current)) this.#current = null;
    const first = this.#tiles.get(this.#current ?? names[0]);
    first?.button.setAttribute('tabindex', '0');
    if (focused) first?.button.focus();
  }

  #fill(tile) {
    const shown = this.#tiles.get(tile.file);
    shown.tile = tile;
    const { button, sign } = shown;
    const label = factsOf(tile).replaceAll('\n', ', ');
    if (button.getAttribute('aria-label') === label) return;
    button.setAttribute('aria-label', label);
    button.dataset.state = tile.state;
    button.style.setProperty('--received', String(tile.downloaded));
    button.style.setProperty('--splits', String(tile.splitsDone / Math.max(1, tile.splits)));
    setText(
      sign,
      tile.state === 'converting' && this.#list.dataset.size === 'large'
        ? `${tile.splitsDone}/${tile.splits}`
        : SIGNS[tile.state],
    );
  }

  #select(file, toStay) {
    const next = this.#tiles.get(file);
    if (next === undefined) return;
    setText(this.#facts, factsOf(next.tile));
    if (!toStay || file === this.#current) return;
    for (const { button } of this.#tiles.values()) {
      if (button.getAttribute('tabindex') === '0') button.setAttribute('tabindex', '-1');
      button.removeAttribute('aria-current');
    }
    next.button.setAttribute('tabindex', '0');
    next.button.setAttribute('aria-current', 'true');
    this.#current = file;
  }

  #move(event) {
    const at = this.#order.indexOf(document.activeElement?.dataset.file);
    if (at < 0) return;
    const columns = getComputedStyle(this.#list).gridTemplateColumns.split(' ').length;
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
      Home: -at,
      End: this.#order.length - 1 - at,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.#tiles.get(this.#order[at + step])?.button.focus();
  }
}

function factsOf({ file, state, downloaded, splits, splitsDone, bytes: size, rows, why }) {
  const facts = [`${file}\n${WORDS[state]}`];
  if (size !== null) facts.push(bytes(size));
  if (state === 'downloading') facts.push(`${percent(downloaded)} on its way`);
  if (state !== 'waiting' && state !== 'downloading') facts.push(`${count(splitsDone)} of ${plural(splits, 'split')}`);
  if (rows > 0) facts.push(plural(rows, 'row'));
  return `${facts.join(', ')}${why === null ? '' : `\n${why}`}`;
}

/** What tells names apart: without the beginning and the end that all of them share. */
function shorten(names) {
  if (names.length < 2) return names.map((name) => name.replace(/^.*?(?=pages|stub|p\d)/, ''));
  const [first] = names;
  let head = 0;
  while (head < first.length && names.every((name) => name[head] === first[head])) head += 1;
  // not within a number
  while (head > 0 && /\d/.test(first[head - 1])) head -= 1;
  const ends = names.map((name) => name.slice(head));
  let tail = 0;
  const end = ends[0];
  while (tail < end.length && ends.every((name) => name.length > tail && name.at(-1 - tail) === end.at(-1 - tail)))
    tail += 1;
  while (tail > 0 && /\d/.test(end.at(-tail))) tail -= 1;
  return ends.map((name, at) => name.slice(0, name.length - tail) || names[at]);
}
