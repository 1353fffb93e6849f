import { byId, isNews, make, setRows, setText } from './elements.js';
import { bytes, clock, count, duration, megabytes, percent, plural } from './figures.js';

const TABLE_ROWS = 20;

/** The figures above all others. */
export function showTotals(state) {
  const files = Object.values(state.files).reduce((sum, n) => sum + n, 0);
  const finished = files > 0 && state.files.done === files && state.runsUnread === 0;
  const left = finished ? 'all done' : state.secondsLeft === null ? 'not known' : duration(state.secondsLeft);
  const dead = (state.newestDepth?.queues ?? []).reduce((sum, { deadLetters }) => sum + deadLetters, 0);
  const figures = [
    ['Files done', `${count(state.files.done)} / ${count(files)}`, false],
    ['Failed', count(state.files.failed), state.files.failed > 0],
    ['Dead letters', state.newestDepth === null ? 'not known' : count(dead), dead > 0],
    [
      state.filesUncounted > 0 ? `Rows, ${plural(state.filesUncounted, 'file')} not counted yet` : 'Rows',
      count(state.rows),
      false,
    ],
    ...(state.filteredPages === 0 ? [] : [['Pages filtered out', count(state.filteredPages), false]]),
    ['Rows/s', count(state.rowsPerSecond), false],
    ['Downloaded', `${megabytes(state.downloadedPerSecond)} MB/s`, false],
    ['Converted', `${megabytes(state.convertedPerSecond)} MB/s`, false],
    ['Time left', left, false],
  ];
  const list = byId('totals');
  while (list.children.length < figures.length) list.append(make('div', {}, make('dt'), make('dd')));
  while (list.children.length > figures.length) list.lastChild.remove();
  figures.forEach(([term, value, bad], at) => {
    const { children, classList } = list.children[at];
    classList.toggle('bad', bad);
    setText(children[0], term);
    setText(children[1], value);
  });
  const share = state.bytes === 0 ? Number(finished) : state.convertedBytes / state.bytes;
  byId('overall').value = share;
  setText(byId('overall-label'), `Converted: ${percent(share)} of ${bytes(state.bytes)}`);
}

export function showMirrors(state) {
  const rows = state.mirrors.map(({ mirror, files, bytes: size, bytesPerSecond, lastAt }) => {
    return [
      mirror,
      count(files),
      megabytes(size),
      megabytes(bytesPerSecond),
      lastAt === null ? 'not known' : clock(lastAt),
    ];
  });
  const shown = rows.length > 0 ? rows : [['none so far', '', '', '', '']];
  setRows(byId('mirror-rows'), shown, ['', 'number', 'number', 'number', '']);
  const inFlight = state.newestDepth?.queues[0]?.inFlight;
  const under = inFlight === undefined ? '' : `${plural(inFlight, 'download')} under way, says the queue; `;
  const unread =
    state.notesUnread === 0 ? '' : `; the mirror of ${plural(state.notesUnread, 'file')} is not read so far`;
  setText(byId('connections'), `${under}${plural(state.transfers.length, 'connection')} seen writing to S3${unread}`);
  if (!isNews(byId('transfers'), state.transfers)) return;
  const transfers = state.transfers.map(({ key, received, size }) => {
    const of = size === null ? '' : ` of ${bytes(size)}`;
    return make('li', {}, `${key.split('/').at(-1)}: ${received === null ? 'under way' : bytes(received)}${of}`);
  });
  byId('transfers').replaceChildren(...transfers);
}

export function showErrors(failures, failed) {
  setText(
    byId('no-errors'),
    failed === 0 ? 'No file has failed.' : `Why ${plural(failed, 'file')} failed is not read so far.`,
  );
  if (!isNews(byId('errors'), failures)) return;
  const cards = failures.map((failure) => {
    const { run, file, stage, code, message, place, attempts, at } = failure;
    const where = /^\d+$/.test(stage) ? `split ${Number(stage)}` : stage;
    const what = make('div', {}, make('span', { class: 'code' }, code), ` ${message}`);
    const tried = `${clock(Date.parse(at))}, tried ${plural(attempts, 'time')}${place === null ? '' : `, at ${place}`}`;
    return make('li', {}, what, make('div', { class: 'quiet' }, `${run}: ${file}, ${where}, ${tried}`));
  });
  byId('errors').replaceChildren(...cards);
  byId('no-errors').hidden = failures.length > 0;
}

/** The newest of a chart's values, where somebody has its table open. */
export function showColumns(body, columns, format) {
  if (!body.closest('details').open) return;
  const [times = []] = columns;
  const from = Math.max(0, times.length - TABLE_ROWS);
  const rows = times.slice(from).map((time, at) => {
    return [clock(time * 1000), ...columns.slice(1).map((values, i) => format[i](values[from + at]))];
  });
  setRows(body, rows.toReversed(), ['', ...format.map(() => 'number')]);
}

/** Runs by name; a run's rows are made once and filled again. */
export class Runs {
  #body = byId('run-rows');
  #find = byId('find-run');
  #rows = new Map();
  #runs = [];

  constructor(choose) {
    this.#find.addEventListener('input', () => this.#filter());
    this.#body.addEventListener('click', ({ target }) => {
      const run = target.closest('button')?.dataset.run;
      if (run !== undefined) choose(run);
    });
  }

  show(runs) {
    this.#runs = runs;
    const names = new Set(runs.map(({ run }) => run));
    for (const [name, { row }] of this.#rows) {
      if (names.has(name)) continue;
      row.remove();
      this.#rows.delete(name);
    }
    for (const run of runs) this.#fill(run);
    this.#filter();
  }

  #fill({ run, state, missing, files, done, failed, converted, rows }) {
    const made = this.#rows.get(run) ?? this.#make(run);
    made.row.dataset.state = state;
    setText(made.state, state);
    made.state.title = missing ?? '';
    // of a run that is worked on, the counts say it
    setText(made.missing, done < files ? '' : (missing ?? ''));
    setText(made.done, `${count(done)} / ${count(files)}`);
    setText(made.failed, count(failed));
    setText(made.rows, count(rows));
    if (made.bar.value !== converted) made.bar.value = converted;
  }

  #make(run) {
    const button = make('button', { type: 'button', class: 'as-link' }, run);
    button.dataset.run = run;
    const [state, done, failed, rows] = ['state', 'number', 'number', 'number'].map((name) =>
      make('td', { class: name }),
    );
    const bar = make('progress', { max: '1', value: '0', 'aria-label': `converted of ${run}` });
    const missing = make('div', { class: 'missing' });
    const row = make(
      'tr',
      {},
      make('th', { scope: 'row' }, button, missing),
      state,
      done,
      failed,
      make('td', {}, bar),
      rows,
    );
    this.#body.append(row);
    const made = { row, state, missing, done, failed, rows, bar };
    this.#rows.set(run, made);
    return made;
  }

  #filter() {
    const wanted = this.#find.value.trim().toLowerCase();
    let shown = 0;
    for (const [name, { row }] of this.#rows) {
      row.hidden = !name.toLowerCase().includes(wanted);
      if (!row.hidden) shown += 1;
    }
    const done = this.#runs.filter(({ state }) => state === 'done').length;
    const found = wanted === '' ? '' : `, ${count(shown)} found`;
    setText(byId('runs-of'), `${plural(this.#rows.size, 'run')}, ${count(done)} done${found}`);
  }
}
