using System.Diagnostics;
using System.Globalization;
using System.Text;
using Starling.Protocol;
using Starling.Testing;
using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>Sessions that go to another silo while their clients work off what waits for them.</summary>
[Trait("Lane", "alone")]
public sealed class MovedSessionTests(SharedPostgres postgres)
{
    private const int Clients = 12;
    private const int Messages = 450;

    /// <summary>Of a client, so that it takes longer than the silos take to send the new one its part, five seconds.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(15);

    /// <summary>A call that is lost takes three seconds until it is repeated.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2.5);

    [Fact]
    public async Task Clients_get_all_that_waits_for_them_although_their_sessions_move_to_a_silo_that_joins()
    {
        await using var cluster = await RunningCluster.StartAsync(postgres, silos: 2, edges: 1);
        foreach (var clientId in Enumerable.Range(0, Clients))
        {
            await using var client = await cluster.ConnectAsync(0, $"c{clientId}", expiry: 600);
            await client.SubscribeAsync("queue", QualityOfService.AtLeastOnce);
        }

        await using (var publisher = await cluster.ConnectAsync(0, "publisher"))
        {
            for (var number = 0; number < Messages; number++)
            {
                await publisher.PublishAsync(new PublishMessage
                {
                    Topic = "queue",
                    Payload = Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)),
                    QoS = QualityOfService.AtLeastOnce,
                    PacketIdentifier = 1,
                });
            }
        }

        await cluster.AddSiloAsync();
        var received = await Task.WhenAll(Enumerable.Range(0, Clients).Select(clientId => WorkOffAsync(cluster, $"c{clientId}")));

        received.ShouldAllBe(client => client.Numbers.SequenceEqual(Enumerable.Range(0, Messages)), cluster.Log());
        received.Max(client => client.Waited).ShouldBeLessThan(LongestWait, cluster.Log());
        cluster.Silos.ShouldContain(silo => silo.Process.Output.Lines.Any(line => line.Contains("sessions and shards to their silos", StringComparison.Ordinal)), cluster.Log());
    }

    /// <summary>With one message under way at a time, nothing asks for the session but its client's acknowledgements.</summary>
    private static async Task<(IReadOnlyList<int> Numbers, TimeSpan Waited)> WorkOffAsync(RunningCluster cluster, string clientId)
    {
        await using var client = await cluster.ConnectAsync(0, clientId, cleanStart: false, expiry: 600, receiveMaximum: 1);
        List<int> received = [];
        var waited = TimeSpan.Zero;
        using var pace = new PeriodicTimer(Pace);
        while (received.Count < Messages)
        {
            var since = Stopwatch.GetTimestamp();
            var message = await client.ExpectAsync<PublishMessage>();
            waited = TimeSpan.FromTicks(Math.Max(waited.Ticks, Stopwatch.GetElapsedTime(since).Ticks));
            var number = int.Parse(Encoding.UTF8.GetString(message.Payload.Span), CultureInfo.InvariantCulture);
            if (!received.Contains(number))
                received.Add(number);
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            await client.SendAsync(new AckPacket(PacketType.PubAck, message.PacketIdentifier));
        }

        return (received, waited);
    }
}
