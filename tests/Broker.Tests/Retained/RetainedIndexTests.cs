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
        var held = new Dictionary<string, Message>();
        for (var step = 0; step < 1500; step++)
        {
            var topic = RandomTopics.Name(random);
            if (random.Next(3) > 0)
                _index.Set(held[topic] = Retained(topic));
            else
                _index.Remove(topic).ShouldBeSameAs(held.Remove(topic, out var removed) ? removed : null);

            var filter = RandomTopics.Filter(random);
            ReadAll(filter, random.Next(1, 5)).Select(m => m.Topic.Text).Order(StringComparer.Ordinal)
                .ShouldBe(held.Keys.Where(t => TopicFilters.Matches(filter, t)).Order(StringComparer.Ordinal), filter);
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
                index.Set(Retained(topic));
            var filter = RandomTopics.Filter(random);
            var cursor = new RetainedCursor(filter);
            var read = new List<Message>();
            while (index.Read(cursor, random.Next(1, 4), read))
            {
                for (var change = random.Next(6); change > 0; change--)
                {
                    var topic = RandomTopics.Name(random) + (random.Next(2) == 0 ? "/x" : "");
                    if (staying.Contains(topic))
                        continue;
                    if (random.Next(2) == 0)
                        index.Set(Retained(topic));
                    else
                        index.Remove(topic);
                }
            }

            var kept = read.Select(m => m.Topic.Text).Where(staying.Contains).Order(StringComparer.Ordinal);
            kept.ShouldBe(staying.Where(t => TopicFilters.Matches(filter, t)).Order(StringComparer.Ordinal), filter);
        }
    }

    [Fact]
    public void A_replaced_message_is_read_as_it_is_when_the_cursor_comes_to_it()
    {
        _index.Set(Retained("a"));
        _index.Set(Retained("b"));
        var cursor = new RetainedCursor("+");
        var read = new List<Message>();
        _index.Read(cursor, 1, read);
        var newer = Retained(read[0].Topic.Text == "a" ? "b" : "a");

        _index.Set(newer);
        _index.Read(cursor, 2, read);

        read[1].ShouldBeSameAs(newer);
    }

    [Fact]
    public void A_page_ends_before_it_grows_large()
    {
        for (var i = 0; i < 10; i++)
            _index.Set(Message.Create(new Topic($"a/{i}"), new byte[200 * 1024], retain: true));
        var read = new List<Message>();

        _index.Read(new RetainedCursor("a/#"), 10, read).ShouldBeTrue();

        read.Count.ShouldBe(2);
    }

    [Fact]
    public void A_long_search_is_cut_into_pages()
    {
        for (var i = 0; i < 20_000; i++)
            _index.Set(Retained($"a/{i}"));
        var cursor = new RetainedCursor("a/+/b");
        var read = new List<Message>();

        _index.Read(cursor, 10, read).ShouldBeTrue();
        _index.Read(cursor, 10, read).ShouldBeFalse();

        read.ShouldBeEmpty();
    }

    private static Message Retained(string topic) => Message.Create(new Topic(topic), "1"u8, retain: true);

    private List<Message> ReadAll(string filter, int pageSize)
    {
        var cursor = new RetainedCursor(filter);
        var read = new List<Message>();
        while (_index.Read(cursor, pageSize, read))
        {
        }

        return read;
    }
}
