import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { compileFunction, createContext, runInContext } from 'node:vm';

/** Wikitext in, plain text out. Throws what the library throws. */
export type ToPlainText = (wikitext: string) => string;

/** What a template throws that needs the time: the day on which a text is read is no part of a job. */
const TIMELY = 'the time is no part of a text';

/** No clock, no calendar of some time zone, no chance, and numbers grouped alike everywhere: the same bytes each time. */
const REALM = `
  globalThis.Date = class {
    constructor() {
      throw new Error('${TIMELY}');
    }
    static now() {
      throw new Error('${TIMELY}');
    }
  };
  Math.random = () => {
    throw new Error('chance is no part of a text');
  };
  const numbers = new Intl.NumberFormat('en-US');
  Number.prototype.toLocaleString = function () {
    return numbers.format(this);
  };
`;

/**
 * Loads wtf_wikipedia into a realm of its own, that has no `fetch`, no `process` and no `require`: it can reach
 * neither network nor files, and asks neither the clock nor the machine's language.
 */
export function openFencedLibrary(): ToPlainText {
  const require = createRequire(import.meta.url);
  const path = require.resolve('wtf_wikipedia');
  const context = createContext({}, { codeGeneration: { strings: false, wasm: false } });
  runInContext(REALM, context);
  const module: { exports: unknown } = { exports: {} };
  const load = compileFunction(readFileSync(path, 'utf8'), ['module', 'exports', 'require'], {
    filename: path,
    parsingContext: context,
  }) as (of: typeof module, exports: unknown, require: () => unknown) => void;
  // what it asks for is a `fetch`
  load(module, module.exports, () => () => {
    throw new Error('no network');
  });
  const library = module.exports as Library;
  library.extend((_, templates) => {
    for (const [name, template] of Object.entries(templates)) {
      if (typeof template === 'function') templates[name] = timeless(template as Template);
    }
  });
  return (wikitext) => library(wikitext).text();
}

type Template = (...words: unknown[]) => unknown;

/** The template, or nothing where what it says depends on the day. */
function timeless(template: Template): Template {
  return (...words) => {
    try {
      return template(...words);
    } catch (error) {
      // an error of that realm is no `Error` here
      if ((error as Error).message === TIMELY) return '';
      throw error;
    }
  };
}

interface Library {
  (wikitext: string): { text(): string };
  extend(change: (models: unknown, templates: Record<string, unknown>) => void): void;
}
