using Starling.Fuzzing.Sessions;

namespace Starling.Fuzzing.Tests.Sessions;

public sealed class BrokerFuzzTests
{
    private const int Connections = 10_000;

    /// <summary>What a broker that has seen all the clients go may hold more than before: pools, sessions that have yet to expire.</summary>
    private const long MaxKept = 64 * 1024 * 1024;

    [Fact]
    public async Task Ten_thousand_connections_of_odd_clients_do_no_harm()
    {
        await using var broker = await FuzzBroker.StartAsync(TestContext.Current.CancellationToken);
        var fuzzer = new BrokerFuzzer(seed: 1, broker.EndPoint, () => broker.Problems);
        var before = FuzzBroker.LiveBytes();
        (await fuzzer.RunAsync(0, Connections, () => fuzzer.Connections < Connections)).ShouldBeEmpty();
        (FuzzBroker.LiveBytes() - before).ShouldBeLessThan(MaxKept);
        broker.Problems.ShouldBeEmpty();
        fuzzer.Connections.ShouldBeGreaterThanOrEqualTo(Connections);
    }

    [Fact]
    public void A_scenario_is_the_same_every_time() => Scenario.Create(7, 1234).ToString().ShouldBe(Scenario.Create(7, 1234).ToString());
}
