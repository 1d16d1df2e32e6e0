using System.Text;

namespace Starling.Protocol.Tests;

public sealed class TopicHashTests
{
    /// <summary>
    /// Stored data depends on these: a change that breaks them loses the retained messages of every tenant with several shards.
    /// </summary>
    [Theory]
    [InlineData("", 113922563u)]
    [InlineData("a", 2972058478u)]
    [InlineData("a/b", 1160850641u)]
    [InlineData("1234567", 343440344u)]
    [InlineData("12345678", 1460961848u)]
    [InlineData("123456789", 2163125577u)]
    [InlineData("sensors/kitchen/temperature", 2408278219u)]
    [InlineData("ü/😀", 498059573u)]
    public void The_hash_never_changes(string topic, uint expected) => TopicHash.Compute(Encoding.UTF8.GetBytes(topic)).ShouldBe(expected);

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(64)]
    public void Topics_are_spread_evenly_over_shards(int shards)
    {
        const int perShard = 1_000;
        var counts = new int[shards];
        for (var i = 0; i < perShard * shards; i++)
            counts[TopicHash.Compute(Encoding.UTF8.GetBytes($"site/{i % 97}/device/{i}/state")) % (uint)shards]++;
        counts.Min().ShouldBeGreaterThan(perShard * 8 / 10);
        counts.Max().ShouldBeLessThan(perShard * 12 / 10);
    }

    [Fact]
    public void Zero_bytes_at_the_end_count() => TopicHash.Compute([1, 0]).ShouldNotBe(TopicHash.Compute([1]));
}
