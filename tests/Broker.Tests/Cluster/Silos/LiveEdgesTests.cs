using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Cluster.Links;
using Starling.Broker.Cluster.Silos;
using Starling.Broker.Tests.Wire;
using Starling.Testing;

namespace Starling.Broker.Tests.Cluster.Silos;

public sealed class LiveEdgesTests
{
    [Fact]
    public void A_silo_reads_the_directory_each_second_under_its_name()
    {
        var time = new ManualTime();
        var directory = new RecordingNode();
        using var edges = new LiveEdges("s1", directory, new LinkOptions(), time, NullLogger<LiveEdges>.Instance);

        time.Advance(TimeSpan.Zero);
        time.Advance(TimeSpan.FromSeconds(1));

        directory.Calls.ShouldBe(["read s1", "read s1"]);
    }
}
