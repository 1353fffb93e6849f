const GROUPED = new Intl.NumberFormat('en-US');
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `1,234,567` */
export const count = (n) => GROUPED.format(Math.round(n));

/** `12.3 MB`, `4.56 GB`: in powers of ten. */
export function bytes(n) {
  if (n >= 1e12) return `${(n / 1e12).toFixed(2)} TB`;
  if (n >= 1e9) return `${(n / 1e9).toFixed(2)} GB`;
  return `${(n / 1e6).toFixed(1)} MB`;
}

/** `12.3`: of megabytes. */
export const megabytes = (n) => (n / 1e6).toFixed(1);

/** `8 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h` */
export function duration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/** `14:05:09` */
export const clock = (milliseconds) => TIME.format(new Date(milliseconds));

/** `57 %`; 100 only where all is done. */
export const percent = (share) => `${Math.floor(100 * share)} %`;

/** `1 file`, `3 files` */
export const plural = (n, noun) => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
