using System.Text;

namespace Starling.Protocol.Tests;

public sealed class TopicFiltersTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("#")]
    [InlineData("+")]
    [InlineData("/")]
    [InlineData("+/+/#")]
    [InlineData("a/+/b/#")]
    [InlineData("/+")]
    [InlineData("$SYS/#")]
    [InlineData("$share")]
    [InlineData("$share/g/#")]
    [InlineData("$share/g//")]
    public void Valid_filters_are_accepted(string filter)
    {
        Should.NotThrow(() => TopicFilters.Validate(filter));
        Should.NotThrow(() => TopicFilters.Validate(Encoding.UTF8.GetBytes(filter)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a#")]
    [InlineData("#/a")]
    [InlineData("##")]
    [InlineData("a/#/")]
    [InlineData("a+")]
    [InlineData("+a")]
    [InlineData("a/+b/c")]
    [InlineData("+#")]
    [InlineData("#+")]
    [InlineData("$share/")]
    [InlineData("$share/g")]
    [InlineData("$share/g/")]
    [InlineData("$share//a")]
    [InlineData("$share/+/a")]
    [InlineData("$share/g#/a")]
    [InlineData("$share/g/a+")]
    public void Invalid_filters_are_refused(string filter)
    {
        Should.Throw<MqttProtocolException>(() => TopicFilters.Validate(filter)).ReasonCode.ShouldBe(ReasonCode.TopicFilterInvalid);
        Should.Throw<MqttProtocolException>(() =>
            TopicFilters.Validate(Encoding.UTF8.GetBytes(filter))).ReasonCode.ShouldBe(ReasonCode.TopicFilterInvalid);
    }

    [Fact]
    public void A_filter_with_U_0000_is_malformed() =>
        Should.Throw<MqttProtocolException>(() => TopicFilters.Validate("a\0")).ReasonCode.ShouldBe(ReasonCode.MalformedPacket);

    [Fact]
    public void A_filter_with_half_a_surrogate_pair_is_malformed() =>
        Should.Throw<MqttProtocolException>(() => TopicFilters.Validate("a/\ud800")).ReasonCode.ShouldBe(ReasonCode.MalformedPacket);

    [Fact]
    public void A_filter_has_at_most_65_535_bytes()
    {
        Should.NotThrow(() => TopicFilters.Validate(new string('a', 65_535)));
        Should.Throw<MqttProtocolException>(() =>
            TopicFilters.Validate(new string('ü', 40_000))).ReasonCode.ShouldBe(ReasonCode.MalformedPacket);
    }

    [Fact]
    public void A_shared_filter_is_taken_apart()
    {
        TopicFilters.TryParseShared("$share/group/a/+/#", out var shared).ShouldBeTrue();
        shared.ShouldBe(new SharedFilter("group", "a/+/#"));
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("$share")]
    [InlineData("$shared/g/a")]
    [InlineData("/$share/g/a")]
    public void Other_filters_are_not_shared(string filter)
    {
        TopicFilters.TryParseShared(filter, out _).ShouldBeFalse();
        TopicFilters.IsShared(filter).ShouldBeFalse();
    }

    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "a/B", false)]
    [InlineData("a/b", "a/b/", false)]
    [InlineData("a/b", "a", false)]
    [InlineData("+", "a", true)]
    [InlineData("+", "a/b", false)]
    [InlineData("+", "/a", false)]
    [InlineData("/+", "/a", true)]
    [InlineData("+/+", "/a", true)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/+/c", "a/b/c", true)]
    [InlineData("a/+/c", "a//c", true)]
    [InlineData("a/+/c", "a/b/d", false)]
    [InlineData("#", "a", true)]
    [InlineData("#", "/", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "ab", false)]
    [InlineData("a/+/#", "a", false)]
    [InlineData("a/+/#", "a/b", true)]
    [InlineData("#", "$SYS/x", false)]
    [InlineData("+/x", "$SYS/x", false)]
    [InlineData("$SYS/#", "$SYS/x", true)]
    [InlineData("$SYS/+", "$SYS/x", true)]
    [InlineData("a/#", "a/$x", true)]
    public void Filters_match_topics_as_section_4_7_says(string filter, string topic, bool expected) =>
        TopicFilters.Matches(filter, topic).ShouldBe(expected);
}
