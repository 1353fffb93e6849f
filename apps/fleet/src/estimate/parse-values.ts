import { UsageError } from '@wikifleet/domain/errors';

/** Reads `90`, `90s`, `10m`, `2h` or `1h30m` as seconds; throws a `UsageError`. */
export function secondsOf(flag: string, text: string): number {
  const [whole, hours, minutes, seconds] =
    /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,7}(?:\.\d{1,6})?)s?)?$/.exec(text) ?? [];
  if (whole !== undefined && whole !== '') {
    return 3600 * Number(hours ?? 0) + 60 * Number(minutes ?? 0) + Number(seconds ?? 0);
  }
  const message = `--${flag}: expected a time as 90s, 10m or 1h30m, received ${JSON.stringify(text)}`;
  throw new UsageError('FLAG_REFUSED', message);
}

/** Reads a number within bounds; throws a `UsageError`. */
export function numberOf(flag: string, text: string, least: number, most: number): number {
  const value = /^\d{1,12}(?:\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(
    'FLAG_REFUSED',
    `--${flag}: expected a number from ${least} to ${most}, received ${JSON.stringify(text)}`,
  );
}

/** `43 s`, `9:58 min`, `2:05 h`. */
export function timeWords(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'never';
  if (seconds < 99.5) return `${seconds < 9.95 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
  const whole = Math.round(seconds);
  if (whole < 5400) return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')} h`;
}

/** `26.9 GB`, `815 MB`, in powers of ten as mirrors and networks count. */
export function bytesWords(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(bytes < 1e11 ? 1 : 0)} GB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}

export function dollarsWords(dollars: number): string {
  return `$${dollars.toFixed(dollars < 0.1 ? 4 : 2)}`;
}
