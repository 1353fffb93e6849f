import assert from 'node:assert/strict';
import { fleetServices, fleetServicesThere } from './fleet-services.js';

const ALL = {
  WIKIFLEET_CLUSTER: 'wikifleet',
  WIKIFLEET_DOWNLOADER_SERVICE: 'wikifleet-downloader',
  WIKIFLEET_CONVERTER_SERVICE: 'wikifleet-converter',
};

describe('fleetServices', () => {
  it('says all three names where the environment has none', () => {
    assert.throws(
      () => fleetServices({}),
      /WIKIFLEET_CLUSTER, WIKIFLEET_DOWNLOADER_SERVICE, WIKIFLEET_CONVERTER_SERVICE/,
    );
    assert.equal(fleetServicesThere({}), null);
  });
  it('refuses a cluster without its services, also where none is needed', () => {
    const half = { ...ALL, WIKIFLEET_CONVERTER_SERVICE: undefined };
    assert.throws(() => fleetServicesThere(half), /is set, but not WIKIFLEET_CONVERTER_SERVICE$/);
  });
  it('names them as Application Auto Scaling does', () => {
    const { downloader, converter } = fleetServices(ALL);
    assert.equal(downloader.resourceId, 'service/wikifleet/wikifleet-downloader');
    assert.equal(converter.resourceId, 'service/wikifleet/wikifleet-converter');
  });
});
