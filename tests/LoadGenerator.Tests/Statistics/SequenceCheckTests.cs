using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Tests.Statistics;

public sealed class SequenceCheckTests
{
    [Theory]
    // In order: nothing to report.
    [InlineData("0 1 2 3", 4, 0, 0, 0)]
    [InlineData("", 0, 0, 0, 0)]
    // What never comes is lost: at the start, in the middle, at the end, all of it.
    [InlineData("2 3", 4, 2, 0, 0)]
    [InlineData("0 3", 4, 2, 0, 0)]
    [InlineData("0 1", 4, 2, 0, 0)]
    [InlineData("", 4, 4, 0, 0)]
    // What comes twice is counted each time it comes again, also when it came late.
    [InlineData("0 0 1 1 1", 2, 0, 3, 0)]
    [InlineData("0 2 1 1", 3, 0, 1, 1)]
    // What comes late is not lost, but out of order.
    [InlineData("1 0", 2, 0, 0, 1)]
    [InlineData("0 4 1 2 3", 5, 0, 0, 3)]
    [InlineData("0 4 2 1 3", 5, 0, 0, 3)]
    [InlineData("0 4 3", 5, 2, 0, 1)]
    // All at once, with two gaps.
    [InlineData("0 2 5 3 3 5 8", 10, 5, 2, 1)]
    public void Loss_duplicates_and_order_are_told_apart(string seen, long sent, long lost, long duplicates, long outOfOrder)
    {
        var check = Seen(seen);
        (check.Lost(sent), check.Duplicates, check.OutOfOrder).ShouldBe((lost, duplicates, outOfOrder));
    }

    [Fact]
    public void Progress_is_how_far_the_highest_number_has_moved()
    {
        var check = new SequenceCheck();
        long[] moves = [check.Take(0), check.Take(1), check.Take(5), check.Take(3), check.Take(5), check.Take(6)];
        moves.ShouldBe([1, 1, 4, 0, 0, 1]);
        check.Next.ShouldBe(7);
    }

    [Fact]
    public void Every_permutation_of_a_few_messages_is_complete_and_without_duplicates()
    {
        foreach (var order in Permutations([0, 1, 2, 3, 4, 5]))
        {
            var check = new SequenceCheck();
            var behind = 0;
            for (var i = 0; i < order.Length; i++)
            {
                check.Take(order[i]);
                behind += order[..i].Any(earlier => earlier > order[i]) ? 1 : 0;
            }

            (check.Lost(order.Length), check.Duplicates, check.OutOfOrder, check.Unique).ShouldBe((0, 0, behind, order.Length));
        }
    }

    private static SequenceCheck Seen(string numbers)
    {
        var check = new SequenceCheck();
        foreach (var number in numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            check.Take(long.Parse(number, System.Globalization.CultureInfo.InvariantCulture));
        return check;
    }

    private static IEnumerable<long[]> Permutations(long[] items) => items.Length <= 1
        ? [items]
        : items.SelectMany(first => Permutations([.. items.Where(item => item != first)]), (first, rest) => (long[])[first, .. rest]);
}
