import assert from 'node:assert/strict';
import { METRIC_NAMESPACE } from './metrics.js';

describe('the namespace of metrics', () => {
  it('is none of those that AWS keeps for itself', () => assert.doesNotMatch(METRIC_NAMESPACE, /^AWS\//));
});
