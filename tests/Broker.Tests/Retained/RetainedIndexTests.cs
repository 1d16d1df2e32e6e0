using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Broker.Tests.Routing;
using Starling.Protocol;

namespace Starling.Broker.Tests.Retained;

public sealed class RetainedIndexTests
{
    private readonly RetainedIndex _index = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_filter_reads_the_messages_that_the_definition_says_each_once(int seed)
    {
        var random = new Random(seed);
        var held = new HashSet<string>();
        for (var step = 0; step < 1500; step++)
        {
            var topic = RandomTopics.Name(random);
            if (random.Next(3) > 0)
            {
                Set(_index, topic);
                held.Add(topic);
            }
            else
                Remove(_index, topic).ShouldBe(held.Remove(topic));

            var filter = RandomTopics.Filter(random);
            ReadAll(filter, random.Next(1, 5)).Order(StringComparer.Ordinal)
                .ShouldBe(held.Where(t => TopicFilters.Matches(filter, t)).Order(StringComparer.Ordinal), filter);
            _index.Count.ShouldBe(held.Count);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_message_that_stays_is_read_once_whatever_comes_and_goes_between_the_pages(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var index = new RetainedIndex();
            var staying = Enumerable.Range(0, 30).Select(_ => RandomTopics.Name(random)).ToHashSet();
            foreach (var topic in staying)
                Set(index, topic);
            var filter = RandomTopics.Filter(random);
            var cursor = new RetainedCursor(filter);
            var read = new List<RetainedHit>();
            while (index.Read(cursor, random.Next(1, 4), read))
            {
                for (var change = random.Next(6); change > 0; change--)
                {
                    var topic = RandomTopics.Name(random) + (random.Next(2) == 0 ? "/x" : "");
                    if (staying.Contains(topic))
                        continue;
                    if (random.Next(2) == 0)
                        Set(index, topic);
                    else
                        Remove(index, topic);
                }
            }

            var kept = read.Select(hit => hit.Node.Topic).Where(staying.Contains).Order(StringComparer.Ordinal);
            kept.ShouldBe(staying.Where(t => TopicFilters.Matches(filter, t)).Order(StringComparer.Ordinal), filter);
        }
    }

    [Fact]
    public void A_replaced_message_is_read_as_it_is_when_the_cursor_comes_to_it()
    {
        Set(_index, "a");
        Set(_index, "b");
        var cursor = new RetainedCursor("+");
        var read = new List<RetainedHit>();
        _index.Read(cursor, 1, read);
        var newer = new byte[] { 0, 2 };

        _index.Set(read[0].Node.Topic == "a" ? "b" : "a", newer);
        _index.Read(cursor, 2, read);

        read[1].Value.ShouldBeSameAs(newer);
    }

    [Fact]
    public void A_page_ends_before_it_grows_large()
    {
        for (var i = 0; i < 10; i++)
            _index.Set($"a/{i}", new LeftInStore(Message.Never, 200 * 1024));
        var read = new List<RetainedHit>();

        _index.Read(new RetainedCursor("a/#"), 10, read).ShouldBeTrue();

        read.Count.ShouldBe(2);
    }

    [Fact]
    public void A_long_search_is_cut_into_pages()
    {
        for (var i = 0; i < 20_000; i++)
            Set(_index, $"a/{i}");
        var cursor = new RetainedCursor("a/+/b");
        var read = new List<RetainedHit>();

        _index.Read(cursor, 10, read).ShouldBeTrue();
        _index.Read(cursor, 10, read).ShouldBeFalse();

        read.ShouldBeEmpty();
    }

    [Fact]
    public void Many_siblings_come_and_go()
    {
        for (var i = 0; i < 100; i++)
            Set(_index, $"a/{i}");
        for (var i = 0; i < 100; i += 2)
            Remove(_index, $"a/{i}").ShouldBeTrue();
        for (var i = 1; i < 94; i += 2)
            Remove(_index, $"a/{i}").ShouldBeTrue();
        Set(_index, "a/0");

        ReadAll("a/+", 10).Order(StringComparer.Ordinal).ShouldBe(["a/0", "a/95", "a/97", "a/99"]);
        _index.Find("a/97").ShouldNotBeNull();
        _index.Find("a/1").ShouldBeNull();
    }

    [Fact]
    public void What_is_gone_leaves_no_levels_behind()
    {
        Set(_index, "a/b/c");
        Set(_index, "a");

        Remove(_index, "a/b/c");
        Remove(_index, "a");

        _index.Root.FirstChild.ShouldBeNull();
    }

    [Theory]
    [InlineData("/")]
    [InlineData("a")]
    [InlineData("/a//b/")]
    [InlineData("ü/€/😀")]
    public void The_topic_is_put_together_from_its_levels(string topic)
    {
        Set(_index, topic);

        _index.Find(topic)!.Topic.ShouldBe(topic);
    }

    private static void Set(RetainedIndex index, string topic) => index.Set(topic, new byte[] { 0, 1 });

    private static bool Remove(RetainedIndex index, string topic)
    {
        if (index.Find(topic) is not { } node)
            return false;
        index.Remove(node);
        return true;
    }

    private List<string> ReadAll(string filter, int pageSize)
    {
        var cursor = new RetainedCursor(filter);
        var read = new List<RetainedHit>();
        while (_index.Read(cursor, pageSize, read))
        {
        }

        return [.. read.Select(hit => hit.Node.Topic)];
    }
}
