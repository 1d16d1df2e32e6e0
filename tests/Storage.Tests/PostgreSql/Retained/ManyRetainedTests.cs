using System.Diagnostics;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql.Retained;

/// <summary>How long a start takes at most, and the memory of the process that it costs.</summary>
[Trait("Lane", "process")]
public sealed class ManyRetainedTests(SharedPostgres postgres)
{
    private const int Sites = 100;

    [Fact]
    public Task Two_hundred_thousand_messages_are_loaded_in_seconds_and_little_memory() => LoadAsync(200_000);

    [Fact]
    [Trait("Nightly", "only")]
    public Task A_million_messages_are_loaded_in_seconds_and_little_memory() => LoadAsync(1_000_000);

    private async Task LoadAsync(int messages)
    {
        await using var broker = await RetainedBroker.StartAsync(await postgres.CreateDatabaseAsync());
        await broker.ScalarAsync(Fill(messages));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();

        (await broker.ReplayAsync("site/7/device/1234/temp")).Values.ShouldBe(["0123456789abcdef"]);

        var took = Stopwatch.GetElapsedTime(started);
        var memory = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{took.TotalSeconds:0.0} s, {memory / 1e6:0} MB");
        broker.Count.ShouldBe(messages);
        // A million takes about 3 s and 230 bytes each, on a machine with nothing else to do.
        took.ShouldBeLessThan(TimeSpan.FromSeconds(60));
        memory.ShouldBeLessThan(1000L * messages);
        (await broker.ReplayAsync("site/7/device/+/temp")).Count.ShouldBe(messages / Sites);
    }

    /// <summary>Messages of 16 bytes at QoS 1, encoded as the broker would.</summary>
    private static string Fill(int messages) => $$"""
        insert into retained (tenant, topic_digest, topic, expires_at, size, body)
        select 't', encode(substring(sha256(topic::bytea) for 16), 'hex')::uuid, topic, null, length(topic) + 16,
            '\x0101'::bytea || set_byte('\x00', 0, length(topic)) || topic::bytea || '\x0201050000' || '0123456789abcdef'::bytea
        from (select 'site/' || i % {{Sites}} || '/device/' || i / {{Sites}} || '/temp' as topic from generate_series(0, {{messages}} - 1) i) topics
        """;
}
