/**
 * Loaded before a program of the box (`node --import`): its monotonic clock runs `BOX_SPEED` times as fast, and so do timers
 * of 10 s and more: publications, leases, the renewal of protection, retries. Shorter timers and the wall clock stay as they are, so that
 * connections do not time out on a busy machine.
 */
const speed = Number(process.env['BOX_SPEED'] ?? '1');
const SHORTEST_MS = 10_000;
const compressed = (milliseconds = 0): number =>
  milliseconds >= SHORTEST_MS ? Math.round(milliseconds / speed) : milliseconds;

const now = performance.now.bind(performance);
performance.now = (): number => now() * speed;
const uptime = process.uptime.bind(process);
process.uptime = (): number => uptime() * speed;
for (const name of ['setTimeout', 'setInterval'] as const) {
  const original = globalThis[name] as (handler: () => void, milliseconds?: number, ...args: unknown[]) => unknown;
  const replacement = (handler: () => void, milliseconds?: number, ...args: unknown[]): unknown =>
    original(handler, compressed(milliseconds), ...args);
  // keeps `setTimeout[util.promisify.custom]`
  Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
  globalThis[name] = replacement as never;
}
