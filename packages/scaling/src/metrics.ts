/** The CloudWatch namespace of all that the fleet publishes. */
export const METRIC_NAMESPACE = 'Wikifleet';
