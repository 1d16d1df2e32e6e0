using Starling.Broker.Contracts;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tests.Sessions;

public sealed class SessionWillTests : IDisposable
{
    private readonly TestCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_lost_connection_publishes_the_will()
    {
        await LoseAsync(delay: 0, expiry: 0);

        Published().ShouldBe(["will"]);
    }

    [Fact]
    public async Task A_normal_disconnect_does_not()
    {
        var connected = await _cluster.ConnectAsync("c", will: Will(0));

        await _cluster.DisconnectAsync("c", connected.Epoch, publishWill: false);

        Published().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_delayed_will_waits_for_its_delay()
    {
        await LoseAsync(delay: 30, expiry: 60);

        _cluster.Time.Advance(TimeSpan.FromSeconds(29.9));
        Published().ShouldBeEmpty();
        _cluster.Time.Advance(TimeSpan.FromSeconds(0.1));

        Published().ShouldBe(["will"]);
    }

    [Fact]
    public async Task A_will_does_not_wait_longer_than_the_session()
    {
        await LoseAsync(delay: 300, expiry: 60);

        _cluster.Time.Advance(TimeSpan.FromSeconds(60));

        Published().ShouldBe(["will"]);
    }

    [Fact]
    public async Task A_client_that_is_back_in_time_keeps_its_will_to_itself()
    {
        await LoseAsync(delay: 30, expiry: 60);

        await _cluster.ConnectAsync("c", expiry: 60);
        _cluster.Time.Advance(TimeSpan.FromMinutes(10));

        Published().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_clean_start_ends_the_session_and_publishes_the_will_that_waited()
    {
        await LoseAsync(delay: 30, expiry: 60);

        await _cluster.ConnectAsync("c", cleanStart: true);

        Published().ShouldBe(["will"]);
    }

    [Fact]
    public async Task A_takeover_publishes_the_will_of_the_older_connection_once()
    {
        await _cluster.ConnectAsync("c", expiry: 0, will: Will(0));

        await _cluster.ConnectAsync("c", expiry: 0);
        _cluster.Time.Advance(TimeSpan.FromMinutes(10));

        Published().ShouldBe(["will"]);
    }

    private static SessionWill Will(uint delay) => new(TestCluster.Message("w", "will"), delay, null, User.Anonymous);

    private string[] Published() => [.. _cluster.Edge.Messages.Select(TestEdge.Text)];

    private async Task LoseAsync(uint delay, uint expiry)
    {
        var connected = await _cluster.ConnectAsync("c", expiry, will: Will(delay));
        await _cluster.DisconnectAsync("c", connected.Epoch, publishWill: true);
    }
}
