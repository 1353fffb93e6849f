import { capacityFor } from './converter-steps.js';
import type { ConverterStep } from './converter-steps.js';

export type AlarmState = 'OK' | 'ALARM';

/** The backlog of one period, in messages: its maximum; undefined where no metric came. */
export type Sample = number | undefined;

/** What a queue's two alarms know, and what their policies made of it. */
export interface ScalerState {
  /** The newest last; as many as an alarm looks back on. */
  readonly samples: readonly Sample[];
  readonly out: AlarmState;
  readonly in: AlarmState;
  /** Tasks that are wanted. */
  readonly desired: number;
}

/** Periods below one message before the fleet is sent home. */
export const IN_PERIODS = 3;
/** CloudWatch looks this many periods further back when values are missing, and takes the newest that came. */
const LOOK_BACK = 2;

/** A fleet at zero whose alarms never saw a value. */
export const ASLEEP: ScalerState = { samples: [], out: 'OK', in: 'OK', desired: 0 };

/**
 * One period of a queue's alarms, as CloudWatch evaluates them and Application Auto Scaling acts on them. Out: at least
 * one message in 1 of 1 periods, missing data not breaching; its policy sets the exact capacity of the step, again every
 * period that it lasts. In: below one message in 3 of 3 periods, missing data ignored (the alarm stays what it is); its
 * policy sets zero. Whether a busy task stops is not decided here: its protection does.
 */
export function nextPeriod(state: ScalerState, sample: Sample, steps: readonly ConverterStep[]): ScalerState {
  const samples = [...state.samples, sample].slice(-(IN_PERIODS + LOOK_BACK));
  const newest = samples.slice(-(1 + LOOK_BACK)).findLast((value) => value !== undefined);
  const out = newest !== undefined && newest >= 1 ? 'ALARM' : 'OK';
  const alarmIn = inAlarm(state.in, samples);
  const next = { samples, out, in: alarmIn } as const;
  if (out === 'ALARM') return { ...next, desired: capacityFor(newest ?? 0, steps) };
  return { ...next, desired: alarmIn === 'ALARM' ? 0 : state.desired };
}

function inAlarm(before: AlarmState, samples: readonly Sample[]): AlarmState {
  const there = samples.filter((value) => value !== undefined).slice(-IN_PERIODS);
  if (there.some((value) => value >= 1)) return 'OK';
  // too few to tell: ignored, the alarm stays what it is
  return there.length < IN_PERIODS ? before : 'ALARM';
}
