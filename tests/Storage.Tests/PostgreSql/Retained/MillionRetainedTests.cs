using System.Diagnostics;
using Starling.Testing.PostgreSql;

namespace Starling.Storage.Tests.PostgreSql.Retained;

public sealed class MillionRetainedTests(SharedPostgres postgres)
{
    /// <summary>Messages of 16 bytes at QoS 1, encoded as the broker would.</summary>
    private const string Fill = """
        insert into retained (tenant, topic_digest, topic, expires_at, size, body)
        select 't', encode(substring(sha256(topic::bytea) for 16), 'hex')::uuid, topic, null, length(topic) + 16,
            '\x0101'::bytea || set_byte('\x00', 0, length(topic)) || topic::bytea || '\x0201050000' || '0123456789abcdef'::bytea
        from (select 'site/' || i % 100 || '/device/' || i / 100 || '/temp' as topic from generate_series(0, 999999) i) topics
        """;

    [Fact]
    public async Task A_million_messages_are_loaded_in_seconds_and_little_memory()
    {
        await using var broker = await RetainedBroker.StartAsync(await postgres.CreateDatabaseAsync());
        await broker.ScalarAsync(Fill);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var started = Stopwatch.GetTimestamp();

        (await broker.ReplayAsync("site/7/device/1234/temp")).Values.ShouldBe(["0123456789abcdef"]);

        var took = Stopwatch.GetElapsedTime(started);
        var memory = GC.GetTotalMemory(forceFullCollection: true) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{took.TotalSeconds:0.0} s, {memory / 1e6:0} MB");
        broker.Count.ShouldBe(1_000_000);
        // About 3 s and 230 bytes each, by themselves; other tests run at the same time, and hold some memory.
        took.ShouldBeLessThan(TimeSpan.FromSeconds(60));
        memory.ShouldBeLessThan(1_000_000_000);
        (await broker.ReplayAsync("site/7/device/+/temp")).Count.ShouldBe(10_000);
    }
}
