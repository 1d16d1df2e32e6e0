using System.Text;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>A broker to be attacked, which has to be well afterwards.</summary>
internal sealed class Target : IAsyncDisposable
{
    /// <summary>
    /// New objects take up to 16 MiB before they are collected. Without it that depends on the processor's cache, and on a server it is
    /// more than most attacks may cost.
    /// </summary>
    private static readonly Dictionary<string, string> SmallNursery = new() { ["DOTNET_GCgen0size"] = "1000000" };

    private readonly double _before;

    private Target(BrokerProcess broker)
    {
        Broker = broker;
        _before = broker.Figures.ResidentMiB;
        broker.Figures.ForgetPeak();
    }

    public BrokerProcess Broker { get; }

    /// <summary>What the attack has cost at its worst moment.</summary>
    public double GrowthMiB => Broker.Figures.PeakMiB - _before;

    public static async Task<Target> StartAsync(object? tenantLimits = null, object? limits = null, int iterations = 1000)
    {
        var broker = await BrokerProcess.StartAsync(new BrokerSetup
        {
            Tenants = TenantsJson.Of(("demo", Tenant("demo", tenantLimits, iterations)), ("acme", Tenant("acme", null, iterations))),
            Limits = limits ?? new { connectTimeout = "1m" },
            Environment = SmallNursery,
        });
        try
        {
            await WarmUpAsync(broker);
            return new Target(broker);
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    public async Task<MqttTestClient> OpenAsync(ProtocolVersion version = ProtocolVersion.Mqtt5) =>
        Patient(await MqttTestClient.OpenAsync(Broker.EndPoint("tcp"), version));

    public async Task<MqttTestClient> ConnectAsync(string clientId, ProtocolVersion version = ProtocolVersion.Mqtt5, ushort? receiveMaximum = null)
    {
        var client = await OpenAsync(version);
        (await client.ConnectAsync(Login(clientId, version) with { ReceiveMaximum = receiveMaximum })).ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }

    public static ConnectPacket Login(string clientId, ProtocolVersion version = ProtocolVersion.Mqtt5) => new()
    {
        ProtocolVersion = version,
        ClientIdentifier = clientId,
        UserName = "demo",
        Password = Encoding.UTF8.GetBytes("demo"),
    };

    /// <summary>A value of <c>/metrics</c>; 0 when it is not there.</summary>
    public async Task<double> MetricAsync(string series)
    {
        using var answer = await Broker.GetAsync("/metrics");
        var line = (await answer.Content.ReadAsStringAsync()).Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The broker serves a newcomer, and has taken no more memory at any time than this.</summary>
    public async Task ShouldBeWellAsync(double withinMiB)
    {
        await using (var client = await ConnectAsync("well"))
        {
            await client.SubscribeAsync("well", QualityOfService.ExactlyOnce);
            await client.PublishAsync("well", "yes", QualityOfService.ExactlyOnce);
            (await client.ExpectMessageAsync()).Text.ShouldBe("yes");
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"grew by {GrowthMiB:0.0} MiB, allowed are {withinMiB} MiB");
        GrowthMiB.ShouldBeLessThan(withinMiB);
    }

    public ValueTask DisposeAsync() => Broker.DisposeAsync();

    internal static MqttTestClient Patient(MqttTestClient client)
    {
        client.Patience = ChildProcess.Patience;
        return client;
    }

    private static object Tenant(string name, object? limits, int iterations) => new
    {
        users = new Dictionary<string, object> { [name] = new { passwordHash = PasswordHash.Of(name, iterations) } },
        acl = new[] { new { allow = "all", filter = "#" }, new { allow = "subscribe", filter = "$SYS/#" } },
        limits = limits ?? new { },
    };

    /// <summary>What is compiled and loaded with the first clients is no growth.</summary>
    private static async Task WarmUpAsync(BrokerProcess broker)
    {
        for (var i = 0; i < 30; i++)
        {
            await using var client = await WarmClientAsync(broker);
            await client.SubscribeAsync("warm/#", QualityOfService.ExactlyOnce);
            await client.PublishAsync("warm/up", "x", QualityOfService.ExactlyOnce, retain: true);
            await client.ExpectMessageAsync();
            await client.PublishAsync("warm/up", "", QualityOfService.AtLeastOnce, retain: true);
        }
    }

    /// <summary>The first clients of a process may miss a short deadline for logging in, on a machine that is busy with other things.</summary>
    private static async Task<MqttTestClient> WarmClientAsync(BrokerProcess broker)
    {
        const int Attempts = 20;
        for (var attempt = 1; ; attempt++)
        {
            var client = Patient(await MqttTestClient.OpenAsync(broker.EndPoint("tcp")));
            try
            {
                (await client.ConnectAsync(Login("warm"))).ReasonCode.ShouldBe(ReasonCode.Success);
                return client;
            }
            catch (UnexpectedException) when (attempt < Attempts)
            {
                await client.DisposeAsync();
            }
        }
    }
}
