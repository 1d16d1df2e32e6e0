using System.Net;
using Npgsql;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;
using Starling.Testing.PostgreSql;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>A broker process with its state in PostgreSQL, and clients that log in to its tenant <c>demo</c>.</summary>
internal sealed class StoredBroker(BrokerProcess process, string database) : IAsyncDisposable
{
    public static readonly TimeSpan Patience = ChildProcess.Patience;

    public BrokerProcess Process => process;

    /// <summary>The name of its database.</summary>
    public string Database => new NpgsqlConnectionStringBuilder(database).Database!;

    /// <summary>In a database of its own; a server that does not answer is missed after two seconds.</summary>
    public static async Task<StoredBroker> StartAsync(PostgresServer postgres, Func<BrokerSetup, BrokerSetup>? change = null)
    {
        var setup = new BrokerSetup
        {
            Tenants = TenantsJson.Of(TenantsJson.Tenant("demo", "demo")),
            Database = await postgres.CreateDatabaseAsync() + ";Timeout=2;Command Timeout=2",
            Limits = new { connectTimeout = "4s" },
        };
        var broker = new StoredBroker(await BrokerProcess.StartAsync(change?.Invoke(setup) ?? setup), setup.Database);
        await broker.WarmUpAsync();
        return broker;
    }

    /// <summary>A connection on which nothing has been said yet.</summary>
    public async Task<MqttTestClient> OpenAsync(ProtocolVersion version = ProtocolVersion.Mqtt5)
    {
        var client = await MqttTestClient.OpenAsync(new IPEndPoint(IPAddress.Loopback, process.Ports["tcp"]), version);
        client.Patience = Patience;
        return client;
    }

    /// <summary>A client with an accepted CONNECT, whose session lasts when it names an expiry or, before MQTT 5, does not begin clean.</summary>
    public async Task<MqttTestClient> ConnectAsync(
        string clientId, uint? expiry = null, ProtocolVersion version = ProtocolVersion.Mqtt5, Func<ConnectPacket, ConnectPacket>? change = null)
    {
        var client = await OpenAsync(version);
        var connect = Login(clientId, version) with { CleanStart = expiry is null, SessionExpiryInterval = version == ProtocolVersion.Mqtt5 ? expiry : null };
        var connAck = await client.ConnectAsync(change?.Invoke(connect) ?? connect);
        connAck.ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }

    public static ConnectPacket Login(string clientId, ProtocolVersion version) => new()
    {
        ProtocolVersion = version,
        ClientIdentifier = clientId,
        UserName = "demo",
        Password = "demo"u8.ToArray(),
    };

    /// <summary>What a client is told that asks to be connected.</summary>
    public async Task<ReasonCode> TryConnectAsync(string clientId, ProtocolVersion version = ProtocolVersion.Mqtt5, Func<ConnectPacket, ConnectPacket>? change = null)
    {
        await using var client = await OpenAsync(version);
        var connect = Login(clientId, version);
        return (await client.ConnectAsync(change?.Invoke(connect) ?? connect)).ReasonCode;
    }

    /// <summary>Waits until the broker says that it is not ready, and returns what it says.</summary>
    public Task<string> NotReadyAsync() => BecomesAsync(HttpStatusCode.ServiceUnavailable);

    public Task ReadyAsync() => BecomesAsync(HttpStatusCode.OK);

    /// <summary>The value of a metric.</summary>
    public async Task<double> MetricAsync(string name)
    {
        using var answer = await process.GetAsync("/metrics");
        var line = (await answer.Content.ReadAsStringAsync()).Split('\n').Single(line => line.StartsWith(name + " ", StringComparison.Ordinal) || line.StartsWith(name + "{", StringComparison.Ordinal));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    /// <summary>A first login takes far longer than later ones; on a busy machine longer than the time that is given to it here.</summary>
    private async Task WarmUpAsync()
    {
        for (var tries = 5; ; tries--)
        {
            try
            {
                (await TryConnectAsync("warm")).ShouldBe(ReasonCode.Success);
                return;
            }
            catch (UnexpectedException) when (tries > 1)
            {
                // Closed by the deadline.
            }
        }
    }

    private async Task<string> BecomesAsync(HttpStatusCode status)
    {
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var left = (int)(Patience / looks.Period); left > 0; left--)
        {
            using var answer = await process.GetAsync("/readyz");
            if (answer.StatusCode == status)
                return await answer.Content.ReadAsStringAsync();
            await looks.WaitForNextTickAsync();
        }

        throw new ShouldAssertException($"/readyz did not become {status}; {process.Story}");
    }
}
