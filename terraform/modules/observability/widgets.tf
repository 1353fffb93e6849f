locals {
  depth = concat(
    [for queue in local.queues : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue, { label = "${queue}: waiting" }]],
    [for queue in local.queues : ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", queue, { label = "${queue}: under work" }]],
    [for stage in var.stages : [
      var.metrics.namespace, "Outstanding", var.metrics.queue_dimension, stage.queue, { label = "${stage.queue}: outstanding, as programs say" }
    ]],
  )
  age = [for queue in local.queues : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue, { label = queue }]]
  # one sample a task and minute: how many tasks there are, free of charge
  running = [for program, stage in var.stages : [
    "AWS/ECS", "CPUUtilization", "ClusterName", var.cluster, "ServiceName", stage.service, { label = program, stat = "SampleCount" }
  ]]

  # Sums that workers publish once a minute, drawn as rates: by title, which metric of which programs.
  rates = {
    "Rows a second"      = { Rows = ["converter"], Quarantined = ["converter"] }
    "Bytes a second"     = { BytesIn = ["downloader", "converter"], BytesOut = ["downloader", "converter"], XmlBytes = ["converter"] }
    "Jobs a second"      = { JobsDone = ["downloader", "converter"], JobsFailed = ["downloader", "converter"], Retries = ["downloader", "converter"] }
    "Mirrors left alone" = { MirrorWaits = ["downloader"], MirrorWaitSeconds = ["downloader"] }
  }
  rated = { for title, metrics in local.rates : title => flatten([
    for metric, services in metrics : [for service in services : { metric = metric, service = service }]
  ]) }

  graphs = concat(
    [
      { title = "Depth of the queues", stat = "Maximum", metrics = local.depth },
      { title = "Age of the oldest message, in seconds", stat = "Maximum", metrics = local.age },
      { title = "Running tasks", stat = "SampleCount", metrics = local.running },
    ],
    [for title, metrics in local.rated : {
      title = title
      stat  = "Sum"
      metrics = concat(
        [for i, one in metrics : [{ expression = "m${i} / PERIOD(m${i})", label = "${one.service}: ${one.metric}", id = "r${i}" }]],
        [for i, one in metrics : [
          var.metrics.namespace, one.metric, var.metrics.service_dimension, one.service, { id = "m${i}", visible = false }
        ]],
      )
    }],
  )

  widgets = [for i, graph in local.graphs : {
    type   = "metric"
    x      = i % 2 * 12
    y      = floor(i / 2) * 7
    width  = 12
    height = 7
    properties = {
      title   = graph.title
      region  = local.region
      view    = "timeSeries"
      stat    = graph.stat
      period  = 60
      metrics = graph.metrics
      yAxis   = { left = { min = 0 } }
    }
  }]
}
