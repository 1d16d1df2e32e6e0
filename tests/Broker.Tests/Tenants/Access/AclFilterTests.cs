using Starling.Broker.Tenants.Access;

namespace Starling.Broker.Tests.Tenants.Access;

public sealed class AclFilterTests
{
    private static readonly string[] Levels = ["a", "$b", "+", "#"];

    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "a", false)]
    [InlineData("a/b", "a/b/c", false)]
    [InlineData("a/+", "a/b", true)]
    [InlineData("a/+", "a", false)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "ab", false)]
    [InlineData("+/+", "/a", true)]
    [InlineData("#", "a/b", true)]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/x", "$SYS/x", false)]
    [InlineData("$SYS/#", "$SYS/x", true)]
    public void Matching_is_that_of_MQTT(string filter, string topic, bool matches) => new AclFilter(filter).Matches(topic).ShouldBe(matches);

    [Fact]
    public void A_filter_covers_another_only_if_it_matches_all_topics_of_it_and_misses_no_case_but_a_plus_before_a_hash()
    {
        foreach (var wide in Filters())
        {
            foreach (var narrow in Filters())
            {
                var truth = Topics().Where(topic => new AclFilter(narrow).Matches(topic)).All(topic => new AclFilter(wide).Matches(topic));
                var isKnownGap = wide == "+/#" && narrow == "#";
                new AclFilter(wide).Covers(new(narrow)).ShouldBe(truth && !isKnownGap, $"{wide} covers {narrow}");
            }
        }
    }

    [Fact]
    public void Two_filters_intersect_exactly_if_a_topic_matches_both()
    {
        foreach (var one in Filters())
        {
            foreach (var other in Filters())
            {
                var truth = Topics().Any(topic => new AclFilter(one).Matches(topic) && new AclFilter(other).Matches(topic));
                new AclFilter(one).Intersects(new(other)).ShouldBe(truth, $"{one} and {other}");
            }
        }
    }

    /// <summary>All filters of up to three levels.</summary>
    private static IEnumerable<string> Filters() =>
        Combine(Levels).Where(filter => filter.IndexOf('#', StringComparison.Ordinal) is var at && (at < 0 || at == filter.Length - 1));

    /// <summary>Topics of up to four levels, with one level value that no filter names.</summary>
    private static IEnumerable<string> Topics()
    {
        string[] values = ["a", "$b", "other"];
        foreach (var topic in Combine(values))
        {
            yield return topic;
            foreach (var last in values)
                yield return $"{topic}/{last}";
        }
    }

    private static IEnumerable<string> Combine(string[] levels) => levels
        .Concat(levels.SelectMany(a => levels.Select(b => $"{a}/{b}")))
        .Concat(levels.SelectMany(a => levels.SelectMany(b => levels.Select(c => $"{a}/{b}/{c}"))));
}
