import { byId, isNews, make, setText } from './elements.js';
import { count, plural } from './figures.js';

/** The list of quarantine files; each is read when it is asked for. */
export class Quarantine {
  #list = byId('quarantine');
  #text = byId('quarantine-text');

  constructor() {
    this.#list.addEventListener('click', ({ target }) => {
      const key = target.closest('button')?.dataset.key;
      if (key !== undefined) void this.#read(key);
    });
  }

  show(files, revisions) {
    byId('no-quarantine').hidden = files.length > 0;
    if (!isNews(this.#list, [files, revisions])) return;
    const items = files.map(({ key, bytes }) => {
      const [, , wiki, , file, part] = key.split('/');
      const button = make(
        'button',
        { type: 'button', 'aria-label': `Read the quarantine of ${file}, ${part}` },
        'Read',
      );
      button.dataset.key = key;
      return make('li', {}, button, `${wiki}: ${file}, ${part} (${count(bytes)} bytes)`);
    });
    if (revisions > 0) items.unshift(make('li', { class: 'quiet' }, `${plural(revisions, 'revision')} counted so far`));
    this.#list.replaceChildren(...items);
  }

  async #read(key) {
    this.#text.hidden = false;
    setText(this.#text, 'Reading…');
    this.#text.focus();
    try {
      const answer = await fetch(`/quarantine?key=${encodeURIComponent(key)}`);
      if (!answer.ok) throw new Error(await answer.text());
      this.#showRecords(await answer.json());
    } catch (error) {
      setText(this.#text, `It could not be read: ${error.message}`);
    }
  }

  #showRecords({ key, records, more }) {
    const shown = records.flatMap((record) => {
      const title = record.page_title ?? 'a page whose title could not be read';
      const revision = record.revision_id === null ? '' : `, revision ${record.revision_id}`;
      const place = `at byte ${count(record.offset)}, ${plural(record.length, 'byte')} long`;
      return [
        make('h3', {}, title),
        make('p', {}, `${record.code}: ${record.reason}`),
        make('p', { class: 'quiet' }, `page ${record.page_id ?? 'unknown'}${revision}, ${place}`),
        ...(record.raw === null
          ? []
          : [make('pre', { tabindex: '0', 'aria-label': `raw ${record.encoding}` }, record.raw)]),
      ];
    });
    const note = make(
      'p',
      { class: 'quiet' },
      `${plural(records.length, 'record')} of ${key}${more ? '; the file holds more' : ''}`,
    );
    this.#text.replaceChildren(note, ...shown);
  }
}
