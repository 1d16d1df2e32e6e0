using System.Net;
using Starling.Protocol;
using Starling.Testing;
using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>Nodes that join and stop in good order, under load.</summary>
public sealed class StoppedNodeTests(SharedPostgres postgres) : IAsyncLifetime
{
    private static readonly TimeSpan Over = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private RunningCluster _cluster = null!;

    public async ValueTask InitializeAsync() => _cluster = await RunningCluster.StartAsync(postgres, new ClusterPlan
    {
        EdgeSettings =
        [
            "drain.delay=1s", $"drain.over={Over.TotalSeconds}s", "drain.reason=useAnotherServer", "drain.serverReference=other.example:1883",
            $"shutdownTimeout={Deadline.TotalSeconds}s",
        ],
    });

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Nothing_is_lost_or_reordered_when_nodes_join_and_stop_and_nobody_waits_for_long()
    {
        SteadyLoad[] loads = [new(_cluster, publisherEdge: 1, QualityOfService.AtLeastOnce), new(_cluster, publisherEdge: 1, QualityOfService.ExactlyOnce)];
        foreach (var load in loads)
            await load.StartAsync(subscriberEdge: 0, nextEdge: 1);

        await A_silo_that_joins_gets_its_part();
        Report("joined");
        await A_silo_that_stops_hands_over();
        Report("silo stopped");
        await An_edge_that_stops_sends_its_clients_away();
        Report("edge stopped");

        foreach (var load in loads)
            await load.EndAsync();

        void Report(string what)
        {
            var waits = loads.Select(load => load.TakeLongestWait()).ToArray();
            TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {loads.Sum(load => load.Published)} published, longest wait {waits.Max().TotalSeconds:F2} s");
            waits.Max().ShouldBeLessThan(TimeSpan.FromSeconds(5), $"{what}\n{_cluster.Log()}");
        }
    }

    private async Task A_silo_that_joins_gets_its_part()
    {
        var third = await _cluster.AddSiloAsync();
        await third.Process.LineAsync("of tenant acme serving");
    }

    private async Task A_silo_that_stops_hands_over()
    {
        var since = TimeProvider.System.GetTimestamp();
        await _cluster.Silos[0].Process.SignalAsync("TERM");
        await _cluster.Silos[0].Process.SucceedAsync();
        TimeProvider.System.GetElapsedTime(since).ShouldBeLessThan(Deadline, _cluster.Log());
    }

    private async Task An_edge_that_stops_sends_its_clients_away()
    {
        var earlier = new List<MqttTestClient>();
        for (var i = 0; i < 10; i++)
            earlier.Add(await ConnectEarlierAsync($"earlier-{i}"));
        var since = TimeProvider.System.GetTimestamp();
        var closed = Task.WhenAll(earlier.Select(async client =>
        {
            await client.ExpectClosedAsync();
            return TimeProvider.System.GetElapsedTime(since);
        }));

        await using var told = await _cluster.ConnectAsync(0, "told");

        await _cluster.Edges[0].Process.SignalAsync("TERM");
        await UntilNotReadyAsync(_cluster.Edges[0]);
        closed.IsCompleted.ShouldBeFalse();
        // Until load balancers have noticed.
        await using (await ConnectEarlierAsync("latecomer"))
        {
        }

        var farewell = await told.ExpectAsync<DisconnectPacket>();
        (farewell.ReasonCode, farewell.ServerReference).ShouldBe((ReasonCode.UseAnotherServer, "other.example:1883"));
        var moments = await closed;
        (moments.Max() - moments.Min()).ShouldBeInRange(Over / 3, 3 * Over);
        await _cluster.Edges[0].Process.SucceedAsync();
        TimeProvider.System.GetElapsedTime(since).ShouldBeLessThan(Deadline);
    }

    /// <summary>MQTT 3.1.1 knows no DISCONNECT from the server.</summary>
    private async Task<MqttTestClient> ConnectEarlierAsync(string clientId)
    {
        var (client, answer) = await _cluster.TryConnectAsync(0, clientId, version: ProtocolVersion.Mqtt311);
        answer.ReasonCode.ShouldBe(ReasonCode.Success, _cluster.Log());
        return client;
    }

    private async Task UntilNotReadyAsync(Node node)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (await RunningCluster.ReadinessAsync(node) != HttpStatusCode.ServiceUnavailable)
            TimeProvider.System.GetElapsedTime(since).ShouldBeLessThan(Deadline, _cluster.Log());
    }
}
