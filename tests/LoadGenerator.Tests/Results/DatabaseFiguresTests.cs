using Starling.LoadGenerator.Database;
using Starling.LoadGenerator.Results;

namespace Starling.LoadGenerator.Tests.Results;

public sealed class DatabaseFiguresTests
{
    [Fact]
    public void Cpu_time_is_told_for_messages_in_and_out_and_the_rest_for_messages()
    {
        var use = new DatabaseUse(CpuSeconds: 4, Transactions: 30, WalBytes: 800_000) - new DatabaseUse(CpuSeconds: 2, Transactions: 10, WalBytes: 500_000);

        var figures = DatabaseFigures.Of(use, messages: 1000, moves: 2000);

        figures.CpuSeconds.ShouldBe(2);
        figures.CpuSecondsPerMillion.ShouldBe(1000);
        figures.TransactionsPerMessage.ShouldBe(0.02);
        figures.WalBytesPerMessage.ShouldBe(300);
    }

    [Fact]
    public void Rows_are_counted_from_the_making_of_the_table()
    {
        var figures = new DatabaseFigures().With(new DatabaseStatistics(7, null), new DatabaseStatistics(17, 200), messages: 100);

        figures.CommitsPerMessage.ShouldBe(0.1);
        figures.InboxRowsPerMessage.ShouldBe(2);
    }

    [Fact]
    public void Nothing_is_told_for_each_message_when_none_went_through()
    {
        var figures = DatabaseFigures.Of(new DatabaseUse(1, 1, 1), messages: 0, moves: 0);

        figures.CpuSecondsPerMillion.ShouldBeNull();
        figures.WalBytesPerMessage.ShouldBeNull();
    }
}
