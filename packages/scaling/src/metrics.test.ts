import assert from 'node:assert/strict';
import { METRIC_NAMESPACE, SERVICE_DIMENSION, WORKER_METRICS } from './metrics.js';

describe('the names of metrics', () => {
  it('are in none of the namespaces that AWS keeps for itself', () => assert.doesNotMatch(METRIC_NAMESPACE, /^AWS\//));

  it('fit what CloudWatch takes', () => {
    for (const name of [METRIC_NAMESPACE, SERVICE_DIMENSION, ...Object.keys(WORKER_METRICS)]) {
      assert.match(name, /^[A-Za-z][A-Za-z0-9]{0,254}$/);
    }
  });

  it('are not those of fields that a line of the log has too', () => {
    for (const name of Object.keys(WORKER_METRICS)) assert.match(name, /^[A-Z]/);
  });
});
