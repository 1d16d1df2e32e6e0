using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Time;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Retained;
using Starling.Testing;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql;

public sealed class ClockWatchTests(SharedPostgres postgres) : IAsyncDisposable
{
    private readonly ManualTime _machine = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly CapturedLog _log = new();

    /// <summary>How far the database is ahead of the machine's monotonic clock.</summary>
    private TimeSpan _database;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private DateTimeOffset DatabaseTime => new DateTimeOffset(_machine.GetTimestamp(), TimeSpan.Zero) + _database;

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Theory]
    [InlineData(0, true)]
    [InlineData(9, true)]
    [InlineData(-9, true)]
    [InlineData(7200, false)]
    [InlineData(-7200, false)]
    public async Task The_clock_follows_the_database_and_is_trusted_when_the_machine_agrees_within_ten_seconds(int ahead, bool trusted)
    {
        var clock = new BrokerClock(_machine);
        _machine.Jump(TimeSpan.FromSeconds(ahead));
        await using var watch = await StartAsync(clock);

        (clock.GetUtcNow() - DatabaseTime).Duration().ShouldBeLessThan(TimeSpan.FromMilliseconds(1));
        clock.IsTrusted.ShouldBe(trusted);
        watch.Offset.ShouldBe(TimeSpan.FromSeconds(ahead));
        (watch.Problem is null).ShouldBe(trusted);
    }

    [Fact]
    public async Task A_machine_whose_clock_is_set_wrongly_keeps_the_databases_time_and_is_trusted_again_when_it_is_right()
    {
        var clock = new BrokerClock(_machine);
        await using var watch = await StartAsync(clock);

        _machine.Jump(TimeSpan.FromHours(2));
        _machine.Advance(TimeSpan.FromMinutes(1));
        clock.IsTrusted.ShouldBeFalse();
        watch.Problem.ShouldBe("the clock of this machine is +7200 s away from PostgreSQL's");
        clock.GetUtcNow().ShouldBe(DatabaseTime);
        _machine.Jump(TimeSpan.FromHours(-2));
        _machine.Advance(TimeSpan.FromMinutes(1));

        clock.IsTrusted.ShouldBeTrue();
        _log.Rest().Select(line => line.Level).ShouldBe([LogLevel.Error, LogLevel.Information]);
    }

    [Fact]
    public async Task A_database_whose_clock_jumps_alone_is_not_followed()
    {
        var clock = new BrokerClock(_machine);
        await using var watch = await StartAsync(clock);

        _database = TimeSpan.FromHours(2);
        _machine.Advance(TimeSpan.FromMinutes(1));

        clock.GetUtcNow().ShouldBe(_machine.GetUtcNow());
        clock.IsTrusted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_machine_that_slept_follows_the_database_when_its_own_clock_says_the_same()
    {
        var clock = new BrokerClock(_machine);
        await using var watch = await StartAsync(clock);

        // The monotonic clock stands still meanwhile.
        _machine.Jump(TimeSpan.FromHours(8));
        _database = TimeSpan.FromHours(8);
        _machine.Advance(TimeSpan.FromMinutes(1));

        clock.GetUtcNow().ShouldBe(DatabaseTime);
        clock.IsTrusted.ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_stored_is_removed_for_its_age_while_the_clock_is_not_trusted()
    {
        await using var stores = await PostgreSqlStores.OpenAsync(await postgres.CreateDatabaseAsync());
        var clock = new BrokerClock(TimeProvider.System) { IsTrusted = false };
        var store = new PostgreSqlRetainedStore(stores.Database, stores.Writer, clock, NullLogger<PostgreSqlRetainedStore>.Instance);
        await store.SetAsync("t", [Retained.RetainedBroker.Message("a", "1", expiresAt: 1)]);

        await store.RemoveExpiredAsync("t", ["a"], 2);
        (await CountAsync()).ShouldBe(1L);
        clock.IsTrusted = true;
        await store.RemoveExpiredAsync("t", ["a"], 2);

        (await CountAsync()).ShouldBe(0L);

        async Task<object?> CountAsync()
        {
            await using var connection = await stores.Database.Source.OpenConnectionAsync(Cancellation);
            return await connection.ScalarAsync("select count(*) from retained", Cancellation);
        }
    }

    [Fact]
    public async Task The_databases_clock_is_asked_over_its_connection()
    {
        await using var stores = await PostgreSqlStores.OpenAsync(await postgres.CreateDatabaseAsync());
        _machine.Jump(TimeSpan.FromHours(-3));
        var clock = new BrokerClock(_machine);
        await using var watch = new ClockWatch(
            stores.Database, clock, _services.GetRequiredService<IMeterFactory>(), new Logger<ClockWatch>(_log));

        await watch.StartAsync(Cancellation);

        (clock.GetUtcNow() - DateTimeOffset.UtcNow).Duration().ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    private async Task<ClockWatch> StartAsync(BrokerClock clock)
    {
        var watch = new ClockWatch(_ => Task.FromResult(DatabaseTime), clock, _services.GetRequiredService<IMeterFactory>(), new Logger<ClockWatch>(_log));
        await watch.StartAsync(Cancellation);
        return watch;
    }
}
