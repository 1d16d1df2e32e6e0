using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Tests.Statistics;

public sealed class ProcessUseTests
{
    [Fact]
    public void Cpu_times_and_memory_are_read_past_a_name_with_blanks_and_brackets()
    {
        const string stat = "4711 (.NET (a) b) S 1 4711 4711 0 -1 4194560 17 0 0 0 250 75 3 4 20 0 21 0 1234 270000000 2000 18446744073709551615 1 1";

        ProcessUse.Parse(stat, pageSize: 4096).ShouldBe(new ProcessUse(3.25, 2000 * 4096, 0.07));
    }
}
