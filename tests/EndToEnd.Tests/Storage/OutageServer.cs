using Starling.Testing.PostgreSql;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>A server that the tests of a class may stop.</summary>
public sealed class OutageServer : IAsyncLifetime
{
    private PostgresServer? _server;

    public PostgresServer Server => _server!;

    public async ValueTask InitializeAsync() =>
        _server = await PostgresServer.StartAsync(new Dictionary<string, string> { ["max_connections"] = "20" });

    public ValueTask DisposeAsync() => _server is { } server ? server.DisposeAsync() : ValueTask.CompletedTask;
}
