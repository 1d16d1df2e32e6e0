using Starling.Broker.Messages;
using Starling.Broker.Routing;
using Starling.Protocol;

namespace Starling.Broker.Tests.Routing;

public sealed class FilterIndexTests
{
    private readonly FilterIndex<Entry> _index = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_topic_matches_the_filters_that_the_definition_says_while_they_come_and_go(int seed)
    {
        var random = new Random(seed);
        var held = new List<Entry>();
        for (var step = 0; step < 3000; step++)
        {
            if (held.Count < 40 || random.Next(2) == 0)
            {
                var added = new Entry(RandomTopics.Filter(random));
                _index.Add(added.Filter, added).ShouldBe(held.TrueForAll(e => e.Filter != added.Filter));
                held.Add(added);
            }
            else
            {
                var removed = held[random.Next(held.Count)];
                held.Remove(removed);
                _index.Remove(removed.Filter, removed).ShouldBe(held.TrueForAll(e => e.Filter != removed.Filter));
            }

            var topic = RandomTopics.Name(random);
            Matches(topic).Order().ShouldBe(held.Where(e => TopicFilters.Matches(e.Filter, topic)).Select(e => e.Id).Order(), topic);
        }
    }

    [Fact]
    public void Finding_gives_the_entries_of_exactly_that_filter()
    {
        var exact = Add("a/b");
        var plus = Add("a/+");
        Add("a/#");

        _index.Find("a/b").ShouldBe([exact]);
        _index.Find("a/+").ShouldBe([plus]);
        _index.Find("a").ShouldBeNull();
        _index.Find("+/b").ShouldBeNull();
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("a/+")]
    [InlineData("a/#")]
    public void Removing_an_entry_that_is_not_there_changes_nothing(string filter)
    {
        var entry = Add(filter);

        _index.Remove(filter, new Entry(filter)).ShouldBeFalse();
        _index.Remove("x/" + filter, entry).ShouldBeFalse();

        _index.Find(filter).ShouldBe([entry]);
    }

    [Fact]
    public void An_empty_index_matches_nothing()
    {
        var entry = Add("a/+/#");
        _index.Remove("a/+/#", entry);

        Matches("a/b/c").ShouldBeEmpty();
        _index.Find("a/+/#").ShouldBeNull();
    }

    private Entry Add(string filter)
    {
        var entry = new Entry(filter);
        _index.Add(filter, entry);
        return entry;
    }

    private int[] Matches(string topic)
    {
        var found = new List<IReadOnlyList<Entry>>();
        _index.Match(new Topic(topic), found);
        return [.. found.SelectMany(list => list).Select(entry => entry.Id)];
    }

    private sealed class Entry(string filter) : IFilterEntry
    {
        public string Filter => filter;

        public int Id { get; } = Random.Shared.Next();

        public int Position { get; set; }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(128)]
    public void What_a_filter_takes_is_about_what_it_is_charged(int levels)
    {
        var filters = Enumerable.Range(0, 500).Select(i => $"+/{i}{string.Concat(Enumerable.Repeat("/level", levels - 2))}").ToArray();
        var entries = filters.Select(filter => new Entry(filter)).ToArray();
        // What is compiled at the first use does not count.
        _index.Add(filters[0], entries[0]);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 1; i < filters.Length; i++)
            _index.Add(filters[i], entries[i]);
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;

        var charged = filters.Skip(1).Sum(filter => (long)FilterCost.Of(filter));
        taken.ShouldBeInRange(charged / 4, charged);
    }
}
