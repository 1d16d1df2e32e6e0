using Microsoft.Extensions.Logging.Abstractions;
using Starling.Cluster.Links;
using Starling.Cluster.Silos;
using Starling.Cluster.Tests.Serialization;
using Starling.Testing;

namespace Starling.Cluster.Tests.Silos;

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
