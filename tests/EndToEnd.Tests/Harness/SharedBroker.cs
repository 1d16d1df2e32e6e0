using Starling.EndToEnd.Tests.Harness;
using Starling.Testing.PostgreSql;

[assembly: AssemblyFixture(typeof(SharedBroker))]
[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>One broker for all tests that neither stop it nor change its files; each of them uses topics of its own.</summary>
public sealed class SharedBroker : IAsyncLifetime
{
    private BrokerProcess? _broker;

    internal BrokerProcess Broker => _broker!;

    public async ValueTask InitializeAsync() => _broker = await BrokerProcess.StartAsync();

    public ValueTask DisposeAsync() => _broker is { } broker ? broker.DisposeAsync() : ValueTask.CompletedTask;
}
