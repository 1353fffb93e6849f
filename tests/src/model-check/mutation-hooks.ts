/** Module hooks of Node that apply a mutation to the text of the modules which it names. */
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { MUTATIONS } from './mutations.js';
import type { Mutation } from './mutations.js';

interface Loaded {
  readonly format: string;
  readonly shortCircuit?: boolean;
  readonly source?: string | Uint8Array;
}

let mutation: Mutation | undefined;

/** Called by Node in the thread of the hooks. */
export function initialize({ name }: { readonly name: string }): void {
  mutation = MUTATIONS.find((candidate) => candidate.name === name);
}

/** Called by Node for each module. */
export async function load(
  url: string,
  context: object,
  next: (url: string, context: object) => Promise<Loaded>,
): Promise<Loaded> {
  const loaded = await next(url, context);
  const edits = mutation?.edits.filter(({ module }) => url.endsWith(module)) ?? [];
  if (edits.length === 0) return loaded;
  let source = Buffer.from(loaded.source ?? '').toString();
  for (const { from, to } of edits) {
    const pieces = source.split(from);
    if (pieces.length !== 2)
      throw new Error(`${fileURLToPath(url)}: expected once, received ${pieces.length - 1} times: ${from}`);
    source = pieces.join(to);
  }
  return { ...loaded, source };
}

const name = process.env['WIKIFLEET_MODEL_MUTATION'];
if (isMainThread && name !== undefined) {
  if (!MUTATIONS.some((candidate) => candidate.name === name)) throw new Error(`there is no mutation "${name}"`);
  register(import.meta.url, { data: { name } });
}
