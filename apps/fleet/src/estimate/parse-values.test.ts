import assert from 'node:assert/strict';
import { bytesWords, dollarsWords, numberOf, secondsOf, timeWords } from './parse-values.js';

describe('the words of a plan', () => {
  for (const text of ['', 'soon', '-5', '5d', '1m1h', '1e3', '٣m', '5 m', '1.5m']) {
    it(`no time: ${JSON.stringify(text)}`, () => {
      assert.throws(() => secondsOf('within', text), { code: 'FLAG_REFUSED', message: /--within: expected a time as/ });
    });
  }
  for (const [text, seconds] of [
    ['90', 90],
    ['90s', 90],
    ['0.25s', 0.25],
    ['10m', 600],
    ['2h', 7200],
    ['1h30m', 5400],
    ['1h1m1s', 3661],
  ] as const) {
    it(`${text} is ${seconds} s`, () => assert.equal(secondsOf('within', text), seconds));
  }
  for (const text of ['', 'NaN', '1e9', '-1', '0x10', '1001', '1,5']) {
    it(`no number up to 1000: ${JSON.stringify(text)}`, () => {
      assert.throws(() => numberOf('interruptions', text, 0, 1000), { code: 'FLAG_REFUSED' });
    });
  }
  for (const [said, expected] of [
    [timeWords(0.04), '0.0 s'],
    [timeWords(99.4), '99 s'],
    [timeWords(99.5), '1:40 min'],
    [timeWords(599.6), '10:00 min'],
    [timeWords(5399), '89:59 min'],
    [timeWords(7500), '2:05 h'],
    [timeWords(Infinity), 'never'],
    [bytesWords(26.9e9), '26.9 GB'],
    [bytesWords(1654e9), '1654 GB'],
    [bytesWords(5e6), '5.0 MB'],
    [dollarsWords(0.0123), '$0.0123'],
    [dollarsWords(12.345), '$12.35'],
  ] as const) {
    it(`says ${expected}`, () => assert.equal(said, expected));
  }
});
