using Starling.Protocol;
using Starling.Testing.Metrics;
using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>Two silos and an edge that send traces, metrics and logs to a collector in this process.</summary>
public sealed class TelemetryTests(SharedPostgres postgres)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_message_for_a_durable_session_is_one_trace_from_the_edge_to_the_database()
    {
        await using var collector = await TraceCollector.StartAsync();
        await using var cluster = await RunningCluster.StartAsync(postgres, new ClusterPlan
        {
            Silos = 2,
            Edges = 1,
            Settings =
            [
                "telemetry.traceRatio=1",
                $$"""telemetry.otlp={"endpoint":"{{collector.Endpoint}}","protocol":"httpProtobuf","metricInterval":"1s"}""",
            ],
        });
        await using (var subscriber = await cluster.ConnectAsync(0, "away", expiry: 600))
        {
            await subscriber.SubscribeAsync("orders/#", QualityOfService.AtLeastOnce);
            await subscriber.DisconnectAsync();
        }

        await using var publisher = await cluster.ConnectAsync(0, "shop");
        await publisher.PublishAsync("orders/1", "a", QualityOfService.AtLeastOnce);

        var path = await UntilAsync(() => Paths(collector.Spans).FirstOrDefault(path => path.Any(span => span.Name == "enqueue")), cluster);
        path.Select(span => span.Trace).Distinct().ShouldHaveSingleItem();
        path.Where(span => span.Source == "Starling").Select(span => (span.Service, span.Name)).ShouldBe(
        [
            ("starling-edge", "publish"), ("starling-edge", "transfer"), ("starling-silo", "route"), ("starling-silo", "enqueue"), ("starling-silo", "commit"),
        ]);
        path[^1].Source.ShouldBe("Npgsql");
        // Calls between processes, and between shard and session, on both sides.
        path.Count(span => span.Source == "Microsoft.Orleans.Application").ShouldBe(4);
        collector.Spans.Where(span => span.Parent.Length == 0).ShouldAllBe(span => span.Name == "publish");

        foreach (var signal in (string[])["/v1/metrics", "/v1/logs"])
        {
            await UntilAsync(
                () => collector.Senders(signal).Order().ToArray() is ["starling-edge", "starling-silo"] all ? all : null, cluster);
        }

        await ScrapesAreDocumentedAsync(cluster);
    }

    private static async Task ScrapesAreDocumentedAsync(RunningCluster cluster)
    {
        using var http = new HttpClient();
        var shown = new HashSet<string>();
        foreach (var node in cluster.Silos.Concat(cluster.Edges))
        {
            foreach (var family in ScrapedMetrics.Read(await http.GetStringAsync(new Uri($"http://127.0.0.1:{node.Management}/metrics"))))
            {
                shown.Add(family.Name);
                var documented = DocumentedMetric.All.SingleOrDefault(row => row.Name == family.Name).ShouldNotBeNull(family.Name);
                documented.Type.ShouldBe(family.Type, family.Name);
                family.Labels.ShouldBeSubsetOf(documented.Labels, family.Name);
            }
        }

        DocumentedMetric.Sections["Microsoft.Orleans, edges only"].Select(row => row.Name).ShouldBeSubsetOf(shown);
        foreach (var meter in (string[])["starling_storage_", "starling_listener_", "orleans_", "db_client_", "dotnet_", "process_"])
            shown.ShouldContain(name => name.StartsWith(meter, StringComparison.Ordinal));
    }

    /// <summary>From the first span of its trace to each span of the database.</summary>
    private static IEnumerable<TraceSpan[]> Paths(IReadOnlyCollection<TraceSpan> spans)
    {
        var byId = spans.ToDictionary(span => span.Id);
        foreach (var span in spans.Where(span => span.Source == "Npgsql"))
        {
            var path = new List<TraceSpan> { span };
            while (byId.TryGetValue(path[0].Parent, out var parent))
                path.Insert(0, parent);
            if (path[0].Parent.Length == 0)
                yield return [.. path];
        }
    }

    private static async Task<T> UntilAsync<T>(Func<T?> find, RunningCluster cluster) where T : class
    {
        using var patience = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!patience.IsCancellationRequested)
        {
            if (find() is { } found)
                return found;
            await pause.WaitForNextTickAsync(CancellationToken.None);
        }

        throw new ShouldAssertException($"it did not come within {Patience.TotalSeconds} s\n{cluster.Log()}");
    }
}
