import { Chart } from './charts.js';
import { byId, isNews, make, setText } from './elements.js';
import { clock, count, megabytes, plural } from './figures.js';
import { Quarantine } from './quarantine.js';
import { Runs, showColumns, showErrors, showMirrors, showTotals } from './tables.js';
import { Tiles } from './tiles.js';

const MOST_SAMPLES = 2400;
const ANNOUNCE_EVERY_MS = 15_000;

const view = { run: null, show: 'all', page: 0 };
const depths = [];
const speeds = [];
const tiles = new Tiles();
const quarantine = new Quarantine();
const runs = new Runs((run) => {
  Object.assign(view, { run, page: 0 });
  connect();
  byId('files').focus();
});
const rate = (value) => `${value.toFixed(1)} MB/s`;
const queueCharts = [
  new Chart(byId('queue-charts'), 'Download queue', ['waiting', 'in flight']),
  new Chart(byId('queue-charts'), 'Convert queue', ['waiting', 'in flight']),
  new Chart(byId('queue-charts'), 'Dead letters', ['download', 'convert']),
];
const speedChart = new Chart(byId('speed-charts'), 'Bytes, over the last minute', ['downloaded', 'converted'], rate);
const rowsChart = new Chart(byId('speed-charts'), 'Rows a second, over the last minute', ['rows']);
let source = null;
let announced = { at: 0, text: '', failed: 0 };

for (const radio of document.querySelectorAll('input[name=show]')) {
  radio.addEventListener('change', () => {
    Object.assign(view, { show: radio.value, page: 0 });
    connect();
  });
}
for (const [id, step] of [
  ['page-before', -1],
  ['page-after', 1],
]) {
  byId(id).addEventListener('click', () => {
    view.page += step;
    connect();
  });
}
connect();

/** Opens the stream of events for what is to be seen; the browser itself opens it again where it breaks. */
function connect() {
  source?.close();
  const query = new URLSearchParams({ show: view.show, page: String(view.page) });
  if (view.run !== null) query.set('run', view.run);
  source = new EventSource(`/events?${query}`);
  const on = (event, take) => source.addEventListener(event, ({ data }) => take(JSON.parse(data)));
  on('history', ({ samples }) => {
    depths.splice(0, depths.length, ...samples);
    showDepths();
  });
  on('state', showState);
  on('runs', (all) => runs.show(all));
  on('tiles', showTiles);
  source.addEventListener('error', () => {
    byId('connection').dataset.state = 'lost';
    setText(byId('connection'), 'Connection lost; what is shown is old');
  });
}

function showState(state) {
  byId('connection').dataset.state = 'live';
  setText(byId('connection'), `Live, ${clock(state.at)}`);
  if (state.depth !== null && state.depth !== undefined && depths.at(-1)?.at !== state.depth.at) {
    depths.push(state.depth);
    depths.splice(0, Math.max(0, depths.length - MOST_SAMPLES));
    showDepths();
  }
  speeds.push({
    at: state.at,
    values: [state.downloadedPerSecond / 1e6, state.convertedPerSecond / 1e6, state.rowsPerSecond],
  });
  speeds.splice(0, Math.max(0, speeds.length - MOST_SAMPLES));
  showSpeeds();
  const full = { ...state, newestDepth: depths.at(-1) ?? null };
  showTotals(full);
  showMirrors(full);
  showErrors(state.failures, state.files.failed);
  quarantine.show(state.quarantine, state.quarantinedRevisions);
  const left = state.wikisLeftOut === 0 ? [] : [`${plural(state.wikisLeftOut, 'wiki')} left out: too many to follow`];
  const unread = state.runsUnread === 0 ? [] : [`${plural(state.runsUnread, 'run')} not read so far`];
  showProblems([...state.problems, ...left, ...unread]);
  const { s3, s3AtMost, sqs, sqsAtMost } = state.calls;
  setText(
    byId('calls'),
    `Read from SQS and S3: ${count(s3)} calls to S3 in the last minute (at most ${count(s3AtMost)}), ${count(sqs)} to SQS (at most ${count(sqsAtMost)}).`,
  );
  announce(state);
}

function showDepths() {
  const times = depths.map(({ at }) => at / 1000);
  const column = (queue, key) => depths.map(({ queues }) => queues[queue][key]);
  const [toDownload, downloading] = [column(0, 'visible'), column(0, 'inFlight')];
  const [toConvert, converting] = [column(1, 'visible'), column(1, 'inFlight')];
  const dead = [column(0, 'deadLetters'), column(1, 'deadLetters')];
  queueCharts[0].show([times, toDownload, downloading]);
  queueCharts[1].show([times, toConvert, converting]);
  queueCharts[2].show([times, ...dead]);
  const all = [times, toDownload, downloading, toConvert, converting, ...dead];
  showColumns(
    byId('queue-rows'),
    all,
    Array.from({ length: 6 }, () => count),
  );
}

function showSpeeds() {
  const times = speeds.map(({ at }) => at / 1000);
  const [down, converted, rows] = [0, 1, 2].map((i) => speeds.map(({ values }) => values[i]));
  speedChart.show([times, down, converted]);
  rowsChart.show([times, rows]);
  const exact = (value) => megabytes(value * 1e6);
  showColumns(byId('speed-rows'), [times, down, converted, rows], [exact, exact, count]);
}

function showTiles(page) {
  const of = byId('files-of');
  byId('pages').hidden = page === null || page.pages < 2;
  if (page === null) {
    setText(
      of,
      view.run === null ? 'No run so far: the first one shows here when it is seeded.' : 'No such run any more.',
    );
    tiles.show([]);
    return;
  }
  view.page = page.page;
  setText(of, `${page.run}: ${plural(page.files, 'file')}`);
  setText(byId('page-at'), `Page ${page.page + 1} of ${page.pages}`);
  byId('page-before').disabled = page.page === 0;
  byId('page-after').disabled = page.page + 1 === page.pages;
  tiles.show(page.tiles);
}

function showProblems(problems) {
  const box = byId('problems');
  if (!isNews(box, problems)) return;
  box.hidden = problems.length === 0;
  box.replaceChildren(...problems.map((problem) => make('p', {}, problem)));
}

/** What whoever listens wants to know, and not more often than that: a failure at once, the rest now and then. */
function announce({ files, runsUnread }) {
  const all = Object.values(files).reduce((sum, n) => sum + n, 0);
  const text = `${count(files.done)} of ${plural(all, 'file')} done, ${count(files.failed)} failed`;
  const pressing = files.failed > announced.failed || (all > 0 && files.done === all && runsUnread === 0);
  if (text === announced.text || (!pressing && Date.now() - announced.at < ANNOUNCE_EVERY_MS)) return;
  announced = { at: Date.now(), text, failed: files.failed };
  setText(byId('announcements'), text);
}
