using Starling.Testing.PostgreSql;
using Starling.Testing.Processes;

namespace Starling.Durability.Faults;

/// <summary>A standalone broker and its database.</summary>
internal sealed class StandaloneTarget : ITarget
{
    private readonly NodeProcess _broker;
    private readonly PostgresServer _postgres;

    public StandaloneTarget(string folder, PostgresServer postgres, string connectionString)
    {
        Tenants.Write(folder);
        _postgres = postgres;
        _broker = new NodeProcess("broker", Repository.Program("Edge"), folder, port => new
        {
            listeners = new[] { new { type = "tcp", port, tenant = "demo" } },
            management = (object?)null,
            tenantsFile = Tenants.File,
            dataDirectory = "data",
            storage = new { connectionString },
        });
    }

    public Task StartAsync()
    {
        _broker.Start();
        return _broker.ReadyAsync();
    }

    public int Port() => _broker.Port;

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    public async Task<string> StrikeAsync(FaultKind kind, Random random, Action cutOff)
    {
        switch (kind)
        {
            case FaultKind.Broker:
                return await KillBrokerAsync(random);
            case FaultKind.Database:
                await _postgres.StopAsync(immediate: true);
                cutOff();
                await Task.Delay(random.Next(0, 300));
                await _postgres.StartAgainAsync();
                return "database restarted";
            case FaultKind.Both:
                return await KillBothAsync(random);
            default:
                await _postgres.PauseAsync();
                cutOff();
                var pause = random.Next(500, 4000);
                await Task.Delay(pause);
                await _postgres.ResumeAsync();
                return $"database stood still for {pause} ms";
        }
    }

    private async Task<string> KillBrokerAsync(Random random)
    {
        await _broker.KillAsync();
        _broker.Start();
        if (random.Next(5) > 0)
        {
            await _broker.ReadyAsync();
            return "broker killed";
        }

        var again = random.Next(100, 2500);
        await Task.Delay(again);
        await _broker.KillAsync();
        _broker.Start();
        await _broker.ReadyAsync();
        return $"broker killed, and again after {again} ms";
    }

    private async Task<string> KillBothAsync(Random random)
    {
        var (brokerFirst, startFirst) = (random.Next(2) == 0, random.Next(2) == 0);
        if (brokerFirst)
            await _broker.KillAsync();
        await _postgres.StopAsync(immediate: true);
        if (!brokerFirst)
            await _broker.KillAsync();
        // A broker that starts first waits for its database.
        if (startFirst)
            _broker.Start();
        await _postgres.StartAgainAsync();
        if (!startFirst)
            _broker.Start();
        await _broker.ReadyAsync();
        return $"{(brokerFirst ? "broker, then database" : "database, then broker")} killed";
    }
}
