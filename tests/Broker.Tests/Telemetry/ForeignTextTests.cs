using Starling.Broker.Telemetry;

namespace Starling.Broker.Tests.Telemetry;

public sealed class ForeignTextTests
{
    [Fact]
    public void Text_of_a_stranger_is_shown_up_to_128_characters() =>
        new ForeignText(new string('x', 65_535)).ToString().ShouldBe(new string('x', 128) + "… (65535 characters)");

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("thermometer-7", "thermometer-7")]
    public void Short_text_is_shown_as_it_is(string? text, string shown) => new ForeignText(text).ToString().ShouldBe(shown);

    [Fact]
    public void No_character_is_cut_in_two() =>
        ForeignText.Shorten(new string('x', 127) + "😀😀").ShouldBe(new string('x', 127) + "… (131 characters)");
}
