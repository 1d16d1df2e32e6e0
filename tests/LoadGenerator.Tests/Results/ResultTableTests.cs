using Starling.LoadGenerator.Results;
using Starling.LoadGenerator.Scenarios;

namespace Starling.LoadGenerator.Tests.Results;

public sealed class ResultTableTests
{
    private static readonly Result Plain = new() { Broker = "starling", Scenario = new Scenario { Key = "k", Title = "pairs" }, PerSecond = 1234 };

    [Fact]
    public void A_column_that_nothing_is_in_is_left_out()
    {
        Head(Plain).ShouldNotContain("WAL B/msg");
        Head(Plain with { Database = new DatabaseFigures { WalBytesPerMessage = 381 } }).ShouldContain("WAL B/msg");
    }

    [Fact]
    public void A_cell_without_a_value_in_a_column_with_one_is_a_dash()
    {
        var lines = new ResultTable("mosquitto").Lines([Plain with { PerSecond = null, ResidentBytes = 1 << 20 }, Plain with { Broker = "other" }]).ToList();

        lines[1].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ShouldBe(["k: pairs", "starling", "-", "1"]);
        lines[2].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ShouldBe(["k: pairs", "other", "1,234", "-"]);
    }

    private static string Head(Result result) => new ResultTable(baseline: null).Lines([result]).First();
}
