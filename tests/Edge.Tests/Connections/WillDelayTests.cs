using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class WillDelayTests : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private TestBroker _broker = null!;
    private MqttTestClient _watcher = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(time: _time);
        _watcher = await _broker.ConnectAsync("watcher");
        await _watcher.SubscribeAsync("w");
    }

    public async ValueTask DisposeAsync()
    {
        await _watcher.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    public async Task A_will_waits_for_its_delay()
    {
        await LeaveAsync(expiry: 100, delay: 10);

        _time.Advance(TimeSpan.FromSeconds(9));
        await _watcher.ExpectNothingAsync();
        _time.Advance(TimeSpan.FromSeconds(1));

        await _watcher.ExpectMessageAsync();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public async Task Setting_the_wall_clock_changes_neither_the_delay_of_a_will_nor_the_end_of_a_session(int hours)
    {
        await LeaveAsync(expiry: 20, delay: 10);

        _time.Jump(TimeSpan.FromHours(hours));
        _time.Advance(TimeSpan.FromSeconds(9));
        await _watcher.ExpectNothingAsync();
        _time.Advance(TimeSpan.FromSeconds(1));
        await _watcher.ExpectMessageAsync();
        _broker.Counters.SessionsExpired.Value.ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(10));

        _broker.Counters.SessionsExpired.Value.ShouldBe(1);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    public async Task The_end_of_the_session_cuts_the_delay_short()
    {
        await LeaveAsync(expiry: 5, delay: 10);

        _time.Advance(TimeSpan.FromSeconds(4));
        await _watcher.ExpectNothingAsync();
        _time.Advance(TimeSpan.FromSeconds(1));

        await _watcher.ExpectMessageAsync();
    }

    [Theory]
    [InlineData(0u, null)]
    [InlineData(100u, 0u)]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    public async Task Where_the_session_ends_with_the_connection_there_is_no_delay(uint expiry, uint? changedTo)
    {
        await LeaveAsync(expiry, delay: 10, changedTo);

        await _watcher.ExpectMessageAsync();
    }

    [Theory]
    [InlineData(5)]
    [InlineData(9)]
    [Trait("Statement", "MQTT5-3.1.3-9")]
    public async Task A_client_that_is_back_in_time_leaves_no_will(int seconds)
    {
        await LeaveAsync(expiry: 100, delay: 10);
        _time.Advance(TimeSpan.FromSeconds(seconds));

        await using var back = await _broker.ConnectAsync("c", cleanStart: false, expiry: 100);
        _time.Advance(TimeSpan.FromSeconds(1000));

        await _watcher.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    public async Task A_client_that_is_back_with_a_clean_start_ends_the_session_and_the_will_is_sent()
    {
        await LeaveAsync(expiry: 100, delay: 10);

        await using var back = await _broker.ConnectAsync("c", cleanStart: true);

        await _watcher.ExpectMessageAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-10")]
    public async Task A_delayed_will_is_published_once()
    {
        await LeaveAsync(expiry: 100, delay: 10);

        _time.Advance(TimeSpan.FromSeconds(10));
        await _watcher.ExpectMessageAsync();
        _time.Advance(TimeSpan.FromSeconds(1000));

        await _watcher.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_client_that_is_back_and_lost_again_leaves_the_will_of_its_last_connection()
    {
        await LeaveAsync(expiry: 100, delay: 10);
        await LeaveAsync(expiry: 100, delay: 20, cleanStart: false);

        _time.Advance(TimeSpan.FromSeconds(19));
        await _watcher.ExpectNothingAsync();
        _time.Advance(TimeSpan.FromSeconds(1));

        await _watcher.ExpectMessageAsync();
    }

    [Fact]
    public async Task The_property_of_the_delay_is_not_passed_on()
    {
        await LeaveAsync(expiry: 100, delay: 10);
        _time.Advance(TimeSpan.FromSeconds(10));

        (await _watcher.ExpectMessageAsync()).Properties.WillDelayInterval.ShouldBeNull();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-22")]
    public async Task The_delay_runs_from_when_the_keep_alive_has_ended_the_connection()
    {
        await using var silent = await _broker.OpenAsync();
        await silent.ConnectAsync(new ConnectPacket
        {
            ClientIdentifier = "c",
            KeepAlive = 10,
            SessionExpiryInterval = 100,
            Will = new() { Topic = "w", WillDelayInterval = 10 },
        });
        // CONNACK comes a moment before the time is watched.
        await silent.ExpectNothingAsync();
        _time.Advance(TimeSpan.FromSeconds(15));
        await silent.ExpectDisconnectedAsync(ReasonCode.KeepAliveTimeout);

        await _watcher.ExpectNothingAsync();
        _time.Advance(TimeSpan.FromSeconds(10));

        await _watcher.ExpectMessageAsync();
    }

    /// <summary>A client comes, and leaves so that its will is to be sent; the broker knows when this returns.</summary>
    private async Task LeaveAsync(uint expiry, uint delay, uint? changedTo = null, bool cleanStart = true)
    {
        await using var client = await _broker.OpenAsync();
        await client.ConnectAsync(new ConnectPacket
        {
            ClientIdentifier = "c",
            CleanStart = cleanStart,
            SessionExpiryInterval = expiry,
            Will = new() { Topic = "w", WillDelayInterval = delay },
        });
        await client.DisconnectAsync(ReasonCode.DisconnectWithWillMessage, changedTo);
    }
}
