using System.Text;

namespace Starling.Protocol.Tests;

public sealed class TopicNamesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("/")]
    [InlineData("a//b")]
    [InlineData("$SYS/x")]
    [InlineData("ü/😀/ ")]
    [InlineData("\uFEFFa")]
    public void Valid_names_are_accepted(string topic)
    {
        TopicNames.IsValid(Encoding.UTF8.GetBytes(topic)).ShouldBeTrue();
        Should.NotThrow(() => TopicNames.Validate(Encoding.UTF8.GetBytes(topic)));
    }

    [Theory]
    [InlineData(new byte[0], ReasonCode.TopicNameInvalid)]
    [InlineData(new byte[] { (byte)'a', (byte)'/', (byte)'#' }, ReasonCode.TopicNameInvalid)]
    [InlineData(new byte[] { (byte)'+' }, ReasonCode.TopicNameInvalid)]
    [InlineData(new byte[] { (byte)'a', 0 }, ReasonCode.MalformedPacket)]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 }, ReasonCode.MalformedPacket)]
    [InlineData(new byte[] { 0xC0, 0x80 }, ReasonCode.MalformedPacket)]
    public void Invalid_names_are_refused(byte[] topic, ReasonCode expected)
    {
        TopicNames.IsValid(topic).ShouldBeFalse();
        Should.Throw<MqttProtocolException>(() => TopicNames.Validate(topic)).ReasonCode.ShouldBe(expected);
    }

    [Fact]
    public void A_name_has_at_most_65_535_bytes()
    {
        TopicNames.IsValid(Enumerable.Repeat((byte)'a', 65_535).ToArray()).ShouldBeTrue();
        TopicNames.IsValid(Enumerable.Repeat((byte)'a', 65_536).ToArray()).ShouldBeFalse();
    }

    [Theory]
    [InlineData("a", 1)]
    [InlineData("a/b", 2)]
    [InlineData("/", 2)]
    [InlineData("/a//b/", 5)]
    public void Levels_are_counted_with_the_empty_ones(string topic, int expected) =>
        TopicNames.LevelCount(Encoding.UTF8.GetBytes(topic)).ShouldBe(expected);
}
