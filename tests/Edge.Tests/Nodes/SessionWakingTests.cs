using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Standalone;
using Starling.Edge.Nodes;
using Starling.Edge.Tests.Connections;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Nodes;

public sealed class SessionWakingTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly List<MqttTestClient> _clients = [];
    private TestBroker _broker = null!;
    private WatchedCluster _cluster = null!;
    private SessionWaking _waking = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(services => services.AddSingleton<ICluster>(
            provider => _cluster = new WatchedCluster(provider.GetRequiredService<StandaloneCluster>())));
        _waking = new SessionWaking(_broker.Services.GetRequiredService<EdgeNode>(), _time, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact]
    public async Task Sessions_that_outlive_their_connection_are_woken()
    {
        await ConnectAsync("durable", expiry: 100);
        await ConnectAsync("clean", expiry: 0);

        _waking.Begin();

        _cluster.Woken.ShouldBe(["durable"]);
    }

    [Fact]
    public async Task Sessions_are_not_all_woken_at_once()
    {
        for (var i = 0; i <= SessionWaking.MaxAtOnce; i++)
            await ConnectAsync($"c{i}", expiry: 100);

        _waking.Begin();

        _cluster.Woken.Length.ShouldBe(SessionWaking.MaxAtOnce);
        await AdvanceUntilAsync(_cluster.WokenAsync(SessionWaking.MaxAtOnce + 1));
        _cluster.Woken.ShouldBeUnique();
    }

    [Fact]
    public async Task A_session_that_does_not_answer_is_woken_again()
    {
        await ConnectAsync("durable", expiry: 100);
        _cluster.Fails = true;
        _waking.Begin();

        _cluster.Fails = false;
        await AdvanceUntilAsync(_cluster.WokenAsync(2));

        _cluster.Woken.ShouldBe(["durable", "durable"]);
    }

    [Fact]
    public async Task Silos_that_change_while_sessions_are_woken_have_them_woken_once_more()
    {
        await ConnectAsync("durable", expiry: 100);
        _waking.Begin();

        _waking.Begin();
        _waking.Begin();

        _cluster.Woken.Length.ShouldBe(1);
        await AdvanceUntilAsync(_cluster.WokenAsync(2));
    }

    private async Task AdvanceUntilAsync(Task done)
    {
        while (!done.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            _time.Advance(SessionWaking.Pause);
            await Task.Yield();
        }
    }

    private async Task ConnectAsync(string clientId, uint expiry)
    {
        var client = await _broker.ConnectAsync(clientId, expiry: expiry);
        _clients.Add(client);
        // Then the edge has it.
        await client.SubscribeAsync("a", QualityOfService.AtLeastOnce);
    }
}
