namespace Starling.EndToEnd.Tests.Storage;

/// <summary>PostgreSQL is away for some seconds, and back.</summary>
public sealed class OutageTests(OutageServer postgres) : IClassFixture<OutageServer>
{
    [Theory]
    [InlineData(OutageKind.Stopped)]
    [InlineData(OutageKind.StandingStill)]
    [InlineData(OutageKind.OutOfConnections)]
    public async Task What_needs_no_store_flows_on_and_what_must_be_durable_waits_and_is_all_there_afterwards(OutageKind kind)
    {
        await using var broker = await StoredBroker.StartAsync(postgres.Server);
        await using var outage = new Outage(postgres.Server, kind);

        await new OutageScenario(broker).RunAsync(outage.BeginAsync, outage.EndAsync);
    }
}
