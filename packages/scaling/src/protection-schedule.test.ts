import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PROTECTION_TIMES, ProtectionSchedule } from './protection-schedule.js';

const TIMES = { renewMs: 300, idleMs: 1, keepMs: 600, openMs: 30 };

describe('ProtectionSchedule', () => {
  it('protects from the first job on, renews, and ends when the task is idle', () => {
    const schedule = new ProtectionSchedule(TIMES);
    assert.equal(schedule.enter(0), 'protect');
    assert.equal(schedule.nextTick, 300);
    assert.equal(schedule.tick(299), undefined);
    assert.equal(schedule.tick(300), 'protect');
    assert.equal(schedule.leave(310), undefined);
    assert.equal(schedule.tick(311), 'release');
    assert.equal(schedule.nextTick, Number.POSITIVE_INFINITY);
  });

  it('opens at once after a refusal, for its full time', () => {
    const schedule = new ProtectionSchedule(TIMES);
    schedule.enter(0);
    schedule.refused(100);
    assert.equal(schedule.leave(110), 'release');
    assert.equal(schedule.enter(110), undefined);
    assert.equal(schedule.nextTick, 140);
    assert.equal(schedule.tick(140), 'protect');
  });

  it('is open for the time that ECS needs', () => {
    assert.ok(PROTECTION_TIMES.openMs >= 20_000, 'ECS acts within twenty seconds');
  });

  it('whatever the jobs: within keepMs and a job there are openMs without protection, and otherwise a job has it', () => {
    const jobs = fc.array(fc.record({ gap: fc.nat(60), length: fc.integer({ min: 1, max: 90 }) }), { maxLength: 200 });
    fc.assert(
      fc.property(jobs, (list) => {
        const schedule = new ProtectionSchedule(TIMES);
        let now = 0;
        let unprotectedSince = 0;
        let lastOpen = 0;
        let isProtected = false;
        const apply = (change: string | undefined, at: number): void => {
          if (change === 'protect' && !isProtected) {
            if (at - unprotectedSince >= TIMES.openMs) lastOpen = at;
            isProtected = true;
          } else if (change === 'release') {
            isProtected = false;
            unprotectedSince = at;
          }
        };
        const pass = (until: number): void => {
          while (schedule.nextTick <= until) {
            const at = Math.max(now, schedule.nextTick);
            apply(schedule.tick(at), at);
          }
          now = until;
        };
        for (const { gap, length } of list) {
          pass(now + gap);
          apply(schedule.enter(now), now);
          pass(now + length);
          apply(schedule.leave(now), now);
          if (isProtected) assert.ok(now - lastOpen <= TIMES.keepMs + 90 + 60 + TIMES.idleMs, `at ${now}`);
        }
      }),
      { numRuns: 500 },
    );
  });
});
