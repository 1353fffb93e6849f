/** The element of the page with this id. */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element ${id}`);
  return element;
}

/**
 * A new element with attributes and children. Texts become text nodes and nothing else: titles and errors are a
 * stranger's.
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.map((child) => (child instanceof Node ? child : document.createTextNode(String(child)))));
  return element;
}

/** Sets a text, where it has changed: what has not is not read out again, and keeps its selection. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const shown = new WeakMap();

/** Whether `value` differs from what was shown here last; what does not is left alone, and keeps focus and selection. */
export function isNews(element, value) {
  const text = JSON.stringify(value);
  if (shown.get(element) === text) return false;
  shown.set(element, text);
  return true;
}

/** The rows of a table's body: each a list of texts, the first of them its heading. */
export function setRows(body, rows, classes) {
  if (!isNews(body, rows)) return;
  const made = rows.map((cells) => {
    const of = cells.map((cell, at) => {
      const attributes = classes[at] === '' ? {} : { class: classes[at] };
      return at === 0 ? make('th', { scope: 'row', ...attributes }, cell) : make('td', attributes, cell);
    });
    return make('tr', {}, ...of);
  });
  body.replaceChildren(...made);
}
