namespace Starling.Testing.PostgreSql;

/// <summary>One server for the tests of an assembly (<c>[assembly: AssemblyFixture(typeof(SharedPostgres))]</c>), started for the first that asks; each takes a database of its own.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync());

    /// <exception cref="InvalidOperationException">PostgreSQL is not installed, or does not start.</exception>
    public Task<PostgresServer> ServerAsync() => _server.Value;

    /// <inheritdoc cref="PostgresServer.CreateDatabaseAsync"/>
    public async Task<string> CreateDatabaseAsync() => await (await ServerAsync()).CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated && _server.Value.IsCompletedSuccessfully)
            await (await _server.Value).DisposeAsync();
    }
}
